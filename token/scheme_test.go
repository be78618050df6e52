package token_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

// taking is an Authenticator that takes schemes.
type taking struct {
	token.Authenticator
	schemes []token.Scheme
}

func (t taking) Schemes() []token.Scheme { return t.schemes }

func algs(value string) []token.Param { return []token.Param{{Name: "algs", Value: value}} }

func TestSchemesOf(t *testing.T) {
	t.Parallel()
	plain := newVerifier(t, nil)
	bearer, parsed := token.Scheme{Name: "Bearer"}, token.Scheme{Name: "Bearer", ParsesToken: true}
	dpop := token.Scheme{Name: "DPoP", Params: algs("ES256 EdDSA")}
	several := func(first, second token.Authenticator) token.Authenticator {
		return token.ByIssuer(map[string]token.Authenticator{"https://a.example": first, "https://b.example": second})
	}
	for name, row := range map[string]struct {
		auth token.Authenticator
		want []token.Scheme
	}{
		"a Verifier":             {plain, []token.Scheme{parsed}},
		"what embeds a Verifier": {wrapped{plain}, []token.Scheme{parsed}},
		"one without schemes":    {struct{ token.Authenticator }{plain}, []token.Scheme{bearer}},
		"one that names none":    {taking{plain, nil}, []token.Scheme{bearer}},
		"two schemes":            {taking{plain, []token.Scheme{dpop, bearer}}, []token.Scheme{dpop, bearer}},
		"no issuers":             {token.ByIssuer(nil), []token.Scheme{bearer}},
		"issuers alike":          {several(taking{plain, []token.Scheme{parsed}}, taking{plain, []token.Scheme{parsed}}), []token.Scheme{parsed}},
		"one of them parses not": {several(taking{plain, []token.Scheme{parsed}}, struct{ token.Authenticator }{plain}), []token.Scheme{bearer}},
		"the first parses not":   {several(struct{ token.Authenticator }{plain}, taking{plain, []token.Scheme{parsed}}), []token.Scheme{bearer}},
		"issuers by identifier":  {several(taking{plain, []token.Scheme{parsed}}, taking{plain, []token.Scheme{dpop}}), []token.Scheme{parsed, dpop}},
		"parameters are joined": {several(
			taking{plain, []token.Scheme{dpop}},
			taking{plain, []token.Scheme{{Name: "dpop", Params: append(algs("EdDSA PS256"), token.Param{Name: "x", Value: "y"})}}},
		), []token.Scheme{{Name: "DPoP", Params: append(algs("ES256 EdDSA PS256"), token.Param{Name: "x", Value: "y"})}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := token.SchemesOf(row.auth)
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
		})
	}
	assert.Equal(t, "ES256 EdDSA", dpop.Params[0].Value, "nobody's own parameters are changed")
}

func TestSchemesThatCannotStandInAChallenge(t *testing.T) {
	t.Parallel()
	param := func(name, value string) []token.Scheme {
		return []token.Scheme{{Name: "X", Params: []token.Param{{Name: name, Value: value}}}}
	}
	for name, schemes := range map[string][]token.Scheme{
		"no name":                   {{}},
		"two words":                 {{Name: "a b"}},
		"a comma":                   {{Name: "a,"}},
		"a line break":              {{Name: "a\r\n"}},
		"a letter that is not one":  {{Name: "Bea\u017fer"}},
		"twice":                     {{Name: "Bearer"}, {Name: "bearer"}},
		"parameter without a name":  param("", "x"),
		"parameter of every scheme": param("Realm", "x"),
		"an error":                  param("error", "x"),
		"a quote":                   param("algs", `x", error="`),
		"a backslash":               param("algs", `x\`),
		"not ASCII":                 param("algs", "é"),
		"a line break in a value":   param("algs", "x\n"),
		"a parameter twice":         {{Name: "X", Params: append(algs("x"), token.Param{Name: "ALGS", Value: "y"})}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, auth := range []token.Authenticator{
				taking{nil, schemes}, token.ByIssuer(map[string]token.Authenticator{issuer: taking{nil, schemes}}),
			} {
				got, err := token.SchemesOf(auth)
				if name == "twice" && len(got) == 1 {
					continue // ByIssuer joins what has one name
				}
				assert.ErrorIs(t, err, token.ErrConfig)
				assert.Nil(t, got)
			}
		})
	}
}
