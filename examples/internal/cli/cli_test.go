package cli_test

import (
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/internal/cli"
	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/settings"
)

func parse(args ...string) (*settings.File, error) {
	var i cli.Issuers
	set := flag.NewFlagSet("test", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	i.Register(set)
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	return i.File()
}

func issuer(id string, audience ...string) settings.Issuer {
	return settings.Issuer{Config: token.Config{Issuer: id, Audience: audience}}
}

func profiled(p token.Profile) []settings.Issuer {
	i := issuer("https://a", "x")
	i.Config.Profile = p
	return []settings.Issuer{i}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	one := issuer("https://a", "https://photos")
	second := issuer("https://b", "x")
	second.Config.Profile.Types = []string{"JWT"}
	every := issuer("https://a", "x")
	every.Keys = settings.Keys{Remote: jwks.RemoteConfig{URLs: []string{"https://a/keys"}}}
	every.Config.Algorithms, every.Config.Leeway = []string{"RS256", "ES256"}, time.Minute
	every.Config.Profile = token.Profile{
		Types: []string{"JWT", "at+jwt"}, AllowMissingType: true,
		ScopeClaim: "scp", ScopeList: true, ClientIDClaim: "azp", AudienceClaim: "res", Required: []string{"sub", "iat"},
		Rules:   []token.Mark{{Claim: "token_use", Values: []string{"access"}}, {Path: []string{"a", "b/c"}, Shape: token.ShapeList, Values: []string{"x"}, Not: true}},
		Users:   []token.Mark{{Claim: "email", Present: true}},
		Clients: []token.Mark{{Claim: "gty", Values: []string{"client-credentials"}}, {Claim: "email", Absent: true}},
		Sets: map[string][]token.Source{
			"roles": {{Path: []string{"realm_access", "roles"}}, {Claim: "https://a.example/roles", Shape: token.ShapeTextOrList}}, "groups": {{Claim: "groups", Shape: token.ShapeKeys}},
		},
	}
	implying := issuer("https://a", "x")
	implying.Config.ScopeImplies = map[string][]string{"p:write": {"p:read", "p:list"}, "p:admin": {"p:write"}}
	filed := issuer("https://a", "x")
	filed.Keys.File = "keys.json"
	legacy := token.LegacyProfile()
	for name, c := range map[string]struct {
		args string
		want []settings.Issuer
	}{
		"one issuer":             {"-issuer https://a -audience https://photos", []settings.Issuer{one}},
		"audience before issuer": {"-audience https://photos -issuer https://a", []settings.Issuer{one}},
		"two dashes":             {"--issuer=https://a --audience=https://photos", []settings.Issuer{one}},
		"two issuers": {
			"-issuer https://a -audience https://photos -issuer https://b -audience x -audience y",
			[]settings.Issuer{one, issuer("https://b", "x", "y")},
		},
		"all of one issuer": {
			"-issuer https://a -audience x -jwks https://a/keys -algorithms RS256,ES256 -leeway 1m -type JWT -type at+jwt -allow-missing-type " +
				"-scope-claim scp -scope-list -client-id-claim azp -audience-claim res -required sub,iat " +
				"-rule token_use=access -rule /a/b~1c:list!=x -user email -client gty=client-credentials -client !email " +
				"-set roles=/realm_access/roles -set groups=groups:keys -set roles=https://a.example/roles:text-or-list",
			[]settings.Issuer{every},
		},
		"relaxed for one of two": {"-issuer https://a -audience https://photos -issuer https://b -audience x -type JWT", []settings.Issuer{one, second}},
		"scopes that imply others": {
			"-issuer https://a -audience x -scope-implies p:write=p:read -scope-implies p:admin=p:write -scope-implies p:write=p:list", []settings.Issuer{implying},
		},
		"two scopes at once":    {"-issuer https://a -audience x -scope-implies p:write=p:read,p:list -scope-implies p:admin=p:write", []settings.Issuer{implying}},
		"keys of a file":        {"-issuer https://a -audience x -jwks-file keys.json", []settings.Issuer{filed}},
		"nothing else required": {"-issuer https://a -audience x -required=", profiled(token.Profile{Required: []string{}})},
		"switched off":          {"-issuer https://a -audience x -legacy=false -allow-missing-type=false -scope-list=false", profiled(token.Profile{})},
		"switched on":           {"-issuer https://a -audience x -allow-missing-type=true -scope-list=1", profiled(token.Profile{AllowMissingType: true, ScopeList: true})},
		"scopes": {"-issuer https://a -audience x -scope scope -scope permissions:list", profiled(token.Profile{
			Scopes: []token.Source{{Claim: "scope"}, {Claim: "permissions", Shape: token.ShapeList}},
		})},
		"legacy":            {"-issuer https://a -audience x -legacy", profiled(legacy)},
		"legacy, but typed": {"-allow-missing-type=false -legacy -issuer https://a -audience x", profiled(token.Profile{Types: legacy.Types, Required: legacy.Required})},
		"legacy, but": {"-type JWT -required sub -legacy -issuer https://a -audience x", profiled(token.Profile{
			Types: []string{"JWT"}, AllowMissingType: true, Required: []string{"sub"},
		})},
	} {
		f, err := parse(strings.Fields(c.args)...)
		require.NoError(t, err, name)
		assert.Equal(t, c.want, f.Issuers, name)
	}
}

func TestFlagsRefused(t *testing.T) {
	t.Parallel()
	good := "-issuer https://a -audience x "
	for name, args := range map[string]string{
		"nothing":                 "",
		"no audience":             "-issuer https://a",
		"no issuer":               "-audience x",
		"second without audience": "-issuer https://a -audience x -issuer https://b",
		"first without audience":  "-issuer https://a -issuer https://b -audience x",
		"same issuer twice":       good + good,
		"empty issuer":            "-issuer= -audience x",
		"empty audience":          "-issuer https://a -audience=",
		"unknown flag":            good + "-insecure",
		"two places of keys":      good + "-jwks https://a/keys -jwks-file keys.json",
		"no file of keys":         good + "-jwks-file=",
		"no claim":                good + "-scope-claim=",
		"no boolean":              good + "-legacy=x",
		"no boolean either":       good + "-allow-missing-type=never",
		"no duration":             good + "-leeway soon",
		"no mark":                 good + "-rule =x",
		"a bad pointer":           good + "-rule /a~b",
		"a set without a name":    good + "-set =roles",
		"a set without a claim":   good + "-set roles=",
		"a set alone":             good + "-set roles",
		"nothing implied":         good + "-scope-implies p:write",
		"two signs":               good + "-scope-implies a=b=c",
		"no source":               good + "-scope :list",
		"no such file":            "-settings /nonexistent",
		"a file and an issuer":    "-settings /nonexistent " + good,
	} {
		_, err := parse(strings.Fields(args)...)
		assert.Error(t, err, name)
	}
	_, err := parse(strings.Fields("-settings f -legacy")...)
	assert.ErrorIs(t, err, cli.ErrUsage, "no flag of an issuer goes with a file")
}

func TestSettings(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s.yaml")
	require.NoError(t, os.WriteFile(path, []byte("issuers: [{issuer: 'https://a', audience: [x]}]"), 0o600))
	f, err := parse("-settings", path)
	require.NoError(t, err)
	assert.Equal(t, []settings.Issuer{issuer("https://a", "x")}, f.Issuers)
	var i cli.Issuers
	set := flag.NewFlagSet("test", flag.ContinueOnError)
	i.Register(set)
	assert.Empty(t, i.Dir())
	require.NoError(t, set.Parse([]string{"-settings", path}))
	assert.Equal(t, filepath.Dir(path), i.Dir())
}
