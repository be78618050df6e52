package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token/tokentest"
)

const audience = "https://orders.example.com"

// ran is what one run of the command printed, and its exit code.
type ran struct {
	code          int
	out, problems string
}

func explain(t *testing.T, input string, args ...string) ran {
	t.Helper()
	var out, problems bytes.Buffer
	code := run(context.Background(), args, strings.NewReader(input), &out, &problems)
	return ran{code, out.String(), problems.String()}
}

func newIssuer(t *testing.T) *tokentest.Issuer {
	t.Helper()
	return tokentest.NewLoopbackIssuer(t, &tokentest.Options{Audience: []string{audience}})
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	usual := []string{"-issuer", issuer.Identifier(), "-audience", audience}
	key, cert := issuer.ForeignKey("ES256", ""), tokentest.NewCertificate(t, nil)
	for name, c := range map[string]struct {
		raw  string
		args []string
		code int
		says []string
	}{
		"good":               {raw: issuer.Token(), code: exitGood, says: []string{"ok    signature", "ok    aud", "ok    binding", "Verdict: good"}},
		"with its scheme":    {raw: "bearer  " + issuer.Token() + "\r\n", code: exitGood},
		"one of two":         {raw: issuer.Token(tokentest.Audience("other", audience)), code: exitGood},
		"second audience":    {raw: issuer.Token(tokentest.Audience("other")), args: []string{"-audience", "other"}, code: exitGood},
		"expired":            {raw: issuer.Token(tokentest.ExpiresIn(-time.Hour)), code: exitRefused, says: []string{"FAIL  exp (expired)", "ok    aud", `reason "expired"`}},
		"expired but leeway": {raw: issuer.Token(tokentest.ExpiresIn(-40 * time.Second)), args: []string{"-leeway", "1m"}, code: exitGood},
		"no leeway":          {raw: issuer.Token(tokentest.ExpiresIn(-2 * time.Second)), args: []string{"-leeway", "-1s"}, code: exitRefused},
		"everything wrong": {
			raw:  issuer.Token(tokentest.Type("JWT"), tokentest.Audience("other"), tokentest.ExpiresIn(-time.Hour), tokentest.Claim("sub", nil), tokentest.Claim("sub", 5)),
			code: exitRefused, says: []string{"FAIL  typ (type)", "ok    signature", "FAIL  exp (expired)", "FAIL  aud (audience)", "FAIL  sub (claim)", `reason "type"`},
		},
		"forged": {
			raw: issuer.Token(tokentest.Key(issuer.ForeignKey("ES256", issuer.SigningKey().ID))), code: exitRefused,
			says: []string{"FAIL  signature (signature)", "NOT VERIFIED: anybody may have written this"},
		},
		"no token":    {raw: "opaque", code: exitRefused, says: []string{"FAIL  compact form", "nothing more can be checked", "cannot be shown"}},
		"too long":    {raw: strings.Repeat("A", 20<<10), code: exitRefused, says: []string{"FAIL  size (too_large)"}},
		"no base64":   {raw: "!.!.!", code: exitRefused, says: []string{"not base64url"}},
		"no JSON":     {raw: issuer.Token(tokentest.RawPayload("\x1b[2Jno JSON")), code: exitRefused, says: []string{"FAIL  payload is strict JSON", `"\x1b[2Jno JSON"`}},
		"ID token":    {raw: issuer.IDToken(), code: exitRefused, says: []string{"FAIL  typ (type)"}},
		"legacy":      {raw: issuer.Token(tokentest.Type("JWT"), tokentest.Claim("jti", nil)), args: []string{"-legacy"}, code: exitRefused},
		"legacy good": {raw: issuer.Token(tokentest.Type("JWT")), args: []string{"-legacy"}, code: exitGood},
		"a type":      {raw: issuer.Token(tokentest.Type("x+jwt")), args: []string{"-type", "JWT", "-type", "x+jwt"}, code: exitGood},
		"algorithm":   {raw: issuer.Token(), args: []string{"-algorithms", "RS256,PS256"}, code: exitRefused, says: []string{"FAIL  alg (algorithm)", "----  signature: not checked"}},
		"scope shape": {raw: issuer.Token(tokentest.Claim("scp", "a")), args: []string{"-scope-claim", "scp", "-scope-list"}, code: exitRefused, says: []string{"FAIL  scope (claim)"}},
		"client id":   {raw: issuer.Token(), args: []string{"-client-id-claim", "azp"}, code: exitRefused, says: []string{"FAIL  client id (claim)"}},
		"a login": {
			raw:  issuer.Token(tokentest.ACR("loa2"), tokentest.AuthenticatedAgo(time.Hour)),
			code: exitGood, says: []string{"auth_time is ", "\nLogin: acr \"loa2\", auth_time 1h0m"},
		},
		"a login to come, of a client": {
			raw:  issuer.Token(tokentest.ClientCredentials(), tokentest.Claim("acr", 2), tokentest.AuthenticatedAgo(-time.Hour)),
			code: exitGood, says: []string{"Login: acr not known, auth_time ", " in the future\n  Step-up rules deny a client"},
		},
		"a login that cannot be read": {
			raw:  issuer.Token(tokentest.Claim("auth_time", "now")),
			code: exitGood, says: []string{"Login: acr not known, auth_time not known\n"},
		},
		"a client": {raw: issuer.Token(tokentest.ClientCredentials()), code: exitGood, says: []string{"Subject: client\n"}},
		"unknown":  {raw: issuer.Token(), code: exitGood, says: []string{"Subject: unknown\n", "No token can prove a user", "-user"}},
		"a user":   {raw: issuer.Token(), args: []string{"-user", "sub!={client_id}"}, code: exitGood, says: []string{"Subject: user\n"}},
		"a marked client": {
			raw:  issuer.Token(tokentest.Claim("gty", "client-credentials")),
			args: []string{"-user", "idtyp=user", "-client", "gty=client-credentials"}, code: exitGood, says: []string{"Subject: client\n"},
		},
		"no mark": {raw: issuer.Token(), args: []string{"-user", "idtyp=user"}, code: exitGood, says: []string{"Subject: unknown\n\nVerdict"}},
		"larger scopes": {
			raw: issuer.Token(tokentest.Scope("p:admin", "x")), args: []string{"-scope-implies", "p:admin=p:write", "-scope-implies", "p:write=p:read,x", "-scope-implies", "y=z"}, code: exitGood,
			says: []string{"\nScopes: p:admin x\n  By these settings they imply: p:read p:write\n"},
		},
		"smaller ones":  {raw: issuer.Token(tokentest.Scope("p:read")), args: []string{"-scope-implies", "p:write=p:read"}, code: exitGood, says: []string{"Scopes: p:read\n  By these settings they imply: none\n"}},
		"none of these": {raw: issuer.Token(tokentest.Scope()), args: []string{"-scope-implies", "p:write=p:read"}, code: exitGood, says: []string{"Scopes: none\n"}},
		"keys by URL":   {raw: issuer.Token(), args: []string{"-jwks", issuer.KeysURL()}, code: exitGood},
		"bound":         {raw: issuer.Token(tokentest.Claim("cnf", map[string]string{"jkt": "x"})), code: exitRefused, says: []string{"FAIL  binding (binding)", "see the flag -dpop"}},
		"bound, proofs taken": {
			raw: "DPoP " + issuer.Token(tokentest.BoundTo(key)), args: []string{"-dpop", "accept"}, code: exitGood,
			says: []string{"ok    binding", "each call needs a proof by the key with the thumbprint " + key.Thumbprint()},
		},
		"unbound, proofs taken":     {raw: issuer.Token(), args: []string{"-dpop", "accept"}, code: exitGood, says: []string{"ok    binding"}},
		"unbound, proofs required":  {raw: issuer.Token(), args: []string{"-dpop", "require"}, code: exitRefused, says: []string{"FAIL  binding (binding)"}},
		"bound, proofs required":    {raw: issuer.Token(tokentest.BoundTo(key)), args: []string{"-dpop", "require"}, code: exitGood, says: []string{"under the scheme DPoP"}},
		"bound to a certificate":    {raw: issuer.Token(tokentest.BoundToCertificate(cert)), args: []string{"-dpop", "accept"}, code: exitRefused, says: []string{"FAIL  binding (binding)", "see the flag -mtls"}},
		"certificates taken":        {raw: issuer.Token(tokentest.BoundToCertificate(cert)), args: []string{"-mtls"}, code: exitGood, says: []string{"ok    binding", "the client certificate with the thumbprint " + cert.Thumbprint()}},
		"bound to both, one taken":  {raw: issuer.Token(tokentest.BoundToCertificate(cert), tokentest.BoundTo(key)), args: []string{"-mtls"}, code: exitRefused, says: []string{"see the flag -dpop", cert.Thumbprint()}},
		"bound to both":             {raw: issuer.Token(tokentest.BoundToCertificate(cert), tokentest.BoundTo(key)), args: []string{"-mtls", "-dpop", "accept"}, code: exitGood, says: []string{key.Thumbprint(), cert.Thumbprint()}},
		"bound by something else":   {raw: issuer.Token(tokentest.Claim("cnf", map[string]string{"kid": "x"})), args: []string{"-mtls", "-dpop", "accept"}, code: exitRefused},
		"not bound, as case counts": {raw: issuer.Token(tokentest.Claim("CNF", map[string]string{"JKT": "x"})), args: []string{"-dpop", "accept"}, code: exitGood},
		"a method of another case":  {raw: issuer.Token(tokentest.Claim("cnf", map[string]string{"JKT": "x"})), args: []string{"-dpop", "accept"}, code: exitRefused},
		"expired and bound":         {raw: issuer.Token(tokentest.BoundTo(key), tokentest.ExpiresIn(-time.Hour)), args: []string{"-dpop", "accept"}, code: exitRefused, says: []string{"FAIL  exp", "----  binding: not checked", key.Thumbprint()}},
		"bound in a way of its own": {raw: issuer.Token(tokentest.Claim("cnf", map[string]int{"jkt": 1})), args: []string{"-dpop", "accept"}, code: exitRefused},
		"bound to no key":           {raw: issuer.Token(tokentest.Claim("cnf", map[string]string{"jkt": "x"})), args: []string{"-dpop", "accept"}, code: exitRefused, says: []string{"FAIL  binding (binding)", "cnf jkt is no SHA-256 thumbprint"}},
		"bound to no certificate":   {raw: issuer.Token(tokentest.Claim("cnf", map[string]string{"x5t#S256": key.Thumbprint() + "="})), args: []string{"-mtls"}, code: exitRefused, says: []string{"cnf x5t#S256 is no SHA-256 thumbprint"}},
		"bound to a hostile key":    {raw: issuer.Token(tokentest.Claim("cnf", map[string]string{"jkt": "\x1b[2J\u202e"})), args: []string{"-dpop", "accept"}, code: exitRefused, says: []string{`thumbprint \u001b[2J`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := explain(t, c.raw, append(append([]string{}, usual...), c.args...)...)
			assert.Equal(t, c.code, got.code, "%s%s", got.out, got.problems)
			assert.Equal(t, c.code == exitRefused, strings.Contains(got.out, "\nCure: "), got.out)
			for _, text := range c.says {
				assert.Contains(t, got.out, text)
			}
			assert.Empty(t, got.problems)
			assert.Equal(t, c.code == exitGood, !strings.Contains(got.out, untrusted) && strings.Contains(got.out, "Verdict: good"))
			assertHarmless(t, got.out, c.raw)
		})
	}
}

// assertHarmless checks that the output does not hold the token, nor anything
// that a terminal would take for a command.
func assertHarmless(t *testing.T, out, raw string) {
	t.Helper()
	if parts := strings.Split(raw, "."); len(parts) == 3 && len(raw) > 20 {
		for _, part := range parts {
			assert.NotContains(t, out, part)
		}
	}
	assert.Equal(t, -1, strings.IndexFunc(out, func(r rune) bool { return (r < ' ' || r > '~') && r != '\n' }))
}

func TestContentsAreShownEscaped(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	hostile := "\u009b31m\u2028\u202e\U0001f600é"
	got := explain(t, issuer.Token(tokentest.Claim("name", hostile), tokentest.Header("x", hostile)), "-issuer", issuer.Identifier(), "-audience", audience)
	assert.Equal(t, exitGood, got.code)
	const escaped = `"\u009b31m\u2028\u202e\ud83d\ude00\u00e9"`
	assert.Contains(t, got.out, `"name": `+escaped)
	assert.Contains(t, got.out, `"x": `+escaped)
	assert.Contains(t, got.out, `"sub": "alice"`)
	assert.Contains(t, got.out, "exp is 2")
	assert.NotContains(t, got.out, "NOT VERIFIED")
	assertHarmless(t, got.out, "")
}

// Nobody can make the output much longer than the token.
func TestOutputIsBounded(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	for _, payload := range []string{strings.Repeat("[", 12_000), strings.Repeat(`{"a":`, 2_000), strings.Repeat("\x00", 12_000)} {
		got := explain(t, issuer.Token(tokentest.RawPayload(payload)), "-issuer", issuer.Identifier(), "-audience", audience)
		assert.Equal(t, exitRefused, got.code)
		assert.Less(t, len(got.out), 8<<10)
	}
}

func TestOutage(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	raw := issuer.Token(tokentest.Audience("other"))
	issuer.GoDown()
	got := explain(t, raw, "-issuer", issuer.Identifier(), "-audience", audience)
	assert.Equal(t, exitUnjudged, got.code, got.out)
	assert.Contains(t, got.out, "??    signature")
	assert.Contains(t, got.out, "FAIL  aud (audience)", "it goes on")
	assert.Contains(t, got.out, "NOT VERIFIED")
	assert.Contains(t, got.out, "Verdict: none")
	assert.Contains(t, got.out, "Cure: "+cures["keys_unavailable"])

	got = explain(t, issuer.Token(tokentest.Type("JWT")), "-issuer", issuer.Identifier(), "-audience", audience)
	assert.Equal(t, exitRefused, got.code, "which needs no keys")
}

func TestKeysOfAFile(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	issuer.AddKey("e", `{"kty":"EC","crv":"P-256","kid":"e\u001b","use":"enc"}`)
	file := filepath.Join(t.TempDir(), "keys.json")
	require.NoError(t, os.WriteFile(file, []byte(issuer.KeySet()), 0o600))
	got := explain(t, issuer.Token(), "-issuer", issuer.Identifier(), "-audience", audience, "-jwks-file", file)
	assert.Equal(t, exitGood, got.code, got.out)
	assert.Zero(t, issuer.Requests())
	assert.Contains(t, got.out, "Keys of the issuer that are not used:\n  \"e\\x1b\": jwks: key is not for verifying: use is \"enc\"")

	require.NoError(t, os.WriteFile(file, []byte(`{"keys":[]}`), 0o600))
	got = explain(t, issuer.Token(), "-issuer", issuer.Identifier(), "-audience", audience, "-jwks-file", file)
	assert.Equal(t, exitRefused, got.code)
	assert.Contains(t, got.out, "FAIL  signature (unknown_key)")

	for name, content := range map[string]string{"no set": "{}", "too large": strings.Repeat(" ", 600<<10)} {
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
		assert.Equal(t, exitUsage, explain(t, issuer.Token(), "-issuer", "https://a.example", "-audience", "x", "-jwks-file", file).code, name)
	}
}

// failing is standard input that cannot be read.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("broken") }

// endless is standard input without an end.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'A'
	}
	return len(b), nil
}

func TestUsage(t *testing.T) {
	t.Parallel()
	const secret = "header.payload.signature"
	for name, args := range map[string]string{
		"nothing":                 "",
		"no audience":             "-issuer https://a.example",
		"no issuer":               "-audience x",
		"the token as argument":   "-issuer https://a.example -audience x " + secret,
		"unknown flag":            "-issuer https://a.example -audience x -nonsense",
		"two sources of keys":     "-issuer https://a.example -audience x -jwks https://a.example/k -jwks-file k",
		"no such file":            "-issuer https://a.example -audience x -jwks-file /nonexistent",
		"issuer in clear":         "-issuer http://a.example -audience x",
		"keys in clear":           "-issuer https://a.example -audience x -jwks http://a.example/k",
		"HMAC":                    "-issuer https://a.example -audience x -algorithms HS256",
		"leeway of ten minutes":   "-issuer https://a.example -audience x -leeway 10m",
		"leeway that is none":     "-issuer https://a.example -audience x -leeway soon",
		"no mark":                 "-issuer https://a.example -audience x -user =",
		"a mark of all tokens":    "-issuer https://a.example -audience x -user sub",
		"claim that is taken":     "-issuer https://a.example -audience x -scope-claim sub",
		"type without a name":     "-issuer https://a.example -audience x -type= ",
		"audience without a name": "-issuer https://a.example -audience= ",
	} {
		got := explain(t, "a.b.c", strings.Fields(args)...)
		assert.Equal(t, exitUsage, got.code, name)
		assert.NotEmpty(t, got.problems, name)
		assert.Empty(t, got.out, name)
		assert.NotContains(t, got.problems, secret, "a token is not repeated")
	}
	good := []string{"-issuer", "https://a.example", "-audience", "x"}
	for name, in := range map[string]io.Reader{
		"empty": strings.NewReader(""), "white space": strings.NewReader(" \n"), "a scheme alone": strings.NewReader("Bearer  \n"), "broken": failing{}, "endless": endless{},
	} {
		var out, problems bytes.Buffer
		assert.Equal(t, exitUsage, run(context.Background(), good, in, &out, &problems), name)
		assert.NotEmpty(t, problems.String(), name)
		assert.Empty(t, out.String(), name)
	}
	got := explain(t, "", "-help")
	assert.Equal(t, exitGood, got.code)
	assert.Contains(t, got.problems, "Usage: explain")
}
