package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token/tokentest"
)

// With several issuers the token is judged by the settings of its own, whether
// they come from flags or from a file.
func TestSeveralIssuers(t *testing.T) {
	t.Parallel()
	a, b := newIssuer(t), newIssuer(t)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b.json"), []byte(b.KeySet()), 0o600))
	file := filepath.Join(dir, "issuers.yaml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `issuers:
- {issuer: %s, audience: [%s]}
- {issuer: %s, audience: [for-b], keys: {file: b.json}, profile: {base: legacy}, scope_implies: {'p:write': ['p:read']}}
- {template: 'https://login.example.com/{tenant}', values: [one], claim: tid, audience: [for-b], keys: {file: b.json}}
`, a.Identifier(), audience, b.Identifier()), 0o600))
	flags := []string{
		"-issuer", a.Identifier(), "-audience", audience,
		"-issuer", b.Identifier(), "-audience", "for-b", "-jwks-file", filepath.Join(dir, "b.json"), "-legacy", "-scope-implies", "p:write=p:read",
	}
	settings := []string{"-settings", file}
	tenant := tokentest.Edits(tokentest.Claim("iss", "https://login.example.com/one"), tokentest.Audience("for-b"))
	for name, c := range map[string]struct {
		raw  string
		args []string // besides either form of the settings
		code int
		says string
		file bool // only with the file
	}{
		"of a":            {raw: a.Token(), code: exitGood, says: "The settings are those of the issuer that the token names, " + a.Identifier()},
		"of b":            {raw: b.Token(tokentest.Type("JWT"), tokentest.Audience("for-b")), code: exitGood, says: "names, " + b.Identifier()},
		"scopes of b":     {raw: b.Token(tokentest.Audience("for-b"), tokentest.Scope("p:write")), code: exitGood, says: "\nScopes: p:write\n  By these settings they imply: p:read\n"},
		"of a, like b":    {raw: a.Token(tokentest.Type("JWT"), tokentest.Audience("for-b")), code: exitRefused, says: "FAIL  typ (type)"},
		"of nobody":       {raw: a.Token(tokentest.Claim("iss", "https://other.example.com")), code: exitRefused, says: `FAIL  iss (issuer): token: wrong issuer: iss is "https://other.example.com"`},
		"by case":         {raw: b.Token(tokentest.WithoutClaim("iss"), tokentest.Claim("ISS", b.Identifier())), code: exitRefused, says: "iss is absent"},
		"no JWT":          {raw: "opaque", code: exitRefused, says: "FAIL  iss (malformed)"},
		"no JSON":         {raw: a.Token(tokentest.RawPayload("\x1b[2J")), code: exitRefused, says: "FAIL  iss (malformed)"},
		"as another":      {raw: a.Token(tokentest.Audience("for-b")), args: []string{"-as", b.Identifier()}, code: exitRefused, says: "FAIL  iss (issuer)"},
		"as nobody":       {raw: a.Token(), args: []string{"-as", "https://other.example.com"}, code: exitUsage},
		"of a template":   {raw: b.Token(tenant, tokentest.Claim("tid", "one")), code: exitGood, says: "names, https://login.example.com/one", file: true},
		"of another one":  {raw: b.Token(tenant, tokentest.Claim("tid", "two")), code: exitRefused, says: "FAIL  ", file: true},
		"as of the other": {raw: b.Token(tenant), args: []string{"-as", "https://login.example.com/one"}, code: exitRefused, says: "tid", file: true},
	} {
		for _, from := range [][]string{settings, flags} {
			if c.file && from[0] != "-settings" {
				continue
			}
			got := explain(t, c.raw, append(append([]string{}, from...), c.args...)...)
			assert.Equal(t, c.code, got.code, "%s: %s%s", name, got.out, got.problems)
			assert.Contains(t, got.out, c.says, name)
			assertHarmless(t, got.out+got.problems, c.raw)
		}
	}
	assert.Zero(t, b.Requests())
}

func TestSettingsRefused(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "issuers.yaml")
	require.NoError(t, os.WriteFile(file, []byte("issuers:\n- issuer: https://a.example\n  audience: [x]\n  leeway: 30\n"), 0o600))
	got := explain(t, "a.b.c", "-settings", file)
	assert.Equal(t, exitUsage, got.code)
	assert.Contains(t, got.problems, "line 4: issuers[0].leeway")
}
