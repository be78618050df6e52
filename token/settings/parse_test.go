package settings_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/settings"
)

// head is an issuer that needs no more; what follows it begins on line 4.
const head = "issuers:\n  - issuer: https://as.example.com\n    audience: [https://api.example.com]\n"

func parse(t *testing.T, text string) *settings.File {
	t.Helper()
	f, err := settings.Parse([]byte(text))
	require.NoError(t, err, text)
	return f
}

func TestParse(t *testing.T) {
	t.Parallel()
	usual := token.Config{Issuer: "https://as.example.com", Audience: []string{"https://api.example.com"}}
	with := func(change func(*token.Config)) token.Config {
		c := usual
		change(&c)
		return c
	}
	legacy := token.LegacyProfile()
	for name, c := range map[string]struct {
		text string
		want token.Config
	}{
		"the least":     {head, usual},
		"JSON":          {"{\n\t\"issuers\": [\n\t\t{\"issuer\": \"https:\\/\\/as.example.com\", \"audience\": [\"https://api.example.com\"]}\n\t]\n}\n", usual},
		"a pair":        {`{"issuers": [{"issuer": "https://as.example.com", "audience": ["\ud83d\ude00\u00e9\\\/"]}]}`, with(func(c *token.Config) { c.Audience = []string{"😀é\\/"} })},
		"lines in JSON": {`{"issuers": [{"issuer": "https://as.example.com", "audience": ["a\u2028b\u2029\u0085"]}]}`, with(func(c *token.Config) { c.Audience = []string{"a\u2028b\u2029\u0085"} })},
		"durations":     {head + "    leeway: -1s\n    max_lifetime: 1h30m\n", with(func(c *token.Config) { c.Leeway, c.MaxLifetime = -time.Second, 90*time.Minute })},
		"numbers":       {head + "    cache_size: -1\n    max_token_size: 2048\n", with(func(c *token.Config) { c.CacheSize, c.MaxTokenSize = -1, 2048 })},
		"scopes that imply others": {head + "    scope_implies:\n      photos:admin: [photos:write, photos:list]\n      photos:write:\n        - photos:read\n", with(func(c *token.Config) {
			c.ScopeImplies = map[string][]string{"photos:admin": {"photos:write", "photos:list"}, "photos:write": {"photos:read"}}
		})},
		"a base":                   {head + "    profile: {client_id_claim: azp, base: legacy}\n", with(func(c *token.Config) { c.Profile = legacy; c.Profile.ClientIDClaim = "azp" })},
		"a base, less":             {head + "    profile:\n      allow_missing_type: false\n      base: legacy\n", with(func(c *token.Config) { c.Profile = legacy; c.Profile.AllowMissingType = false })},
		"no base":                  {head + "    profile: {base: rfc9068}\n", usual},
		"nothing more is required": {head + "    profile: {required: []}\n", with(func(c *token.Config) { c.Profile.Required = []string{} })},
		"text that could be more": {head + "    profile: {rules: [{claim: ver, values: [\"2.0\", 'true', no, on]}]}\n", with(func(c *token.Config) {
			c.Profile.Rules = []token.Mark{{Claim: "ver", Values: []string{"2.0", "true", "no", "on"}}}
		})},
		"places": {head + "    profile: {scopes: [{claim: /a.b/~0~1, shape: text or list}, {claim: /scope}, {claim: a~b/c, shape: words}]}\n", with(func(c *token.Config) {
			c.Profile.Scopes = []token.Source{{Path: []string{"a.b", "~/"}, Shape: token.ShapeTextOrList}, {Path: []string{"scope"}}, {Claim: "a~b/c", Shape: token.ShapeWords}}
		})},
		"sets": {head + "    profile:\n      sets:\n        a role.s: [{claim: x, shape: keys}]\n        g: [{claim: g, shape: list}]\n", with(func(c *token.Config) {
			c.Profile.Sets = map[string][]token.Source{"a role.s": {{Claim: "x", Shape: token.ShapeKeys}}, "g": {{Claim: "g", Shape: token.ShapeList}}}
		})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, []settings.Issuer{{Config: c.want}}, parse(t, c.text).Issuers)
		})
	}
}

func TestParseKeys(t *testing.T) {
	t.Parallel()
	f := parse(t, head+"    keys:\n      urls: [https://as.example.com/jwks]\n      stale_for: -1s\n      root_cas_file: ca.pem\n")
	assert.Equal(t, settings.Keys{
		Remote: jwks.RemoteConfig{URLs: []string{"https://as.example.com/jwks"}, StaleFor: -time.Second}, RootCAsFile: "ca.pem",
	}, f.Issuers[0].Keys)
	f = parse(t, "issuers:\n  - {issuer: urn:example:issuer, audience: [x], keys: {file: keys.json}}\n")
	assert.Equal(t, settings.Keys{File: "keys.json"}, f.Issuers[0].Keys, "an issuer with its keys in a file needs no URL")
}

// Each error is one printable line that begins with line and field.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range refused {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := settings.Parse([]byte(c.text))
			assert.Nil(t, f)
			require.ErrorIs(t, err, token.ErrConfig)
			assertOneLine(t, err)
			assert.NotContains(t, err.Error(), "hunter2")
			assert.True(t, strings.HasPrefix(err.Error(), "settings: "+c.where), "%s, want %s", err, c.where)
		})
	}
}

func assertOneLine(t *testing.T, err error) {
	t.Helper()
	assert.Regexp(t, `^[ -~]{1,600}$`, err.Error())
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, err := settings.Read(write(t, dir, "good.yaml", head))
	require.NoError(t, err)
	assert.Len(t, f.Issuers, 1)
	for name, path := range map[string]string{
		"not there":       filepath.Join(dir, "none.yaml"),
		"a directory":     dir,
		"too long":        write(t, dir, "long.yaml", head+strings.Repeat("#", 1<<20)),
		"a line is wrong": write(t, dir, "a\nb.yaml", head+"    leeway: 5\n"),
	} {
		_, err := settings.Read(path)
		require.ErrorIs(t, err, token.ErrConfig, name)
		assertOneLine(t, err)
	}
	_, err = settings.Read(filepath.Join(dir, "none.yaml"))
	assert.True(t, errors.Is(err, fs.ErrNotExist))
	path := write(t, dir, "bad.yaml", head+"    leeway: 2m\n")
	_, err = settings.Read(path)
	assert.ErrorContains(t, err, path+": settings: line 4: issuers[0].leeway: ")
	_, err = settings.Parse([]byte(head + strings.Repeat("#", 1<<20)))
	assert.ErrorIs(t, err, token.ErrConfig)
	_, err = settings.Read(write(t, dir, "most.yaml", head+strings.Repeat("#", 1<<20-len(head))))
	assert.NoError(t, err)
}
