package token_test

import (
	"context"
	"encoding/asn1"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

// row is one token and what becomes of it. Everything else about the token is
// good, so that one check alone decides.
type row struct {
	name string
	mint mint
	cfg  func(*token.Config)
	want error // nil: accepted
}

func (r row) run(t *testing.T) {
	t.Helper()
	got, err := newVerifier(t, r.cfg).Authenticate(context.Background(), token.Bearer(r.mint.token()))
	if r.want == nil {
		require.NoError(t, err)
		require.NotNil(t, got)
		return
	}
	require.ErrorIs(t, err, r.want)
	assert.Nil(t, got)
	assertOneOutcome(t, err)
}

// assertOneOutcome checks that the error matches exactly one outcome, and that
// its reason is that of the error itself.
func assertOneOutcome(t *testing.T, err error) {
	t.Helper()
	matched := 0
	for _, outcome := range outcomes {
		if errors.Is(err, outcome) {
			matched++
		}
	}
	assert.Equal(t, 1, matched, "outcomes matched by %v", err)
	assert.NotEmpty(t, token.Reason(err))
}

var outcomes = []error{
	token.ErrMissing, token.ErrRequest, token.ErrInvalid, token.ErrScope,
	token.ErrStepUp, token.ErrDenied, token.ErrUnavailable,
}

func runRows(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			r.run(t)
		})
	}
}

func header(edits ...any) mint { return mint{header: pairs(edits)} }
func claims(edits ...any) mint { return mint{claims: pairs(edits)} }

func pairs(edits []any) map[string]any {
	m := map[string]any{}
	for i := 0; i < len(edits); i += 2 {
		m[edits[i].(string)] = edits[i+1]
	}
	return m
}

func part(i int, edit func(string) string) mint {
	return mint{compact: func(raw string) string {
		parts := strings.Split(raw, ".")
		parts[i] = edit(parts[i])
		return strings.Join(parts, ".")
	}}
}

func TestCompact(t *testing.T) {
	t.Parallel()
	replace := func(raw string) mint { return mint{compact: func(string) string { return raw }} }
	raw := func(edit func(string) string) mint { return mint{compact: edit} }
	insert := func(s string) func(string) string {
		return func(raw string) string { return raw[:10] + s + raw[10:] }
	}
	var rows []row
	for name, m := range map[string]mint{
		"C_7515-7.1-1 JSON serialization": replace(`{"payload":"e30","signatures":[]}`),
		"C_7515-7.1-2 two parts":          replace("a.b"),
		"C_7515-7.1-2 four parts":         replace("a.b.c.d"),
		"C_7515-7.1-2 empty parts":        replace(".."),
		"C_7515-7.1-2 no payload":         part(1, func(string) string { return "" }),
		"C_7515-7.1-2 no signature":       part(2, func(string) string { return "" }),
		"C_7515-7.1-2 no header":          part(0, func(string) string { return "" }),
		"C_7515-7.1-2 dot at the end":     raw(func(s string) string { return s + "." }),
		"C_7515-7.1-2 no dot":             replace("abc"),
		"C_7516-0-1 five parts":           replace("a.b.c.d.e"),
		"C_7515-2-1 padding":              part(0, func(s string) string { return s + "=" }),
		"C_7515-2-1 plus":                 part(0, func(s string) string { return "+" + s[1:] }),
		"C_7515-2-1 slash":                part(0, func(s string) string { return "/" + s[1:] }),
		"C_7515-2-1 payload padded":       part(1, func(s string) string { return s + "==" }),
		"C_7515-2-1 signature padded":     part(2, func(s string) string { return s + "==" }),
		"C_7515-2-2 line break inside":    raw(insert("\r\n")),
		"C_7515-2-2 space inside":         raw(insert(" ")),
		"C_7515-2-2 line break at end":    raw(func(s string) string { return s + "\n" }),
		"C_7515-2-2 space before":         raw(func(s string) string { return " " + s }),
		"C_7515-2-3 unused bits set":      raw(setUnusedBit),
		"one character too many":          part(2, func(s string) string { return s + "AAA" }),
		"header beyond 4096 bytes":        header("x", strings.Repeat("x", 4096)),
		"signature beyond 1024 bytes":     {signature: func([]byte) []byte { return make([]byte, 1025) }},
	} {
		rows = append(rows, row{name: name, mint: m, want: token.ErrMalformed})
	}
	runRows(t, append(rows,
		row{name: "C_7515-5.2-2 white space in header", mint: mint{rawHeader: `{ "alg" : "ES256" , "typ":"at+jwt",` + "\n\t" + `"kid":"es256" }`}},
		row{name: "C_7515-4-4 too large", mint: claims("x", strings.Repeat("x", 16<<10)), want: token.ErrTooLarge},
		row{name: "C_7515-4-4 20 MB", mint: replace(strings.Repeat("A", 20<<20)), want: token.ErrTooLarge},
		row{name: "as large as configured", mint: claims("x", strings.Repeat("x", 16<<10)), cfg: func(c *token.Config) { c.MaxTokenSize = 64 << 10 }},
	))
}

// setUnusedBit flips a bit of the last character that carries no data.
func setUnusedBit(raw string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, raw[len(raw)-1])
	return raw[:len(raw)-1] + string(alphabet[last^1])
}

func TestHeader(t *testing.T) {
	t.Parallel()
	raw := func(header string) mint { return mint{rawHeader: header} }
	good := `"alg":"ES256","typ":"at+jwt","kid":"es256"`
	rsaOnly := func(c *token.Config) { c.Algorithms = []string{"RS256"} }
	rows := []row{
		{name: "good", mint: mint{}},
		{name: "C_7515-4-1 array", mint: raw(`[]`), want: token.ErrMalformed},
		{name: "C_7515-4-1 null", mint: raw(`null`), want: token.ErrMalformed},
		{name: "C_7515-4-1 trailing bytes", mint: raw(`{` + good + `}x`), want: token.ErrMalformed},
		{name: "C_7515-4-1 invalid UTF-8", mint: raw("{" + good + ",\"x\":\"\xff\"}"), want: token.ErrMalformed},
		{name: "C_7515-4-1 byte order mark", mint: raw("\ufeff{" + good + "}"), want: token.ErrMalformed},
		{name: "C_7515-4-2 alg twice", mint: raw(`{` + good + `,"alg":"none"}`), want: token.ErrMalformed},
		{name: "C_7515-4-2 alg twice, once escaped", mint: raw(`{` + good + `,"\u0061lg":"none"}`), want: token.ErrMalformed},
		{name: "C_7515-4-3 ALG is another name", mint: header("ALG", "none")},
		{name: "C_7515-4-3 ALG alone", mint: raw(`{"ALG":"ES256","typ":"at+jwt","kid":"es256"}`), want: token.ErrAlgorithm},
		{name: "C_7515-4-4 deep nesting", mint: raw(`{` + good + `,"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`), want: token.ErrMalformed},

		{name: "C_7515-4.1.1-1 no alg", mint: header("alg", nil), want: token.ErrAlgorithm},
		{name: "C_7515-4.1.1-1 alg in an array", mint: header("alg", []string{"ES256"}), want: token.ErrAlgorithm},
		{name: "C_7515-4.1.1-1 alg null", mint: header("alg", null), want: token.ErrAlgorithm},
		{name: "C_7515-4.1.1-1 es256", mint: header("alg", "es256"), want: token.ErrAlgorithm},
		{name: "C_7515-4.1.1-1 HS256", mint: header("alg", "HS256"), want: token.ErrAlgorithm},
		{name: "C_7515-4.1.1-1 unknown", mint: header("alg", "XX"), want: token.ErrAlgorithm},
		{name: "C_7515-4.1.1-1 known but not allowed", mint: mint{}, cfg: rsaOnly, want: token.ErrAlgorithm},
		{name: "C_7515-4.1.1-1 ES384 is not a default", mint: mint{alg: "ES384"}, want: token.ErrAlgorithm},
		{name: "C_9864-2.2-2 Ed448", mint: header("alg", "Ed448"), want: token.ErrAlgorithm},

		{name: "C_7515-4.1.4-1 kid a number", mint: header("kid", 5), want: token.ErrMalformed},
		{name: "C_7515-4.1.4-1 kid null", mint: header("kid", null), want: token.ErrMalformed},
		{name: "C_7515-4.1.4-1 kid in other case", mint: header("kid", "ES256"), want: token.ErrUnknownKey},
		{name: "C_7515-4.1.4-1 kid empty counts as absent", mint: header("kid", "")},
		{name: "kid empty, and required", mint: header("kid", ""), cfg: func(c *token.Config) { c.RequireKeyID = true }, want: token.ErrUnknownKey},
		{name: "C_7515-4.1.4-2 kid of 257 bytes", mint: header("kid", strings.Repeat("k", 257)), want: token.ErrMalformed},
		{name: "C_7515-4.1.4-2 kid of 256 bytes", mint: header("kid", strings.Repeat("k", 256)), want: token.ErrUnknownKey},
		{name: "C_7515-4.1.4-2 kid a path", mint: header("kid", "../../etc/passwd"), want: token.ErrUnknownKey},
		{name: "C_7515-4.1.4-2 kid a query", mint: header("kid", "' OR 1=1"), want: token.ErrUnknownKey},
		{name: "C_7517-4.5-3 kid required and absent", mint: header("kid", nil), cfg: func(c *token.Config) { c.RequireKeyID = true }, want: token.ErrUnknownKey},

		{name: "C_7515-4.1.9-3 typ a number", mint: header("typ", 5), want: token.ErrType},
		{name: "C_7515-4.1.9-3 typ null", mint: header("typ", null), want: token.ErrType},
		{name: "C_7515-4.1.9-3 typ an array", mint: header("typ", []string{}), want: token.ErrType},
		{name: "C_9068-4-1 typ absent", mint: header("typ", nil), want: token.ErrType},
		{name: "C_7515-4.1.10-1 cty JWT", mint: header("cty", "JWT"), want: token.ErrMalformed},
		{name: "C_7515-4.1.10-1 cty a number", mint: header("cty", 1), want: token.ErrMalformed},
		{name: "another cty", mint: header("cty", "json")},

		{name: "C_7515-4.1.11-1 crit exp", mint: header("crit", []string{"exp"}, "exp", 1), want: token.ErrCritical},
		{name: "C_7515-4.1.11-1 crit b64", mint: header("crit", []string{"b64"}, "b64", true), want: token.ErrCritical},
		{name: "C_7515-4.1.11-2 crit empty", mint: header("crit", []string{}), want: token.ErrCritical},
		{name: "C_7515-4.1.11-2 crit a string", mint: header("crit", "b64"), want: token.ErrCritical},
		{name: "C_7515-4.1.11-2 crit of numbers", mint: header("crit", []int{1}), want: token.ErrCritical},
		{name: "C_7515-4.1.11-2 crit null", mint: header("crit", null), want: token.ErrCritical},
		{name: "C_7515-4.1.11-3 crit of an absent name", mint: header("crit", []string{"foo"}), want: token.ErrCritical},
		{name: "C_7515-4.1.11-3 crit alg", mint: header("crit", []string{"alg"}), want: token.ErrCritical},
		{name: "C_7515-4.1.11-3 crit b64 without b64", mint: header("crit", []string{"b64"}), want: token.ErrCritical},
		{name: "C_7797-7-1 b64 false, signed so", mint: mint{header: pairs([]any{"b64", false}), rawInput: true}, want: token.ErrCritical},
		{name: "C_7797-7-1 b64 true", mint: header("b64", true), want: token.ErrCritical},

		{name: "C_7515-4.1.3-1 x5t is not looked at", mint: header("x5t", "es256", "x5c", []string{"!!"})},
		{name: "C_7519-5.3-1 claims in the header only", mint: mint{header: pairs([]any{"exp", now.Unix() + 300}), claims: pairs([]any{"exp", nil})}, want: token.ErrClaim},
	}
	for _, none := range []string{"none", "None", "NONE", "nOnE"} {
		rows = append(rows, row{name: "C_7515-4.1.1-2 " + none, mint: header("alg", none), want: token.ErrAlgorithm})
		rows = append(rows, row{name: "C_7515-4.1.1-2 without signature " + none, mint: mint{
			header: pairs([]any{"alg", none}), compact: func(s string) string { return s[:strings.LastIndexByte(s, '.')+1] },
		}, want: token.ErrMalformed})
	}
	for _, typ := range []string{"at+jwt", "AT+JWT", "at+JWT", "application/at+jwt", "Application/At+Jwt"} {
		rows = append(rows, row{name: "C_7515-4.1.9-1 " + typ, mint: header("typ", typ)})
	}
	for _, typ := range []string{"text/at+jwt", "application/x/at+jwt", "application/application/at+jwt", "at+jwt;x=1", "at+jwt "} {
		rows = append(rows, row{name: "C_7515-4.1.9-2 " + typ, mint: header("typ", typ), want: token.ErrType})
	}
	for _, typ := range []string{"JWT", "secevent+jwt", "statuslist+jwt", "token-introspection+jwt", "logout+jwt", "dpop+jwt", "txntoken+jwt"} {
		rows = append(rows, row{name: "C_8725-3.11-1 " + typ, mint: header("typ", typ), want: token.ErrType})
	}
	runRows(t, rows)
}

func TestSignature(t *testing.T) {
	t.Parallel()
	only := func(alg string) func(*token.Config) { return func(c *token.Config) { c.Algorithms = []string{alg} } }
	signature := func(alg string, edit func([]byte) []byte) mint { return mint{alg: alg, signature: edit} }
	cut := func(s []byte) []byte { return s[:len(s)-1] }
	longer := func(s []byte) []byte { return append(s, 0) }
	zero := func(s []byte) []byte { return make([]byte, len(s)) }
	flip := func(s []byte) []byte { s[len(s)-1] ^= 1; return s }
	var rows []row
	for _, alg := range everyAlgorithm {
		rows = append(rows,
			row{name: "C_7518-3.1-1 good " + alg, mint: mint{alg: alg}, cfg: only(alg)},
			row{name: "flipped bit " + alg, mint: signature(alg, flip), cfg: only(alg), want: token.ErrSignature},
			row{name: "C_7515-5.2-1 short " + alg, mint: signature(alg, cut), cfg: only(alg), want: token.ErrSignature},
			row{name: "C_7515-5.2-1 long " + alg, mint: signature(alg, longer), cfg: only(alg), want: token.ErrSignature},
			row{name: "C_7518-3.4-2 zero " + alg, mint: signature(alg, zero), cfg: only(alg), want: token.ErrSignature},
		)
	}
	runRows(t, append(rows, []row{
		{name: "C_7515-5.2-1 DER", mint: signature("ES256", asDER), want: token.ErrSignature},
		{name: "C_7518-3.4-2 s is the order of the curve", mint: signature("ES256", func(s []byte) []byte {
			return append(s[:32], keys.p256().Params().N.FillBytes(make([]byte, 32))...)
		}), want: token.ErrSignature},
		{name: "C_7518-3.4-2 r zero", mint: signature("ES256", func(s []byte) []byte { return append(make([]byte, 32), s[32:]...) }), want: token.ErrSignature},
		{name: "another key under the same kid", mint: mint{key: keys.otherP256()}, want: token.ErrSignature},
		{name: "C_7515-4.1.2-1 another key and its address", mint: mint{key: keys.otherP256(), header: pairs([]any{"jku", "https://attacker.example/keys", "x5u", "https://attacker.example/cert"})}, want: token.ErrSignature},
		{name: "C_7515-4.1.3-1 another key given along", mint: mint{key: keys.otherP256(), header: pairs([]any{"kid", nil, "jwk", map[string]string{"kty": "EC"}})}, want: token.ErrSignature},
		{name: "the signature of another token", mint: mint{compact: func(raw string) string {
			other := claims("sub", "admin").token()
			return raw[:strings.LastIndexByte(raw, '.')] + other[strings.LastIndexByte(other, '.'):]
		}}, want: token.ErrSignature},
		{name: "C_7518-3.2-3 HMAC with the public key", mint: mint{header: pairs([]any{"alg", "HS256"}), signature: hmacSign(keys.rsa().PublicKey.N.Bytes())}, want: token.ErrAlgorithm},
		{name: "C_7518-3.4-1 P-384 key for ES256", mint: mint{alg: "ES384", header: pairs([]any{"alg", "ES256"})}, want: token.ErrAlgorithm},
		{name: "RSA key for ES256", mint: mint{alg: "RS256", header: pairs([]any{"alg", "ES256"})}, want: token.ErrAlgorithm},
		{name: "Ed25519 key for RS256", mint: mint{alg: "EdDSA", header: pairs([]any{"alg", "RS256"})}, want: token.ErrAlgorithm},
		{name: "C_9864-2.2-1 Ed25519", mint: mint{alg: "Ed25519"}},
		{name: "C_9864-4-1 EdDSA", mint: mint{alg: "EdDSA"}},
		{name: "C_9864-4-1 EdDSA not allowed", mint: mint{alg: "EdDSA"}, cfg: func(c *token.Config) { c.Algorithms = []string{"Ed25519"} }, want: token.ErrAlgorithm},
		{name: "C_7515-4.1.4-2 no kid, one key fits", mint: header("kid", nil)},
	}...))
}

func asDER(s []byte) []byte {
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(s[:32]), new(big.Int).SetBytes(s[32:])})
	must(err)
	return der
}

func TestPayload(t *testing.T) {
	t.Parallel()
	payload := func(text string) mint { return mint{rawPayload: text} }
	runRows(t, []row{
		{name: "C_7519-7.2-1 array", mint: payload(`[]`), want: token.ErrMalformed},
		{name: "C_7519-7.2-1 string", mint: payload(`"x"`), want: token.ErrMalformed},
		{name: "C_7519-7.2-1 null", mint: payload(`null`), want: token.ErrMalformed},
		{name: "C_7519-7.2-1 white space", mint: payload(` `), want: token.ErrMalformed},
		{name: "C_7519-7.2-1 invalid UTF-8", mint: payload(payloadWith(",\"x\":\"\xc3\x28\"")), want: token.ErrMalformed},
		{name: "C_7519-7.2-1 trailing brace", mint: payload(payloadWith("") + "}"), want: token.ErrMalformed},
		{name: "byte order mark", mint: payload("\ufeff" + payloadWith("")), want: token.ErrMalformed},
		{name: "lone surrogate", mint: payload(payloadWith(`,"x":"\ud800"`)), want: token.ErrMalformed},
		{name: "C_7519-4-1 iss twice", mint: payload(payloadWith(`,"iss":"x"`)), want: token.ErrMalformed},
		{name: "C_7519-4-1 scope twice, once escaped", mint: payload(payloadWith(`,"scop\u0065":"admin"`)), want: token.ErrMalformed},
		{name: "C_7519-4-1 duplicate inside a claim", mint: payload(payloadWith(`,"x":{"a":[{"b":1,"b":2}]}`)), want: token.ErrMalformed},
		{name: "C_7519-4-1 duplicate inside cnf", mint: payload(payloadWith(`,"cnf":{"jkt":"a","jkt":"b"}`)), want: token.ErrMalformed},
		{name: "C_7519-4-3 ISS", mint: claims("iss", nil, "ISS", issuer), want: token.ErrIssuer},
		{name: "C_7519-4-2 unknown claim", mint: claims("foo", map[string]int{"a": 1})},
		{name: "deep nesting", mint: payload(payloadWith(`,"x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32))), want: token.ErrMalformed},
		{name: "nesting as deep as allowed", mint: payload(payloadWith(`,"x":` + strings.Repeat("[", 31) + strings.Repeat("]", 31)))},
		{name: "C_7519-4.1.4-3 bare NaN", mint: payload(payloadWith(`,"x":NaN`)), want: token.ErrMalformed},
		{name: "leading zero", mint: payload(payloadWith(`,"x":01`)), want: token.ErrMalformed},
		{name: "trailing comma", mint: payload(payloadWith(`,`)), want: token.ErrMalformed},
	})
}

func TestIssuerAndAudience(t *testing.T) {
	t.Parallel()
	var rows []row
	for _, iss := range []any{"https://as.example.com/", "HTTPS://as.example.com", "https://as.example.com:443", "", 5, nil, null, []string{issuer}} {
		rows = append(rows, row{name: "C_7519-4.1.1-1 " + name(iss), mint: claims("iss", iss), want: token.ErrIssuer})
	}
	for _, aud := range []any{audience, []string{"x", audience}, []string{audience}} {
		rows = append(rows, row{name: "C_7519-4.1.3-1 " + name(aud), mint: claims("aud", aud)})
	}
	for _, aud := range []any{
		audience + "/", audience + ".evil", "API.example.com", nil, []string{}, "", null, 5, true,
		[]string{"x", audience + "/"},
	} {
		rows = append(rows, row{name: "C_7519-4.1.3-2 " + name(aud), mint: claims("aud", aud), want: token.ErrAudience})
	}
	for _, aud := range []any{[]any{audience, 1}, map[string]int{"a": 1}, []any{[]string{audience}}, []any{null, audience}} {
		rows = append(rows, row{name: "C_7519-4.1.3-3 " + name(aud), mint: claims("aud", aud), want: token.ErrClaim})
	}
	runRows(t, append(rows, row{
		name: "C_8707-2-2 second of our identifiers", mint: claims("aud", "B"),
		cfg: func(c *token.Config) { c.Audience = []string{"A", "B"} },
	}))
}

func name(v any) string {
	if v == nil {
		return "absent"
	}
	return encode(map[string]any{"": v}, nil)
}

func TestTimes(t *testing.T) {
	t.Parallel()
	at := now.Unix()
	strict := func(c *token.Config) { c.Leeway = -1 }
	raw := func(name, number string) mint {
		return mint{rawPayload: strings.TrimSuffix(encode(goodClaims(), map[string]any{name: nil}), "}") + `,"` + name + `":` + number + "}"}
	}
	rows := []row{
		{name: "C_7519-4.1.4-1 expired by the leeway", mint: claims("exp", at-30, "iat", at-60), want: token.ErrExpired},
		{name: "C_6750-3.1-2 expired by more", mint: claims("exp", at-31, "iat", at-60), want: token.ErrExpired},
		{name: "C_7519-4.1.4-1 within the leeway", mint: claims("exp", at-29, "iat", at-60)},
		{name: "C_7519-4.1.4-1 exp now without leeway", mint: claims("exp", at), cfg: strict, want: token.ErrExpired},
		{name: "C_7519-4.1.4-1 a second left without leeway", mint: claims("exp", at+1), cfg: strict},
		{name: "C_7519-4.1.4-4 fraction of exp dropped", mint: raw("exp", "1700000000.9"), cfg: strict, want: token.ErrExpired},
		{name: "C_7519-4.1.4-4 exponent", mint: raw("exp", "1.7000001e9"), cfg: strict},
		{name: "C_7519-4.1.4-4 exponent, expired", mint: raw("exp", "1.7e9"), cfg: strict, want: token.ErrExpired},
		{name: "C_7519-4.1.4-3 last second of 9999", mint: claims("exp", 253402300799)},
		{name: "C_7519-4.1.5-1 nbf at the leeway", mint: claims("nbf", at+30)},
		{name: "C_7519-4.1.5-1 nbf beyond the leeway", mint: claims("nbf", at+31), want: token.ErrNotYetValid},
		{name: "C_7519-4.1.5-1 nbf a string", mint: claims("nbf", "1700000000"), want: token.ErrClaim},
		{name: "C_7519-4.1.5-1 nbf null", mint: claims("nbf", null), want: token.ErrClaim},
		{name: "C_7519-4.1.4-4 fraction of nbf rounded up", mint: raw("nbf", "1700000030.1"), want: token.ErrNotYetValid},
		{name: "C_7519-4.1.6-1 iat beyond the leeway", mint: claims("iat", at+31), want: token.ErrNotYetValid},
		{name: "C_7519-4.1.6-1 iat within the leeway", mint: claims("iat", at+10)},
		{name: "C_7519-4.1.6-1 iat negative", mint: claims("iat", -1), want: token.ErrClaim},
		{name: "C_7519-4.1.4-4 fraction of iat rounded up", mint: raw("iat", "1700000030.0001"), want: token.ErrNotYetValid},
		{name: "C_7519-4.1.4-5 too long a life", mint: claims("exp", at+48*3600), cfg: func(c *token.Config) { c.MaxLifetime = 24 * time.Hour }, want: token.ErrClaim},
		{name: "C_7519-4.1.4-5 longest life", mint: claims("exp", at+24*3600), cfg: func(c *token.Config) { c.MaxLifetime = 24 * time.Hour }},
		{name: "C_7519-4.1.4-5 life until 9999", mint: claims("exp", 253402300799), cfg: func(c *token.Config) { c.MaxLifetime = 24 * time.Hour }, want: token.ErrClaim},
		{name: "C_7519-4.1.4-5 no iat to measure from", mint: claims("iat", nil), cfg: func(c *token.Config) {
			c.MaxLifetime, c.Profile = 24*time.Hour, token.LegacyProfile()
		}, want: token.ErrClaim},
	}
	for _, exp := range []any{"1700000300", true, null, nil, map[string]int{}} {
		rows = append(rows, row{name: "C_7519-4.1.4-2 exp " + name(exp), mint: claims("exp", exp), want: token.ErrClaim})
	}
	for _, exp := range []string{"1e300", "-1", "9223372036854775807", "253402300800", "253402300799.5", "1e999999999999"} {
		rows = append(rows, row{name: "C_7519-4.1.4-3 exp " + exp, mint: raw("exp", exp), want: token.ErrClaim})
	}
	runRows(t, rows)
}

func TestRequiredClaims(t *testing.T) {
	t.Parallel()
	reasons := map[string]error{"iss": token.ErrIssuer, "aud": token.ErrAudience}
	wrong := map[string]any{"iss": 5, "aud": 5, "exp": "x", "sub": 5, "client_id": []string{"a"}, "iat": "x", "jti": 7}
	var rows []row
	for claim, value := range wrong {
		want := reasons[claim]
		if want == nil {
			want = token.ErrClaim
		}
		rows = append(rows,
			row{name: "C_9068-2.2-1 without " + claim, mint: claims(claim, nil), want: want},
			row{name: "C_9068-2.2-1 wrong " + claim, mint: claims(claim, value), want: want},
			row{name: "C_9068-2.2-1 null " + claim, mint: claims(claim, null), want: want},
		)
	}
	legacy := func(c *token.Config) { c.Profile = token.LegacyProfile() }
	needs := func(names ...string) func(*token.Config) {
		return func(c *token.Config) {
			c.Profile = token.LegacyProfile()
			c.Profile.Required = names
		}
	}
	runRows(t, append(rows, []row{
		{name: "C_7519-4.1.2-1 sub empty", mint: claims("sub", ""), want: token.ErrClaim},
		{name: "client_id empty", mint: claims("client_id", ""), want: token.ErrClaim},
		{name: "C_9068-2.2-1 legacy needs less", mint: claims("sub", nil, "client_id", nil, "iat", nil, "jti", nil), cfg: legacy},
		{name: "C_7519-4.1.7-1 jti a number, legacy", mint: claims("jti", 7), cfg: legacy, want: token.ErrClaim},
		{name: "C_7519-4.1.2-1 sub a number, legacy", mint: claims("sub", 7), cfg: legacy, want: token.ErrClaim},
		{name: "legacy needs exp", mint: claims("exp", nil), cfg: legacy, want: token.ErrClaim},
		{name: "legacy needs aud", mint: claims("aud", nil), cfg: legacy, want: token.ErrAudience},
		{name: "C_8725-3.12-1 marker there", mint: claims("token_use", "access"), cfg: needs("token_use")},
		{name: "C_8725-3.12-1 marker missing", mint: mint{}, cfg: needs("sub", "token_use"), want: token.ErrClaim},
		{name: "C_8725-3.12-1 marker null", mint: claims("token_use", null), cfg: needs("token_use"), want: token.ErrClaim},
		{name: "scope required", mint: claims("scope", nil), cfg: needs("scope"), want: token.ErrClaim},
	}...))
}

func TestLegacyTypes(t *testing.T) {
	t.Parallel()
	legacy := func(c *token.Config) {
		c.Profile = token.LegacyProfile()
		c.Profile.ClientIDs = []string{"known-client"}
	}
	typ := func(typ any, edits ...any) mint {
		return mint{header: map[string]any{"typ": typ}, claims: pairs(edits)}
	}
	runRows(t, []row{
		{name: "C_8725-3.11-2 absent", mint: typ(nil), cfg: legacy},
		{name: "C_8725-3.11-2 JWT", mint: typ("JWT"), cfg: legacy},
		{name: "C_8725-3.11-2 jwt", mint: typ("jwt"), cfg: legacy},
		{name: "C_8725-3.11-2 at+jwt", mint: typ("at+jwt"), cfg: legacy},
		{name: "C_8725-3.11-2 dpop+jwt", mint: typ("dpop+jwt"), cfg: legacy, want: token.ErrType},
		{name: "C_8725-3.11-2 logout+jwt", mint: typ("logout+jwt"), cfg: legacy, want: token.ErrType},
		{name: "C_8725-3.11-2 null", mint: typ(null), cfg: legacy, want: token.ErrType},
		{name: "C_8725-3.12-1 nonce", mint: typ("JWT", "nonce", "n"), cfg: legacy, want: token.ErrType},
		{name: "C_8725-3.12-1 nonce null", mint: typ("JWT", "nonce", null), cfg: legacy, want: token.ErrType},
		{name: "C_8725-3.12-1 at_hash", mint: typ("JWT", "at_hash", "h"), cfg: legacy, want: token.ErrType},
		{name: "C_8725-3.12-1 c_hash without typ", mint: typ(nil, "c_hash", "h"), cfg: legacy, want: token.ErrType},
		{name: "C_8725-3.12-1 client id as audience", mint: typ("JWT", "aud", []string{audience, "known-client"}), cfg: legacy, want: token.ErrType},
		{name: "nonce in a typed access token", mint: typ("at+jwt", "nonce", "n"), cfg: legacy},
		{name: "AllowMissingType alone", mint: typ(nil), cfg: func(c *token.Config) { c.Profile.AllowMissingType = true }},
		{name: "AllowMissingType does not allow JWT", mint: typ("JWT"), cfg: func(c *token.Config) { c.Profile.AllowMissingType = true }, want: token.ErrType},
	})
}

func TestBinding(t *testing.T) {
	t.Parallel()
	var rows []row
	for _, cnf := range []any{
		map[string]any{"jkt": "x"}, map[string]any{"x5t#S256": "x"}, map[string]any{"jwk": map[string]any{}},
		map[string]any{}, "x", map[string]any{"kid": "1"}, null, 1, []string{"jkt"}, true,
	} {
		rows = append(rows, row{name: "C_8705-3-3 C_9449-7.2-1b " + name(cnf), mint: claims("cnf", cnf), want: token.ErrBinding})
	}
	runRows(t, rows)
}
