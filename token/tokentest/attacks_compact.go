package tokentest

import (
	"encoding/json"
	"strings"
)

// compactAttacks are spelled in a way that only a lenient reader understands.
func compactAttacks() []Attack {
	return group{
		name: "compact", want: refuseInvalid, reason: "malformed",
		why: "one token must have one spelling: a second one slips past deny lists, caches and logs that know the first (RFC 7515 §2, §7.1)",
	}.attacks(
		try{row: "7515-7.1-2", name: "two parts", edit: Compact(upToLastDot)},
		try{row: "7515-7.1-2", name: "four parts", edit: Compact(func(s string) string { return s + ".x" })},
		try{row: "7515-7.1-2", name: "dot at the end", edit: Compact(func(s string) string { return s + "." })},
		try{row: "7515-7.1-2", name: "dot at the start", edit: Compact(func(s string) string { return "." + s })},
		try{row: "7515-7.1-2", name: "dots alone", edit: Compact(replaceBy(".."))},
		try{row: "7515-7.1-2", name: "empty header", edit: Segments(func(_, p, s string) (string, string, string) { return "", p, s })},
		try{row: "7515-7.1-2", name: "empty payload", edit: PayloadSegment(replaceBy(""))},
		try{row: "7515-7.1-2", name: "empty signature", edit: Signature(func([]byte) []byte { return nil })},
		try{name: "opaque token", edit: Compact(replaceBy("2YotnFZFEjr1zCsicMWpAA"))},
		try{row: "7516-0-1", name: "encrypted token", edit: Compact(replaceBy(encrypted)), why: "encryption proves nothing about who wrote the token: anybody has the public key (RFC 8725 §3.3, RFC 7516)"},
		try{row: "7515-2-1", name: "header in the standard base64 alphabet", edit: Edits(Header("x", json.RawMessage(`"~~~~~~"`)), HeaderSegment(standardAlphabet))},
		try{row: "7515-2-1", name: "payload in the standard base64 alphabet", edit: Edits(Claim("x", json.RawMessage(`"~~~~~~"`)), PayloadSegment(standardAlphabet))},
		try{row: "7515-2-1", name: "signature with padding", edit: Compact(func(s string) string { return s + "==" })},
		try{row: "7515-2-3", name: "spare bits set in the header", edit: Edits(HeaderText(unevenly), HeaderSegment(spareBits))},
		try{row: "7515-2-3", name: "spare bits set in the payload", edit: Edits(PayloadText(unevenly), PayloadSegment(spareBits))},
		try{row: "7515-2-3", name: "spare bits set in the signature", edit: Segments(func(h, p, s string) (string, string, string) { return h, p, spareBits(s) }), applies: signatureHasSpareBits},
		try{row: "7515-4-4", name: "token of 100 kilobytes", edit: Claim("x", strings.Repeat("x", 100_000)), reason: "too_large", why: "reading without a limit lets one caller spend the memory of all (RFC 8725 §2.4)"},
		try{row: "7515-4-4", name: "deeply nested claims", edit: Claim("x", nested(1000)), why: "decoders recurse, and a stack overflow ends the process for everybody"},
	)
}

// headerAttacks have a JOSE header that is not one strict JSON object.
func headerAttacks() []Attack {
	return group{
		name: "header", want: refuseInvalid, reason: "malformed",
		why: "if the check and the use read different headers, the check is worth nothing (RFC 7515 §4, RFC 8725 §2.6)",
	}.attacks(
		try{row: "7515-4-1", name: "header is an array", edit: HeaderText(func(s string) string { return "[" + s + "]" })},
		try{row: "7515-4-1", name: "header is null", edit: RawHeader("null")},
		try{row: "7515-4-1", name: "header with text after it", edit: HeaderText(suffix("x"))},
		try{row: "7515-4-1", name: "header with a second object after it", edit: HeaderText(suffix(`{"alg":"none"}`))},
		try{row: "7515-4-1", name: "header with a byte order mark", edit: HeaderText(prefix("\ufeff"))},
		try{row: "7515-4-1", name: "header with invalid UTF-8", edit: HeaderText(withMember(`"x":"` + "\xff" + `"`))},
		try{row: "7515-4-1", name: "header with a comment", edit: HeaderText(prefix("/**/"))},
		try{row: "7515-4-2", name: "alg twice", edit: HeaderText(withMember(`"alg":"none"`))},
		try{row: "7515-4-2", name: "alg twice, once escaped", edit: HeaderText(withMember(`"\u0061lg":"none"`))},
		try{row: "7515-4-2", name: "kid twice", edit: HeaderText(withMember(`"kid":"attacker-1","kid":"attacker-2"`))},
		try{row: "7515-4-2", name: "typ twice", edit: HeaderText(withMember(`"typ":"JWT"`))},
		try{row: "7515-4-4", name: "deeply nested header", edit: Header("x", nested(1000)), why: "decoders recurse, and a stack overflow ends the process for everybody"},
		try{row: "7515-4-4", name: "header of five kilobytes", edit: Header("x", strings.Repeat("x", 5000)), why: "a header is read before anything is verified, so it must be small"},
	)
}

// encrypted is a JWE in shape: five parts (RFC 7516 §7.1).
var encrypted = encode(`{"alg":"RSA-OAEP-256","enc":"A256GCM"}`) + ".a2V5.aXY.dGV4dA.dGFn"

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

func signatureHasSpareBits(f *forge) bool {
	token := f.token()
	return len(token[strings.LastIndexByte(token, '.')+1:])%4 != 0
}

func nested(depth int) json.RawMessage {
	return json.RawMessage(strings.Repeat("[", depth) + strings.Repeat("]", depth))
}
