package refusals

import (
	"encoding/json"
	"strings"

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// compactAttacks are spelled in a way that only a lenient reader understands.
func compactAttacks() []Attack {
	return group{
		name: "compact", want: refuseInvalid, reason: "malformed",
		why: "one token must have one spelling: a second one slips past deny lists, caches and logs that know the first (RFC 7515 §2, §7.1)",
	}.attacks(
		try{row: "7515-7.1-2", name: "two parts", edit: tokentest.Compact(upToLastDot)},
		try{row: "7515-7.1-2", name: "four parts", edit: tokentest.Compact(func(s string) string { return s + ".x" })},
		try{row: "7515-7.1-2", name: "dot at the end", edit: tokentest.Compact(func(s string) string { return s + "." })},
		try{row: "7515-7.1-2", name: "dot at the start", edit: tokentest.Compact(func(s string) string { return "." + s })},
		try{row: "7515-7.1-2", name: "dots alone", edit: tokentest.Compact(replaceBy(".."))},
		try{row: "7515-7.1-2", name: "empty header", edit: tokentest.Segments(func(_, p, s string) (string, string, string) { return "", p, s })},
		try{row: "7515-7.1-2", name: "empty payload", edit: tokentest.PayloadSegment(replaceBy(""))},
		try{row: "7515-7.1-2", name: "empty signature", edit: tokentest.Signature(func([]byte) []byte { return nil })},
		try{name: "opaque token", edit: tokentest.Compact(replaceBy("2YotnFZFEjr1zCsicMWpAA"))},
		try{row: "7516-0-1", name: "encrypted token", edit: tokentest.Compact(replaceBy(encrypted)), why: "encryption proves nothing about who wrote the token: everyone has the public key (RFC 8725 §3.3, RFC 7516)"},
		try{row: "7515-2-1", name: "header in the standard base64 alphabet", edit: tokentest.Edits(tokentest.Header("x", json.RawMessage(`"~~~~~~"`)), tokentest.HeaderSegment(standardAlphabet))},
		try{row: "7515-2-1", name: "payload in the standard base64 alphabet", edit: tokentest.Edits(tokentest.Claim("x", json.RawMessage(`"~~~~~~"`)), tokentest.PayloadSegment(standardAlphabet))},
		try{row: "7515-2-1", name: "signature with padding", edit: tokentest.Compact(func(s string) string { return s + "==" })},
		try{row: "7515-2-3", name: "spare bits set in the header", edit: tokentest.Edits(tokentest.HeaderText(unevenly), tokentest.HeaderSegment(spareBits))},
		try{row: "7515-2-3", name: "spare bits set in the payload", edit: tokentest.Edits(tokentest.PayloadText(unevenly), tokentest.PayloadSegment(spareBits))},
		try{row: "7515-2-3", name: "spare bits set in the signature", edit: tokentest.Segments(func(h, p, s string) (string, string, string) { return h, p, spareBits(s) }), applies: signatureHasSpareBits},
		try{row: "7515-4-4", name: "token of 100 kilobytes", edit: tokentest.Claim("x", strings.Repeat("x", 100_000)), reason: "too_large", why: "reading without a limit lets one caller spend the memory of all (RFC 8725 §2.4)"},
		try{row: "7515-4-4", name: "deeply nested claims", edit: tokentest.Claim("x", nested(1000)), why: "decoders recurse, and a stack overflow ends the process for all"},
	)
}

// headerAttacks have a JOSE header that is not one strict JSON object.
func headerAttacks() []Attack {
	return group{
		name: "header", want: refuseInvalid, reason: "malformed",
		why: "if the check and the use read different headers, the check is worth nothing (RFC 7515 §4, RFC 8725 §2.6)",
	}.attacks(
		try{row: "7515-4-1", name: "header is an array", edit: tokentest.HeaderText(func(s string) string { return "[" + s + "]" })},
		try{row: "7515-4-1", name: "header is null", edit: tokentest.RawHeader("null")},
		try{row: "7515-4-1", name: "header with text after it", edit: tokentest.HeaderText(suffix("x"))},
		try{row: "7515-4-1", name: "header with a second object after it", edit: tokentest.HeaderText(suffix(`{"alg":"none"}`))},
		try{row: "7515-4-1", name: "header with a byte order mark", edit: tokentest.HeaderText(prefix("\ufeff"))},
		try{row: "7515-4-1", name: "header with invalid UTF-8", edit: tokentest.HeaderText(withMember(`"x":"` + "\xff" + `"`))},
		try{row: "7515-4-1", name: "header with a comment", edit: tokentest.HeaderText(prefix("/**/"))},
		try{row: "7515-4-2", name: "alg twice", edit: tokentest.HeaderText(withMember(`"alg":"none"`))},
		try{row: "7515-4-2", name: "alg twice, once escaped", edit: tokentest.HeaderText(withMember(`"\u0061lg":"none"`))},
		try{row: "7515-4-2", name: "kid twice", edit: tokentest.HeaderText(withMember(`"kid":"attacker-1","kid":"attacker-2"`))},
		try{row: "7515-4-2", name: "typ twice", edit: tokentest.HeaderText(withMember(`"typ":"JWT"`))},
		try{row: "7515-4-4", name: "deeply nested header", edit: tokentest.Header("x", nested(1000)), why: "decoders recurse, and a stack overflow ends the process for all"},
		try{row: "7515-4-4", name: "header of five kilobytes", edit: tokentest.Header("x", strings.Repeat("x", 5000)), why: "a header is read before anything is verified, so it must be small"},
	)
}

// encrypted is a JWE in shape: five parts (RFC 7516 §7.1).
var encrypted = mint.Encode(`{"alg":"RSA-OAEP-256","enc":"A256GCM"}`) + ".a2V5.aXY.dGV4dA.dGFn"

func replaceBy(text string) func(string) string { return func(string) string { return text } }

func prefix(text string) func(string) string { return func(s string) string { return text + s } }
func suffix(text string) func(string) string { return func(s string) string { return s + text } }

// withMember puts members in front of those of an object, so that a decoder that
// takes the last of two sees what it wants to see.
func withMember(text string) func(string) string {
	return func(object string) string { return strings.Replace(object, "{", "{"+text+",", 1) }
}

func upToLastDot(compact string) string { return compact[:strings.LastIndexByte(compact, '.')] }

func standardAlphabet(segment string) string {
	return strings.NewReplacer("-", "+", "_", "/").Replace(segment)
}

// unevenly adds white space until the encoding has spare bits.
func unevenly(text string) string {
	for len(text)%3 != 1 {
		text += " "
	}
	return text
}

// spareBits sets the lowest bit of the last character, which carries no data:
// the segment decodes to the same bytes.
func spareBits(segment string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(segment) - 1
	return segment[:last] + string(alphabet[strings.IndexByte(alphabet, segment[last])|1])
}

func signatureHasSpareBits(a *attacker) bool {
	token := a.token()
	return len(token[strings.LastIndexByte(token, '.')+1:])%4 != 0
}

func nested(depth int) json.RawMessage {
	return json.RawMessage(strings.Repeat("[", depth) + strings.Repeat("]", depth))
}
