package refusals

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/postern-go/postern/token/tokentest"
)

// missingAttacks present no access token where one is looked for. The answer
// has no error code, since the client made no error (RFC 6750 §3.1).
func missingAttacks() []Attack {
	look := "a token in a place that other parts of the system do not guard, log or strip must not count (RFC 6750 §2, RFC 9700 §4.3.2)"
	return group{
		name: "missing", want: refuseMissing, reason: "missing",
		why: "a caller without a token must not be served (RFC 6750 §3)",
	}.attacks(
		try{row: "6750-3.1-4", name: "no credentials", applies: tokenNeeded, make: func(*attacker) tokentest.Credentials {
			return tokentest.Credentials{}
		}},
		try{row: "6750-2.1-9", name: "empty Authorization field", applies: tokenNeeded, make: func(*attacker) tokentest.Credentials {
			return authorization("")
		}},
		try{row: "6750-2.1-8", name: "user name and password", applies: tokenNeeded, make: func(*attacker) tokentest.Credentials {
			return authorization("Basic dTpw")
		}},
		try{row: "6750-2.1-8", name: "good token under a scheme that begins like Bearer", applies: tokenNeeded, make: withScheme("Bearerish ")},
		try{row: "6750-2.1-8", name: "good token without a scheme", applies: tokenNeeded, make: withScheme("")},
		try{row: "6750-2.1-8", name: "good token under the scheme Token", applies: tokenNeeded, make: withScheme("Token ")},
		try{row: "6750-2.1-11", name: "good token in Proxy-Authorization", why: look, applies: tokenNeeded, make: inField("Proxy-Authorization", "Bearer ")},
		try{row: "6750-2.1-11", name: "good token in X-Access-Token", why: look, applies: tokenNeeded, make: inField("X-Access-Token", "")},
		try{row: "6750-2.1-11", name: "good token in X-Forwarded-Authorization", why: look, applies: tokenNeeded, make: inField("X-Forwarded-Authorization", "Bearer ")},
		try{row: "6750-2.1-11", name: "good token in a cookie", why: look, applies: tokenNeeded, make: inField("Cookie", "access_token=")},
		try{row: "6750-2.3-1", name: "good token in the query", why: look, applies: tokenNeeded, make: func(a *attacker) tokentest.Credentials {
			return tokentest.Credentials{Query: url.Values{"access_token": {a.token()}}}
		}},
	)
}

// credentialsAttacks present the good token in a way that another reader of
// the same field, such as a proxy in front, may understand differently.
func credentialsAttacks() []Attack {
	return group{
		name: "credentials", want: refuseRequest, reason: "request",
		why: "two readers of one field that disagree about what is in it are a way around the stricter one (RFC 6750 §2.1, RFC 9110 §11.6.2)",
	}.attacks(
		try{row: "6750-2.1-10", name: "two Authorization fields with good tokens", make: func(a *attacker) tokentest.Credentials {
			return authorization("Bearer "+a.token(), "Bearer "+a.token())
		}},
		try{row: "6750-2.1-10", name: "good token and a second empty field", make: func(a *attacker) tokentest.Credentials {
			return authorization("Bearer "+a.token(), "")
		}},
		try{row: "6750-2.1-10", name: "good token after a field of another scheme", make: func(a *attacker) tokentest.Credentials {
			return authorization("Basic dTpw", "Bearer "+a.token())
		}},
		try{row: "6750-2.1-7", name: "scheme without a token", make: func(*attacker) tokentest.Credentials { return authorization("Bearer") }},
		try{row: "6750-2.1-7", name: "scheme and a space without a token", make: func(*attacker) tokentest.Credentials { return authorization("Bearer ") }},
		try{row: "6750-2.1-4", name: "tab after the scheme", make: withScheme("Bearer\t")},
		try{row: "6750-2.1-5", name: "good token and a comma", make: altered(func(s string) string { return s + ",x" })},
		try{row: "6750-2.1-5", name: "good token and another word", make: altered(func(s string) string { return s + " x" })},
		try{row: "6750-2.1-5", name: "good token in quotes", make: altered(func(s string) string { return `"` + s + `"` })},
		try{row: "6750-2.1-5", name: "good token and a letter beyond ASCII", make: altered(func(s string) string { return s + "ö" })},
		try{row: "6750-2.1-5", name: "good token and a zero byte", make: altered(func(s string) string { return s + "\x00" })},
		try{row: "6750-2.1-5", name: "equals sign inside the good token", make: altered(func(s string) string { return s[:10] + "=" + s[10:] })},
		try{row: "7515-2-2", name: "line break inside the good token", make: altered(func(s string) string { return s[:10] + "\r\n" + s[10:] })},
		try{row: "7515-2-2", name: "line break after the good token", make: altered(func(s string) string { return s + "\n" })},
		try{row: "7515-7.1-1", name: "good token in JSON serialization", applies: takesJWTs, make: altered(jsonSerialization)},
	)
}

// tokenNeeded holds for services that do not serve callers without a token.
func tokenNeeded(a *attacker) bool { return !a.cfg.Optional }

func withScheme(scheme string) func(*attacker) tokentest.Credentials {
	return func(a *attacker) tokentest.Credentials { return authorization(scheme + a.token()) }
}

func inField(name, prefix string) func(*attacker) tokentest.Credentials {
	return func(a *attacker) tokentest.Credentials {
		return tokentest.Credentials{Fields: http.Header{name: {prefix + a.token()}}}
	}
}

// altered presents the good token after a change to its finished text.
func altered(f func(compact string) string) func(*attacker) tokentest.Credentials {
	return func(a *attacker) tokentest.Credentials { return authorization("Bearer " + f(a.token())) }
}

// jsonSerialization is the flattened form (RFC 7515 §7.2.2).
func jsonSerialization(compact string) string {
	part := strings.Split(compact, ".")
	return `{"payload":"` + part[1] + `","protected":"` + part[0] + `","signature":"` + part[2] + `"}`
}
