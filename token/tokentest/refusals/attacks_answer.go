package refusals

import (
	"net/http"
	"strings"

	"github.com/postern-go/postern/token/tokentest"
)

func takesJWTs(a *attacker) bool { return !a.cfg.Opaque }

func takesOpaque(a *attacker) bool { return a.cfg.Opaque }

// inactiveAttacks are opaque tokens that the issuer says are not good.
func inactiveAttacks() []Attack {
	return group{
		name: "inactive", want: refuseInvalid, reason: "inactive",
		why: "what an opaque token is worth is known to its issuer alone, and may be nothing any more (RFC 7662 §4, RFC 7009)",
	}.attacks(
		try{row: "7662-2.2-2", name: "token that the issuer does not know", make: altered(func(s string) string { return s + "A" })},
		try{row: "7662-2.2-2", name: "opaque token in the other case", make: altered(swapCase)},
		try{row: "7662-2.2-2", name: "token revoked", make: func(a *attacker) tokentest.Credentials {
			raw := a.token()
			a.issuer.Revoke(raw)
			return authorization("Bearer " + raw)
		}},
		try{row: "7662-2.2-2", name: "inactive with everything else of a good token", edit: tokentest.Claim("active", false)},
		try{row: "7662-2.2-2", name: "inactive and expired", edit: tokentest.Edits(tokentest.Claim("active", false), expired)},
		try{name: "active refresh token", edit: tokentest.Claim("token_type", "refresh_token"), reason: "type claim",
			why: "an endpoint answers for refresh tokens as well, which live long and are for the issuer alone (RFC 7662 §2.1)"},
		try{row: "7662-2.3-2", name: "token that the issuer cannot read", make: func(a *attacker) tokentest.Credentials { return a.bearer() },
			during: failing(http.StatusBadRequest, `{"error":"unsupported_token_type"}`),
			why:    "a text that a caller chose is the caller's fault; blamed on the issuer, it would close the service to all others"},
	)
}

// answerAttacks are tokens about which the issuer says what no service may
// believe. It is the answer that is wrong, so the token must not be blamed.
func answerAttacks() []Attack {
	g := group{
		name: "introspection answer", want: refuseUnknown, reason: "introspection_unavailable",
		why: "an answer that two readers understand differently has decided nothing (RFC 7662 §2.2, RFC 8259)",
	}
	active := "only the JSON value true says that a token is active (RFC 7662 §2.2)"
	tries := []try{
		{row: "7662-2.2-1", name: "active is the string true", edit: tokentest.Claim("active", "true"), why: active},
		{row: "7662-2.2-1", name: "active is the number 1", edit: tokentest.Claim("active", 1), why: active},
		{row: "7662-2.2-1", name: "active is null", edit: tokentest.Claim("active", nil), why: active},
		{row: "7662-2.2-1", name: "active is missing", edit: tokentest.WithoutClaim("active"), why: active},
		{row: "7662-2.2-1", name: "active is in an array", edit: inArray("active"), why: active},
		{row: "7662-2.2-1", name: "active is an object", edit: tokentest.Claim("active", struct{}{}), why: active},
		{row: "7662-2.2-1", name: "active is a string that says false", edit: tokentest.Claim("active", "false"), why: active},
		{row: "7662-2.2-1", name: "ACTIVE instead of active", edit: renamed("active", "ACTIVE"), why: active},
		{row: "7662-2.2-1", name: "active first false, then true", edit: tokentest.PayloadText(withMember(`"active":false`)), why: active},
		{row: "7662-2.2-1", name: "active first true, then false", edit: tokentest.Edits(tokentest.Claim("active", false), tokentest.PayloadText(withMember(`"active":true`))), why: active},
		{row: "7662-2.3-2", name: "answer is empty", edit: tokentest.RawPayload("")},
		{row: "7662-2.3-2", name: "answer is true", edit: tokentest.RawPayload("true")},
		{row: "7662-2.3-2", name: "answer is a page", edit: tokentest.RawPayload("<!doctype html><title>Sign in</title>")},
		{row: "7662-2.3-2", name: "answer is half of one", edit: tokentest.PayloadText(func(s string) string { return s[:len(s)/2] })},
		{row: "7662-2.3-2", name: "answer of a megabyte", edit: tokentest.PayloadText(withMember(`"x":"` + strings.Repeat("x", 1<<20) + `"`))},
		{row: "7662-2.3-2", name: "answer nested 10000 deep", edit: tokentest.PayloadText(withMember(`"x":` + strings.Repeat("[", 10000) + strings.Repeat("]", 10000)))},
	}
	for _, t := range notStrict() {
		t.row, t.reason = "7662-2.3-2", ""
		t.name = "answer: " + t.name
		tries = append(tries, t)
	}
	return g.attacks(tries...)
}

// endpointAttacks are good tokens while the issuer does not answer well.
func endpointAttacks() []Attack {
	ours := "credentials of the service that are refused, by whatever status (RFC 6749 §5.2), say nothing about the token; blaming it would sign all users out"
	good := func(a *attacker) tokentest.Credentials { return a.bearer() }
	attacks := group{
		name: "introspection endpoint", want: refuseUnknown, reason: "introspection_unavailable",
		why: "a token that nothing is known about must not get in, nor be blamed for the outage (RFC 7662 §2.3)",
	}.attacks(
		try{row: "7662-2.3-1", name: "credentials of the service unknown to the issuer", why: ours, make: good, during: func(a *attacker) {
			a.answer(func(_ tokentest.IntrospectionRequest, answer *tokentest.IntrospectionAnswer) {
				answer.Status, answer.Body = http.StatusUnauthorized, `{"error":"invalid_client"}`
				answer.Header.Set("WWW-Authenticate", `Basic realm="x"`)
			})
		}},
		try{row: "7662-2.3-1", name: "credentials of the service refused with 400", why: ours, make: good, during: failing(http.StatusBadRequest, `{"error":"invalid_client"}`)},
		try{row: "7662-2.3-1", name: "request of the service not understood", why: ours, make: good, during: failing(http.StatusBadRequest, `{"error":"invalid_request"}`)},
		try{row: "7662-2.3-1", name: "service not authorized, with 400", why: ours, make: good, during: failing(http.StatusBadRequest, `{"error":"unauthorized_client"}`)},
		try{row: "7662-2.3-1", name: "service forbidden to ask", why: ours, make: good, during: failing(http.StatusForbidden, `{"error":"access_denied"}`)},
		try{row: "7662-2.3-1", name: "401 with the answer for a good token", why: ours, make: good, during: failing(http.StatusUnauthorized, "")},
		try{row: "7662-2.3-2", name: "500 with the answer for a good token", make: good, during: failing(http.StatusInternalServerError, "")},
		try{row: "7662-2.3-2", name: "503 with the answer for a good token", make: good, during: failing(http.StatusServiceUnavailable, "")},
		try{row: "7662-2.3-2", name: "404 with a page", make: good, during: failing(http.StatusNotFound, "<title>Not found</title>")},
		try{row: "7662-2.3-2", name: "too many questions", make: good, during: failing(http.StatusTooManyRequests, `{"error":"slow_down"}`)},
		try{row: "7662-2.3-2", name: "endpoint down", make: good, during: func(a *attacker) { a.issuer.GoDown() }},
		try{row: "7662-4-1", name: "redirect to the attacker's endpoint", make: good, trap: "introspect",
			why: "the token and the credentials of the service go to another host (RFC 7662 §4)", during: redirected},
	)
	return attacks
}

// answer changes what the issuer answers during an attack.
func (a *attacker) answer(change func(tokentest.IntrospectionRequest, *tokentest.IntrospectionAnswer)) {
	a.issuer.AnswerIntrospection(change)
}

// failing answers with a status, and with another text unless that is "".
func failing(status int, body string) func(*attacker) {
	return func(a *attacker) {
		a.answer(func(_ tokentest.IntrospectionRequest, answer *tokentest.IntrospectionAnswer) {
			answer.Status = status
			if body != "" {
				answer.Body = body
				answer.Header.Set("Content-Type", "application/json")
			}
		})
	}
}

// redirected has an endpoint of the attacker say that the token is good.
func redirected(a *attacker) {
	a.answer(func(_ tokentest.IntrospectionRequest, answer *tokentest.IntrospectionAnswer) {
		answer.Header.Set("Location", a.web.Serve("introspect", answer.Said))
		answer.Status, answer.Body = http.StatusTemporaryRedirect, ""
	})
}
