package refusals

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// payloadAttacks have claims that are not one strict JSON object.
func payloadAttacks() []Attack {
	folded := "a decoder that does not care about case takes another member for the one that was checked (RFC 7519 §4, RFC 8259 §8.3)"
	return group{
		name: "payload", want: refuseInvalid, reason: "malformed",
		why: "claims that two decoders read differently have not been checked (RFC 7519 §7.2, RFC 8259)",
	}.attacks(slices.Concat(notStrict(), []try{
		try{row: "7519-4-3", name: "ISS instead of iss", edit: renamed("iss", "ISS"), why: folded, reason: "issuer"},
		try{row: "7519-4-3", name: "AUD instead of aud", edit: tokentest.EditDraft(shoutedAudience), why: folded, reason: "audience"},
		try{row: "7519-4-3", name: "EXP instead of exp", edit: renamed("exp", "EXP"), why: folded, reason: "claim"},
		try{row: "7519-4-3", name: "Sub instead of sub", edit: renamed("sub", "Sub"), applies: requires("sub"), why: folded, reason: "claim"},
		try{row: "7519-4-3", name: "sub with a long s instead of sub", edit: renamed("sub", "\u017fub"), applies: requires("sub"), why: folded, reason: "claim"},
		try{row: "7519-5.3-1", name: "iss, aud and exp in the header only", edit: replicated, why: "claims in the header are for routing encrypted tokens and have not been compared with those of the token (RFC 7519 §5.3)", reason: "issuer audience claim"},
	})...)
}

// notStrict are claims in texts that two decoders read differently.
func notStrict() []try {
	twice := "a name given twice is read one way by the check and another way by the use (RFC 7519 §4, RFC 8725 §2.6)"
	return []try{
		try{row: "7519-7.2-1", name: "payload is an array", edit: tokentest.PayloadText(func(s string) string { return "[" + s + "]" })},
		try{row: "7519-7.2-1", name: "payload is a string", edit: tokentest.RawPayload(`"x"`)},
		try{row: "7519-7.2-1", name: "payload is null", edit: tokentest.RawPayload("null")},
		try{row: "7519-7.2-1", name: "payload with a byte order mark", edit: tokentest.PayloadText(prefix("\ufeff"))},
		try{row: "7519-7.2-1", name: "payload with text after it", edit: tokentest.PayloadText(suffix("x"))},
		try{row: "7519-7.2-1", name: "payload with a second object after it", edit: tokentest.PayloadText(func(s string) string { return s + s })},
		try{row: "7519-7.2-1", name: "payload with a zero byte after it", edit: tokentest.PayloadText(suffix("\x00"))},
		try{row: "7519-7.2-1", name: "payload with invalid UTF-8 in a string", edit: tokentest.PayloadText(withMember(`"x":"` + "\xff" + `"`))},
		try{row: "7519-7.2-1", name: "payload with half of a surrogate pair", edit: tokentest.PayloadText(withMember(`"x":"\ud800"`))},
		try{row: "7519-7.2-1", name: "payload with a line break in a string", edit: tokentest.PayloadText(withMember("\"x\":\"\n\""))},
		try{row: "7519-7.2-1", name: "payload with a comma at the end", edit: tokentest.PayloadText(func(s string) string { return s[:len(s)-1] + ",}" })},
		try{row: "7519-7.2-1", name: "payload with a comment", edit: tokentest.PayloadText(withMember(`"x":1/**/`))},
		try{row: "7519-7.2-1", name: "payload with a name in single quotes", edit: tokentest.PayloadText(withMember(`'x':1`))},
		try{row: "7519-4.1.4-3", name: "payload with NaN", edit: tokentest.Claim("x", json.RawMessage("NaN"))},
		try{row: "7519-7.2-1", name: "payload with a number that begins with zero", edit: tokentest.Claim("x", json.RawMessage("01"))},
		try{row: "7519-4-1", name: "iss twice", edit: tokentest.PayloadText(withMember(`"iss":"https://attacker.test"`)), why: twice},
		try{row: "7519-4-1", name: "aud twice", edit: tokentest.PayloadText(withMember(`"aud":"https://other.example.com"`)), why: twice},
		try{row: "7519-4-1", name: "exp twice", edit: tokentest.PayloadText(withMember(`"exp":1`)), why: twice},
		try{row: "7519-4-1", name: "sub twice", edit: tokentest.PayloadText(withMember(`"sub":"mallory"`)), why: twice},
		try{row: "7519-4-1", name: "sub twice, once escaped", edit: tokentest.PayloadText(withMember(`"\u0073ub":"mallory"`)), why: twice},
		try{row: "7519-4-1", name: "unknown claim twice", edit: tokentest.PayloadText(withMember(`"x":1,"x":2`)), why: twice},
		try{row: "7519-4-1", name: "member of a claim twice", edit: tokentest.Claim("tenant", json.RawMessage(`{"id":"a","id":"b"}`)), why: twice},
		try{row: "7519-4-1", name: "member of cnf twice", edit: tokentest.Claim("cnf", json.RawMessage(`{"jkt":"a","jkt":"b"}`)), why: twice},
	}
}

// renamed keeps the value of a claim under another name.
func renamed(from, to string) tokentest.Edit {
	return tokentest.EditDraft(func(d *mint.Draft) {
		d.Claims.Set(to, d.Claims.Get(from))
		d.Claims.Remove(from)
	})
}

func shoutedAudience(d *mint.Draft) {
	value := d.Claims.Get(d.AudienceClaim)
	d.Claims.Remove(d.AudienceClaim)
	d.Claims.Set(strings.ToUpper(d.AudienceClaim), value)
}

var replicated = tokentest.EditDraft(func(d *mint.Draft) {
	for _, name := range []string{"iss", "aud", "exp"} {
		d.Header.Set(name, d.Claims.Get(name))
		d.Claims.Remove(name)
	}
})
