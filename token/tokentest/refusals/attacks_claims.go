package refusals

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// issuerAttacks name another issuer than the one that the service trusts.
func issuerAttacks() []Attack {
	return group{
		name: "issuer", want: refuseInvalid, reason: "issuer",
		why: "the issuer's name is compared byte for byte, or two issuers become one (RFC 7519 §4.1.1, RFC 9068 §4, RFC 8725 §3.8)",
	}.attacks(
		try{row: "7519-4.1.1-1", name: "another issuer", edit: tokentest.Claim("iss", "https://attacker.test")},
		try{row: "7519-4.1.1-1", name: "issuer with a slash more or less at the end", edit: reclaim("iss", otherSlash)},
		try{row: "7519-4.1.1-1", name: "issuer in upper case", edit: reclaim("iss", strings.ToUpper)},
		try{row: "7519-4.1.1-1", name: "issuer with a port more", edit: reclaim("iss", withHost(func(h string) string { return h + ":443" }))},
		try{row: "7519-4.1.1-1", name: "issuer as the beginning of a longer host name", edit: reclaim("iss", withHost(func(h string) string { return h + ".attacker.test" }))},
		try{row: "7519-4.1.1-1", name: "issuer as the user part of another host", edit: reclaim("iss", withHost(func(h string) string { return h + "@attacker.test" }))},
		try{row: "7519-4.1.1-1", name: "issuer with a path more", edit: reclaim("iss", suffix("/tenant"))},
		try{row: "7519-4.1.1-1", name: "issuer with a space", edit: reclaim("iss", suffix(" "))},
		try{row: "7519-4.1.1-1", name: "issuer with two slashes at the end", edit: reclaim("iss", suffix("//"))},
		try{row: "7519-4.1.1-1", name: "issuer with dot segments", edit: reclaim("iss", suffix("/x/.."))},
		try{row: "7519-4.1.1-1", name: "issuer with percent-encoding", edit: reclaim("iss", escapedLast)},
		try{row: "7519-4.1.1-1", name: "issuer with a query", edit: reclaim("iss", suffix("?tenant=x"))},
		try{row: "7519-4.1.1-1", name: "issuer with a fragment", edit: reclaim("iss", suffix("#x"))},
		try{row: "9068-2.2-1", name: "iss missing", edit: tokentest.WithoutClaim("iss"), applies: takesJWTs},
		try{row: "7519-4.1.1-1", name: "iss is a number", edit: tokentest.Claim("iss", 5)},
		try{row: "7519-4.1.1-1", name: "iss is null", edit: tokentest.Claim("iss", nil)},
		try{row: "7519-4.1.1-1", name: "iss is an array", edit: inArray("iss")},
		try{row: "7519-4.1.1-1", name: "iss is empty", edit: tokentest.Claim("iss", "")},
	)
}

// audienceAttacks are tokens for other services.
func audienceAttacks() []Attack {
	return group{
		name: "audience", want: refuseInvalid, reason: "audience",
		why: "every service that is sent a token could use it at every other (RFC 9068 §4, RFC 8725 §3.9, RFC 9700 §2.3)",
	}.attacks(
		try{row: "7519-4.1.3-2", name: "another service", edit: tokentest.Audience("https://other.example.com")},
		try{row: "7519-4.1.3-2", name: "several other services", edit: tokentest.Audience("https://other.example.com", "https://third.example.com")},
		try{row: "7519-4.1.3-2", name: "this service with a slash more or less at the end", edit: reaudience(otherSlash)},
		try{row: "7519-4.1.3-2", name: "this service as the beginning of a longer name", edit: reaudience(suffix(".attacker.test"))},
		try{row: "7519-4.1.3-2", name: "this service as the end of a longer name", edit: reaudience(prefix("https://attacker.test/"))},
		try{row: "7519-4.1.3-2", name: "this service in the other case", edit: reaudience(swapCase)},
		try{row: "7519-4.1.3-2", name: "this service and a space", edit: reaudience(suffix(" "))},
		try{row: "7519-4.1.3-2", name: "two services in one string", edit: reaudience(suffix(" https://other.example.com"))},
		try{row: "7519-4.1.3-2", name: "the beginning of this service's name", edit: reaudience(func(s string) string { return s[:len(s)-1] })},
		try{row: "9068-2.2-1", name: "aud missing", edit: tokentest.EditDraft(func(d *mint.Draft) { d.Claims.Remove(d.AudienceClaim) })},
		try{row: "7519-4.1.3-2", name: "aud is an empty array", edit: tokentest.Audience()},
		try{row: "7519-4.1.3-2", name: "aud is empty", edit: tokentest.Audience("")},
		try{row: "7519-4.1.3-2", name: "aud is null", edit: audienceIs(nil)},
		try{row: "7519-4.1.3-3", name: "aud has a number beside this service", edit: audienceAs(func(s string) any { return []any{s, 1} }), reason: "claim"},
		try{row: "7519-4.1.3-3", name: "aud is an object with this service in it", edit: audienceAs(func(s string) any { return map[string]string{"a": s} }), reason: "claim"},
		try{row: "7519-4.1.3-3", name: "aud is an array in an array", edit: audienceAs(func(s string) any { return []any{[]string{s}} }), reason: "claim"},
		try{row: "7519-4.1.3-3", name: "aud is a number", edit: audienceIs(5), reason: "claim audience"},
		try{
			name: "another service in aud beside the claim that stands for it", edit: tokentest.Claim("aud", "https://other.example.com"),
			applies: func(a *attacker) bool { return a.cfg.Profile.AudienceClaim != "" },
			why:     "a client that calls two services has tokens for the other one as well",
		},
	)
}

// timeAttacks are tokens out of their time. Where a distance is needed it is
// ten minutes, which is beyond what may be forgiven to any clock.
func timeAttacks() []Attack {
	future := "a token from the future has a clock or an issuer behind it that is not to be trusted (RFC 7519 §4.1.5)"
	endless := "a token whose end cannot be read is a token without end (RFC 7519 §4.1.4)"
	return group{
		name: "time", want: refuseInvalid, reason: "claim",
		why: "a stolen token must end by itself (RFC 9068 §4, RFC 7519 §4.1.4)",
	}.attacks(
		try{row: "6750-3.1-2", name: "expired", edit: expired, reason: "expired"},
		try{row: "7519-4.1.4-1", name: "expired in 1970", edit: tokentest.Claim("exp", 1), reason: "expired"},
		try{row: "7519-4.1.4-3", name: "exp is zero", edit: tokentest.Claim("exp", 0), reason: "expired claim"},
		try{row: "9068-2.2-1", name: "exp missing", edit: tokentest.WithoutClaim("exp"), why: endless},
		try{row: "7519-4.1.4-2", name: "exp is null", edit: tokentest.Claim("exp", nil), why: endless},
		try{row: "7519-4.1.4-2", name: "exp is a string", edit: stringified("exp"), why: endless},
		try{row: "7519-4.1.4-2", name: "exp is true", edit: tokentest.Claim("exp", true), why: endless},
		try{row: "7519-4.1.4-2", name: "exp is an object", edit: tokentest.Claim("exp", struct{}{}), why: endless},
		try{row: "7519-4.1.4-2", name: "exp is an array", edit: inArray("exp"), why: endless},
		try{row: "7519-4.1.4-3", name: "exp in milliseconds", edit: inMilliseconds, why: endless},
		try{row: "7519-4.1.4-3", name: "exp is 1e300", edit: tokentest.Claim("exp", json.RawMessage("1e300")), why: endless},
		try{row: "7519-4.1.4-3", name: "exp is 1e400", edit: tokentest.Claim("exp", json.RawMessage("1e400")), why: endless},
		try{row: "7519-4.1.4-3", name: "exp is the largest integer", edit: tokentest.Claim("exp", json.RawMessage("9223372036854775807")), why: endless},
		try{row: "7519-4.1.4-3", name: "exp is negative", edit: tokentest.Claim("exp", -1), reason: "claim expired"},
		try{row: "7519-4.1.4-3", name: "exp is NaN", edit: tokentest.Claim("exp", json.RawMessage("NaN")), reason: "malformed", why: endless, applies: takesJWTs},
		try{row: "7519-4.1.5-1", name: "not valid before ten minutes from now", edit: fromNow("nbf", 10*time.Minute), reason: "not_yet_valid", why: future},
		try{row: "7519-4.1.5-1", name: "nbf is a string", edit: tokentest.Edits(fromNow("nbf", -time.Minute), stringified("nbf")), why: future},
		try{row: "7519-4.1.6-1", name: "issued ten minutes from now", edit: tokentest.Edits(fromNow("iat", 10*time.Minute), tokentest.ExpiresIn(20*time.Minute)), reason: "not_yet_valid", why: future},
		try{row: "9068-2.2-1", name: "iat is a string", edit: stringified("iat"), why: future},
	)
}

// expired is a token that was good until ten minutes ago.
var expired = tokentest.Edits(fromNow("iat", -20*time.Minute), fromNow("exp", -10*time.Minute))

// claimAttacks lack what RFC 9068 requires, or have it in another shape.
func claimAttacks() []Attack {
	return group{
		name: "claim", want: refuseInvalid, reason: "claim",
		why: "a decision about a caller without a name is a decision about no one (RFC 9068 §2.2)",
	}.attacks(
		try{row: "9068-2.2-1", name: "sub missing", edit: tokentest.WithoutClaim("sub"), applies: requires("sub")},
		try{row: "7519-4.1.2-1", name: "sub is empty", edit: tokentest.Subject(""), applies: requires("sub")},
		try{row: "7519-4.1.2-1", name: "sub is a number", edit: tokentest.Claim("sub", 5)},
		try{row: "7519-4.1.2-1", name: "sub is null", edit: tokentest.Claim("sub", nil)},
		try{row: "9068-2.2-1", name: "sub is an array", edit: inArray("sub")},
		try{row: "9068-2.2-1", name: "client_id missing", edit: clientIDAs(nil), reason: "claim audience", applies: requiresClientID},
		try{row: "9068-2.2-1", name: "client_id is a number", edit: clientIDAs(func(any) any { return 5 }), reason: "claim audience"},
		try{row: "9068-2.2-1", name: "client_id is an array", edit: clientIDAs(func(id any) any { return []any{id} })},
		try{row: "9068-2.2-1", name: "iat missing", edit: tokentest.WithoutClaim("iat"), applies: requires("iat")},
		try{row: "9068-2.2-1", name: "iat is null", edit: tokentest.Claim("iat", nil)},
		try{row: "9068-2.2-1", name: "jti missing", edit: tokentest.WithoutClaim("jti"), applies: requires("jti")},
		try{row: "7519-4.1.7-1", name: "jti is a number", edit: tokentest.Claim("jti", 7)},
		try{row: "9068-2.2-1", name: "jti is an array", edit: inArray("jti")},
		try{row: "9068-2.2.3-1", name: "scope is an array", edit: tokentest.EditDraft(scopeInArray), applies: func(a *attacker) bool { return !a.reads(token.ShapeList) }},
		try{row: "9068-2.2.3-1", name: "scope is a string", edit: tokentest.EditDraft(scopeInString), applies: func(a *attacker) bool { return !a.reads(token.ShapeWords) }},
	)
}

// reclaim changes a claim that is a string.
func reclaim(name string, f func(string) string) tokentest.Edit {
	return tokentest.EditDraft(func(d *mint.Draft) { d.Claims.Set(name, f(d.Claims.Get(name).(string))) })
}

func inArray(name string) tokentest.Edit {
	return tokentest.EditDraft(func(d *mint.Draft) { d.Claims.Set(name, []any{d.Claims.Get(name)}) })
}

func stringified(name string) tokentest.Edit {
	return tokentest.EditDraft(func(d *mint.Draft) { d.Claims.Set(name, mint.JSON(d.Claims.Get(name))) })
}

// fromNow sets a claim to a time.
func fromNow(name string, distance time.Duration) tokentest.Edit {
	return tokentest.EditDraft(func(d *mint.Draft) { d.Claims.Set(name, d.Now.Add(distance).Unix()) })
}

var inMilliseconds = tokentest.EditDraft(func(d *mint.Draft) { d.Claims.Set("exp", d.Now.Add(time.Minute).UnixMilli()) })

func scopeInArray(d *mint.Draft) { d.Claims.SetAt(d.ScopePath, append([]string{}, d.Scopes()...)) }

func scopeInString(d *mint.Draft) { d.Claims.SetAt(d.ScopePath, strings.Join(d.Scopes(), " ")) }

// clientIDAs sets the client id to something made from it, or leaves it out.
func clientIDAs(f func(id any) any) tokentest.Edit {
	return tokentest.EditDraft(func(d *mint.Draft) {
		if f == nil {
			d.Claims.Remove(d.ClientIDClaim)
			return
		}
		d.Claims.Set(d.ClientIDClaim, f(d.Claims.Get(d.ClientIDClaim)))
	})
}

// requires holds for services that want the claim.
func requires(claim string) func(*attacker) bool {
	return func(a *attacker) bool { return slices.Contains(requiredBy(a.profile()), claim) }
}

// requiresScope holds for services that call a token without scopes invalid.
func requiresScope(a *attacker) bool {
	p := a.profile()
	if p.Scopes == nil {
		return requires(cmp.Or(p.ScopeClaim, "scope"))(a)
	}
	return slices.ContainsFunc(p.Scopes, func(s token.Source) bool { return requires(placeOf(token.Mark{Claim: s.Claim, Path: s.Path})[0])(a) })
}

func requiresClientID(a *attacker) bool {
	return requires(cmp.Or(a.profile().ClientIDClaim, "client_id"))(a)
}

// audienceAs sets aud to something made from the name of this service.
func audienceAs(f func(service string) any) tokentest.Edit {
	return tokentest.EditDraft(func(d *mint.Draft) {
		switch aud := d.Claims.Get(d.AudienceClaim).(type) {
		case string:
			d.Claims.Set(d.AudienceClaim, f(aud))
		case []string:
			d.Claims.Set(d.AudienceClaim, f(aud[0]))
		}
	})
}

func audienceIs(value any) tokentest.Edit {
	return tokentest.EditDraft(func(d *mint.Draft) { d.Claims.Set(d.AudienceClaim, value) })
}

func reaudience(f func(string) string) tokentest.Edit {
	return audienceAs(func(service string) any { return f(service) })
}

// escapedLast writes the last character of a URL in the other way (RFC 3986
// §2.1).
func escapedLast(s string) string {
	last := max(len(s)-1, 0)
	return s[:last] + "%" + hex.EncodeToString([]byte(s[last:]))
}

func otherSlash(s string) string {
	if short, ok := strings.CutSuffix(s, "/"); ok {
		return short
	}
	return s + "/"
}

// withHost changes the host of an identifier that is a URL.
func withHost(f func(host string) string) func(string) string {
	return func(identifier string) string {
		u, err := url.Parse(identifier)
		if err != nil || u.Host == "" {
			return f(identifier)
		}
		return strings.Replace(identifier, u.Host, f(u.Host), 1)
	}
}
