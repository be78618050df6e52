package main

import (
	"flag"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

func TestParse(t *testing.T) {
	t.Parallel()
	one := issuerOptions{issuer: "https://a", audience: []string{"https://photos"}}
	for name, c := range map[string]struct {
		args string
		want []issuerOptions
	}{
		"one issuer":             {"-issuer https://a -audience https://photos", []issuerOptions{one}},
		"audience before issuer": {"-audience https://photos -issuer https://a", []issuerOptions{one}},
		"two dashes":             {"--issuer=https://a --audience=https://photos", []issuerOptions{one}},
		"two issuers": {
			"-issuer https://a -audience https://photos -issuer https://b -audience x -audience y",
			[]issuerOptions{one, {issuer: "https://b", audience: []string{"x", "y"}}},
		},
		"all of one issuer": {
			"-issuer https://a -audience x -jwks https://a/keys -type JWT -type at+jwt -allow-missing-type " +
				"-scope-claim scp -scope-list -client-id-claim azp -required sub,iat -user email -client gty=client-credentials -client !email",
			[]issuerOptions{{
				issuer: "https://a", audience: []string{"x"}, jwksURL: "https://a/keys",
				profile: token.Profile{
					Types: []string{"JWT", "at+jwt"}, AllowMissingType: true,
					ScopeClaim: "scp", ScopeList: true, ClientIDClaim: "azp", Required: []string{"sub", "iat"},
					Users:   []token.Mark{{Claim: "email", Present: true}},
					Clients: []token.Mark{{Claim: "gty", Values: []string{"client-credentials"}}, {Claim: "email", Absent: true}},
				},
			}},
		},
		"relaxed for one of two": {
			"-issuer https://a -audience https://photos -issuer https://b -audience x -type JWT",
			[]issuerOptions{one, {issuer: "https://b", audience: []string{"x"}, profile: token.Profile{Types: []string{"JWT"}}}},
		},
		"nothing else required": {
			"-issuer https://a -audience x -required=",
			[]issuerOptions{{issuer: "https://a", audience: []string{"x"}, profile: token.Profile{Required: []string{}}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, err := parse(strings.Fields(c.args), io.Discard)
			require.NoError(t, err)
			assert.Equal(t, c.want, o.issuers)
			assert.Equal(t, "127.0.0.1:8080", o.listen)
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"nothing":                 {},
		"no audience":             {"-issuer", "https://a"},
		"no issuer":               {"-audience", "x"},
		"second without audience": {"-issuer", "https://a", "-audience", "x", "-issuer", "https://b"},
		"first without audience":  {"-issuer", "https://a", "-issuer", "https://b", "-audience", "x"},
		"same issuer twice":       {"-issuer", "https://a", "-audience", "x", "-issuer", "https://a", "-audience", "y"},
		"empty issuer":            {"-issuer", "", "-audience", "x"},
		"empty audience":          {"-issuer", "https://a", "-audience", ""},
		"unknown flag":            {"-issuer", "https://a", "-audience", "x", "-insecure"},
		"something left over":     {"-issuer", "https://a", "-audience", "x", "y"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var told strings.Builder
			_, err := parse(args, &told)
			assert.Error(t, err)
			assert.NotEmpty(t, told.String(), "whoever typed it is told what is wrong")
		})
	}
}

func TestParseHelp(t *testing.T) {
	t.Parallel()
	var told strings.Builder
	_, err := parse([]string{"-h"}, &told)
	assert.ErrorIs(t, err, flag.ErrHelp)
	for _, name := range []string{"-listen", "-grpc-listen", "-issuer", "-audience", "-jwks"} {
		assert.Contains(t, told.String(), name)
	}
}
