package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token/tokentest"
)

// The profile has no influence on bindings, and a binding does not tell ID tokens apart.
func TestProposeForBoundTokens(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	key, cert := issuer.ForeignKey("ES256", ""), tokentest.NewCertificate(t, nil)
	usual := []string{"-propose", "-issuer", issuer.Identifier(), "-audience", audience}
	legacy := tokentest.Edits(tokentest.Type("JWT"), tokentest.Claim("typ", "Bearer"))
	untold := tokentest.Edits(tokentest.Type("JWT"), tokentest.WithoutClaim("client_id"), tokentest.WithoutClaim("jti"), tokentest.WithoutClaim("scope"))
	for name, c := range map[string]struct {
		edits []tokentest.Edit
		args  []string
		code  int
		says  []string
	}{
		"proofs taken":       {[]tokentest.Edit{legacy, tokentest.BoundTo(key)}, []string{"-dpop", "accept"}, exitGood, []string{"token.Profile{", key.Thumbprint()}},
		"proofs required":    {[]tokentest.Edit{legacy, tokentest.BoundTo(key)}, []string{"-dpop", "require"}, exitGood, []string{"told apart by the rule", key.Thumbprint()}},
		"proofs not taken":   {[]tokentest.Edit{legacy, tokentest.BoundTo(key)}, nil, exitRefused, []string{"No proposal", "see the flag -dpop"}},
		"certificates taken": {[]tokentest.Edit{legacy, tokentest.BoundToCertificate(cert)}, []string{"-mtls"}, exitGood, []string{cert.Thumbprint()}},
		"unbound":            {[]tokentest.Edit{legacy}, []string{"-dpop", "require", "-mtls"}, exitGood, []string{"token.Profile{"}},
		"nothing but cnf":    {[]tokentest.Edit{untold, tokentest.BoundTo(key)}, []string{"-dpop", "accept"}, exitRefused, []string{"No proposal: no profile is proposed"}},
		"cnf, and required":  {[]tokentest.Edit{untold, tokentest.BoundTo(key)}, []string{"-dpop", "require"}, exitRefused, []string{"No proposal: no profile is proposed"}},
		"a certificate":      {[]tokentest.Edit{untold, tokentest.BoundToCertificate(cert)}, []string{"-mtls"}, exitRefused, []string{"No proposal: no profile is proposed"}},
	} {
		got := explain(t, issuer.Token(c.edits...), append(append([]string{}, usual...), c.args...)...)
		assert.Equal(t, c.code, got.code, "%s: %s%s", name, got.out, got.problems)
		for _, text := range c.says {
			assert.Contains(t, got.out, text, name)
		}
	}
}

// The output of -propose is a settings file that accepts the token.
func TestPropose(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	keys := filepath.Join(t.TempDir(), "keys.json")
	require.NoError(t, os.WriteFile(keys, []byte(issuer.KeySet()), 0o600))
	usual := []string{"-propose", "-issuer", issuer.Identifier(), "-audience", audience}
	legacy := tokentest.Edits(tokentest.Type("JWT"), tokentest.WithoutClaim("client_id"), tokentest.WithoutClaim("jti"), tokentest.Claim("azp", "app"))
	for name, c := range map[string]struct {
		edit tokentest.Edit
		args []string
		says []string
	}{
		"needs none": {says: []string{"needs no profile", "the type at+jwt", "token.Profile{}"}},
		"a claim typ": {edit: tokentest.Edits(legacy, tokentest.Claim("typ", "Bearer")), says: []string{
			"  types: accepts the type \"JWT\"", "  client_id_claim: ", "  required: does not require jti", "  rules: demands typ Bearer",
			`told apart by the rule that typ must be "Bearer"`, "Nothing in this token tells whether a user or a client acts",
			"      types: [JWT]\n      client_id_claim: azp\n      required: [sub, azp, iat]\n      rules:\n        - {claim: typ, values: [Bearer]}\n",
			"token.Profile{\n\tTypes: []string{\"JWT\"},\n", `	Rules: []token.Mark{{Claim: "typ", Values: []string{"Bearer"}}},`,
		}},
		"scopes at scp": {edit: tokentest.Edits(legacy, tokentest.Claim("scp", []string{"a"})), says: []string{"scope_list: true", "{claim: scp, present: true}"}},
		"a user":        {edit: tokentest.Claim("idtyp", "user"), says: []string{"told apart by idtyp"}},
		"other flags":   {args: []string{"-legacy", "-leeway", "10s", "-jwks-file", keys}, says: []string{"needs no profile", "leeway: 10s", "file: "}},
	} {
		raw := issuer.Token(c.edit)
		got := explain(t, raw, append(append([]string{}, usual...), c.args...)...)
		require.Equal(t, exitGood, got.code, "%s: %s%s", name, got.out, got.problems)
		for _, text := range c.says {
			assert.Contains(t, got.out, text, name)
		}
		assertHarmless(t, strings.ReplaceAll(got.out, "\t", ""), raw)
		_, file, ok := strings.Cut(got.out, "As a settings file:\n\n")
		require.True(t, ok)
		file, _, _ = strings.Cut(file, "\nIn Go:")
		path := filepath.Join(t.TempDir(), "proposed.yaml")
		require.NoError(t, os.WriteFile(path, []byte(file), 0o600))
		assert.Equal(t, exitGood, explain(t, raw, "-settings", path).code, "%s: %s", name, file)
		assert.Equal(t, exitRefused, explain(t, issuer.IDToken(tokentest.Audience(audience), tokentest.WithoutClaim("nonce")), "-settings", path).code, name)
		again := explain(t, raw, "-propose", "-settings", path)
		assert.Equal(t, got.out, again.out, "the file has what the flags had")
	}
}

// The password of a proxy stays in the file of the operator.
func TestProposeHidesPasswords(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, issuer.KeySet()) }))
	t.Cleanup(proxy.Close)
	path := filepath.Join(t.TempDir(), "settings.yaml")
	require.NoError(t, os.WriteFile(path, []byte("issuers:\n- issuer: "+issuer.Identifier()+"\n  audience: ["+audience+"]\n"+
		"  keys: {urls: ['http://keys.test/'], plain_http_hosts: [keys.test], proxy: 'http://u:proxy-secret@"+proxy.Listener.Addr().String()+"'}\n"), 0o600))
	got := explain(t, issuer.Token(tokentest.Type("JWT"), tokentest.Claim("use", "x")), "-propose", "-settings", path)
	require.Equal(t, exitGood, got.code, got.out+got.problems)
	assert.Contains(t, got.out, "proxy: http://"+proxy.Listener.Addr().String())
	assert.NotContains(t, got.out+got.problems, "proxy-secret")
}

func TestProposeRefuses(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	usual := []string{"-propose", "-issuer", issuer.Identifier(), "-audience", audience}
	for name, c := range map[string]struct{ raw, says string }{
		"an ID token":      {issuer.IDToken(tokentest.Audience(audience)), "No proposal: no profile is proposed: this is no access token: it has nonce"},
		"a sign-in":        {issuer.IDToken(tokentest.Audience(audience), tokentest.WithoutClaim("nonce")), "it seems to be an ID token"},
		"nothing tells":    {issuer.IDToken(tokentest.Audience(audience), tokentest.WithoutClaim("nonce"), tokentest.WithoutClaim("auth_time")), "nothing tells this access token from the ID tokens"},
		"another audience": {issuer.Token(tokentest.Audience("other")), "the token is for another service"},
		"a bad signature":  {issuer.Token(tokentest.Key(issuer.ForeignKey("ES256", issuer.SigningKey().ID))), "Cure: " + cures["signature"]},
		"no token":         {"opaque", "Cure: " + cures["malformed"]},
	} {
		got := explain(t, c.raw, usual...)
		assert.Equal(t, exitRefused, got.code, name)
		assert.Contains(t, got.out, c.says, name)
		assert.NotContains(t, got.out, "settings file", name)
		assertHarmless(t, got.out, c.raw)
	}
	late := issuer.Token(tokentest.Claim("iat", time.Now().Add(-2*time.Hour).Unix()), tokentest.ExpiresIn(-time.Hour))
	got := explain(t, late, usual...)
	assert.Equal(t, exitGood, got.code)
	assert.Contains(t, got.out, "This token has expired")
	issuer.GoDown()
	got = explain(t, issuer.Token(), usual...)
	assert.Equal(t, exitUnjudged, got.code)
	assert.Contains(t, got.out, "Cure: "+cures["keys_unavailable"])
}
