package token_test

import (
	"context"
	"crypto/elliptic"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

// Rows of the checklist that no other test is about.

// auth_time and its like are read by nothing yet, and so refuse nothing.
func TestClaimsOfAuthentication(t *testing.T) {
	t.Parallel()
	runRows(t, []row{
		{name: "C_9068-2.2.1-1 auth_time a string", mint: claims("auth_time", "x")},
		{name: "C_9068-2.2.1-1 acr a number", mint: claims("acr", 5)},
		{name: "C_9068-2.2.1-1 amr a string", mint: claims("amr", "pwd")},
	})
	tok := verified(t, claims("auth_time", now.Unix(), "acr", "a", "amr", []string{"pwd"}), nil)
	got, err := token.ClaimsOf[struct {
		AuthTime int64    `json:"auth_time"`
		ACR      string   `json:"acr"`
		AMR      []string `json:"amr"`
	}](tok)
	require.NoError(t, err)
	assert.Equal(t, now.Unix(), got.AuthTime)
	assert.Equal(t, "a", got.ACR)
	assert.Equal(t, []string{"pwd"}, got.AMR)
}

// roundTripper is an issuer in memory.
type roundTripper map[string]string

func (r roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	body, ok := r[req.URL.Path]
	resp := &http.Response{StatusCode: http.StatusNotFound, Header: http.Header{}, Request: req}
	if ok {
		resp.StatusCode = http.StatusOK
		resp.Header.Set("Content-Type", "application/json")
	}
	resp.Body = io.NopCloser(strings.NewReader(body))
	return resp, nil
}

// What the metadata says of algorithms does not matter: whoever can change it
// could otherwise choose one.
func TestMetadataDoesNotWidenAlgorithms(t *testing.T) {
	t.Parallel()
	algorithms := []string{"none", "HS256", "ES384", "RS256", "ES256"}
	metadata, err := json.Marshal(map[string]any{
		"issuer": issuer, "jwks_uri": issuer + "/keys",
		"id_token_signing_alg_values_supported":                           algorithms,
		"introspection_signing_alg_values_supported":                      algorithms,
		"token_endpoint_auth_signing_alg_values_supported":                algorithms,
		"access_token_signing_alg_values_supported":                       algorithms,
		"request_object_signing_alg_values_supported":                     algorithms,
		"userinfo_signing_alg_values_supported":                           algorithms,
		"authorization_signing_alg_values_supported":                      algorithms,
		"backchannel_authentication_request_signing_alg_values_supported": algorithms,
	})
	require.NoError(t, err)
	server := roundTripper{
		"/.well-known/oauth-authorization-server": string(metadata),
		"/keys": fmt.Sprintf(`{"keys":[%s,%s]}`, ecJWK("es256", elliptic.P256()), ecJWK("es384", elliptic.P384())),
	}
	discovering := func(c *token.Config) { c.Keys, c.HTTPClient = nil, &http.Client{Transport: server} }
	runRows(t, []row{
		{name: "C_8414-5-1 on the list", mint: mint{}, cfg: discovering},
		{name: "C_8414-5-1 in the metadata alone", mint: mint{alg: "ES384"}, cfg: discovering, want: token.ErrAlgorithm},
		{name: "C_8414-5-1 HMAC", mint: mint{header: pairs([]any{"alg", "HS256"}), signature: hmacSign([]byte("x"))}, cfg: discovering, want: token.ErrAlgorithm},
		{name: "C_8414-5-1 none", mint: header("alg", "none"), cfg: discovering, want: token.ErrAlgorithm},
	})
}

// ecJWK is the public half of the issuer's key on the curve.
func ecJWK(kid string, curve elliptic.Curve) string {
	key := &keys.p256().PublicKey
	if curve == elliptic.P384() {
		key = &keys.p384().PublicKey
	}
	point, err := key.ECDH()
	must(err)
	xy := point.Bytes()[1:]
	return fmt.Sprintf(`{"kty":"EC","crv":%q,"kid":%q,"x":%q,"y":%q}`,
		curve.Params().Name, kid, b64(xy[:len(xy)/2]), b64(xy[len(xy)/2:]))
}

// hostile are inputs made to cost as much as they can: each is a token of up
// to the largest size that can be configured.
func hostile() map[string]string {
	const room = 64<<10 - 300 // what header and signature take is taken off
	fill := func(prefix, unit, suffix string) string {
		text := prefix + strings.Repeat(unit, (room*3/4-len(prefix)-len(suffix))/len(unit)) + suffix
		return mint{rawPayload: text}.token()
	}
	good := strings.TrimSuffix(encode(goodClaims(), nil), "}")
	members := func(format string) string {
		var b strings.Builder
		b.WriteString(good)
		for i := 0; b.Len() < room*3/4-40; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return mint{rawPayload: b.String() + "}"}.token()
	}
	without := strings.TrimSuffix(encode(goodClaims(), map[string]any{"aud": nil, "scope": nil}), "}")
	return map[string]string{
		"nested arrays":               fill(good+`,"x":`, "[", ""),
		"nested within the bound":     fill(good+`,"x":[`, strings.Repeat("[", 30)+strings.Repeat("]", 30)+",", "1]}"),
		"nested objects":              fill(good+`,"x":`, `{"a":`, "1"),
		"many members":                members(`,"m%d":0`),
		"many members, escaped":       members(`,"\u006d%d":0`),
		"one member again and again":  fill(good, `,"x":0`, "}"),
		"objects of objects":          members(`,"m%d":{"a":{"b":{}}}`),
		"many scopes":                 fill(without+`,"aud":"`+audience+`","scope":"`, "a ", `"}`),
		"many different scopes":       mint{rawPayload: without + `,"aud":"` + audience + `","scope":"` + numbers(" ", room*3/4-400) + `"}`}.token(),
		"scopes in escapes":           fill(without+`,"aud":"`+audience+`","scope":"`, `\u0061 `, `"}`),
		"many audiences":              fill(without+`,"aud":["`+audience+`"`, `,"a"`, "]}"),
		"many different audiences":    mint{rawPayload: without + `,"aud":["` + audience + `","` + numbers(`","`, room*3/4-400) + `"]}`}.token(),
		"audiences in escapes":        fill(without+`,"aud":["`+audience+`"`, `,"\u0061"`, "]}"),
		"a long string":               fill(good+`,"x":"`, "x", `"}`),
		"a long string of escapes":    fill(good+`,"x":"`, `\u00e9`, `"}`),
		"a long subject of escapes":   fill(strings.Replace(good, `"sub":"user"`, `"sub":"`, 1), `\ud83d\ude00`, `"}`),
		"a long number":               fill(strings.TrimSuffix(good, "}")+`,"nbf":0.`, "0", "1}"),
		"a long exponent":             fill(good+`,"nbf":0e`, "9", "}"),
		"many members of short names": mint{rawPayload: good + `,"` + short(`":0,"`, room*3/4-400) + `":0}`}.token(),
		"many short scopes":           mint{rawPayload: without + `,"aud":"` + audience + `","scope":"` + short(" ", room*3/4-400) + `"}`}.token(),
		"many short audiences":        mint{rawPayload: without + `,"aud":["` + audience + `","` + short(`","`, room*3/4-400) + `"]}`}.token(),
		"many empty audiences":        fill(without+`,"aud":["`+audience+`"`, `,""`, "]}"),
		"commas in an audience":       fill(without+`,"aud":["`+audience+`","`, `,`, `"]}`),
		"commas in members":           fill(good+`,"x":{"`, `,`, `":1}}`),
		"a cnf of short names":        mint{rawPayload: good + `,"cnf":{"` + short(`":0,"`, room*3/4-400) + `":0}}`}.token(),
		"a cnf of many members":       mint{rawPayload: good + `,"cnf":{"` + numbers(`":"x","`, room*3/4-400) + `":"x"}}`}.token(),
		"white space":                 fill(good, " ", "}"),
		"a header too large":          mint{header: map[string]any{"x": strings.Repeat("x", 40<<10)}}.token(),
		"a header as large as may be": mint{header: map[string]any{"x": strings.Repeat(`\`, 1900)}}.token(),
		"a signature too large":       mint{signature: func([]byte) []byte { return make([]byte, 40<<10) }}.token(),
		"dots":                        strings.Repeat(".", 64<<10),
		"no dots":                     strings.Repeat("A", 64<<10),
		"one byte off base64url":      strings.Repeat("A", 32<<10) + "." + strings.Repeat("A", 32<<10-8) + "=.AAAA",
	}
}

// short are the shortest names that all differ.
func short(separator string, most int) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'()*+-./:;<=>?@[]^_`{|}~"
	var b strings.Builder
	for i := 0; b.Len() < most-len(separator)-8; i++ {
		if i >= len(letters)*len(letters) {
			b.WriteByte(letters[i/len(letters)/len(letters)])
		}
		b.WriteByte(letters[i/len(letters)%len(letters)])
		b.WriteByte(letters[i%len(letters)])
		b.WriteString(separator)
	}
	return b.String() + "end"
}

func numbers(separator string, most int) string {
	var b strings.Builder
	for i := 0; b.Len() < most-len(separator)-8; i++ {
		fmt.Fprintf(&b, "%d%s", i, separator)
	}
	return b.String() + "end"
}

// refusedInput are those of hostile that are refused. All others are good
// tokens, so that every check really is made on them.
var refusedInput = map[string]error{
	"nested arrays":              token.ErrMalformed,
	"nested objects":             token.ErrMalformed,
	"one member again and again": token.ErrMalformed,
	"a cnf of many members":      token.ErrBinding,
	"a cnf of short names":       token.ErrBinding,
	"a header too large":         token.ErrMalformed,
	"a signature too large":      token.ErrMalformed,
	"dots":                       token.ErrMalformed,
	"no dots":                    token.ErrMalformed,
	"one byte off base64url":     token.ErrMalformed,
}

// No input within the limits panics, and the inputs made to hurt are judged
// like any other; FuzzAuthenticate looks for more of them.
func TestHostileInput(t *testing.T) {
	t.Parallel()
	verifier := newVerifier(t, func(c *token.Config) { c.MaxTokenSize = 64 << 10 })
	for name, raw := range hostile() {
		t.Run("C_8725-2.4-1 "+name, func(t *testing.T) {
			t.Parallel()
			require.LessOrEqual(t, len(raw), 64<<10)
			tok, err := verifier.Authenticate(context.Background(), token.Bearer(raw))
			if want := refusedInput[name]; want != nil {
				require.ErrorIs(t, err, want)
				assertOneOutcome(t, err)
				assert.Less(t, len(err.Error()), 1000, "an error is no place for the whole token")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, raw, tok.Raw())
		})
	}
}
