package answers_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/internal/challenge"
	"github.com/postern-go/postern/internal/credentials"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// With several schemes there is a line for each, in their order, and the line
// of the scheme that was used tells what is wrong.
func TestSchemes(t *testing.T) {
	t.Parallel()
	const algs = `, algs="ES256 PS256"`
	table := challenge.New(scope.Resource{Documentation: "https://x.example/e", Metadata: metadataURL}, []token.Scheme{
		{Name: "Bearer"}, {Name: "DPoP", Params: []token.Param{{Name: "algs", Value: "ES256 PS256"}}},
	})
	bearer, dpop := `Bearer realm="api", `+rm, `DPoP realm="api"`+algs+", "+rm
	for name, row := range map[string]struct {
		err        error
		used       string
		want       []string // with what is wrong in place of %
		wrong      string
		challenged bool
	}{
		"nothing sent":   {token.ErrMissing, "", []string{bearer, dpop}, "", true},
		"another scheme": {token.ErrMissing, "DPoP", []string{bearer, dpop}, "", true},
		"Bearer": {token.ErrExpired, "Bearer", []string{`Bearer realm="api"%, ` + rm, dpop},
			`, error="invalid_token", error_description="The access token has expired", error_uri="https://x.example/e"`, true},
		"DPoP": {token.ErrExpired, "DPoP", []string{bearer, `DPoP realm="api"%` + algs + ", " + rm},
			`, error="invalid_token", error_description="The access token has expired", error_uri="https://x.example/e"`, true},
		"scope": {&token.ScopeError{Need: []string{"read"}}, "DPoP", []string{bearer, `DPoP realm="api"%` + algs + ", " + rm},
			`, error="insufficient_scope", error_description="The access token lacks a required scope", error_uri="https://x.example/e", scope="read"`, true},
		"step-up": {&token.StepUpError{ACRValues: []string{"gold"}}, "DPoP", []string{bearer, `DPoP realm="api"%` + algs + ", " + rm},
			`, error="insufficient_user_authentication", error_description="A different or more recent authentication is required", error_uri="https://x.example/e", acr_values="gold"`, true},
		"two fields": {credentials.ErrMultiple, "", []string{`Bearer realm="api"%, ` + rm, `DPoP realm="api"%` + algs + ", " + rm},
			`, error="invalid_request", error_description="More than one access token was presented", error_uri="https://x.example/e"`, true},
		"denied": {token.ErrDenied, "DPoP", nil, "", false},
		"outage": {token.ErrUnavailable, "DPoP", nil, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want []string
			for _, line := range row.want {
				want = append(want, strings.Replace(line, "%", row.wrong, 1))
			}
			got := table.Answer(row.err, row.used)
			assert.Equal(t, want, got.Challenges)
			assert.Equal(t, row.challenged, got.Challenges != nil)
		})
	}
}

// Calls for bound tokens alone are challenged with the schemes that take them, as
// far as the Authenticator says which do.
func TestSchemesOfBoundCalls(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		schemes []token.Scheme
		want    []string // the schemes of the challenges
	}{
		"one of two":         {[]token.Scheme{{Name: "Bearer"}, {Name: "DPoP", TakesBound: true}}, []string{"DPoP"}},
		"both":               {[]token.Scheme{{Name: "Bearer", TakesBound: true}, {Name: "DPoP", TakesBound: true}}, []string{"Bearer", "DPoP"}},
		"not known":          {[]token.Scheme{{Name: "Bearer"}, {Name: "DPoP"}}, []string{"Bearer", "DPoP"}},
		"one, not known":     {[]token.Scheme{{Name: "Bearer"}}, []string{"Bearer"}},
		"not advertised":     {[]token.Scheme{{Name: "Bearer"}, {Name: "DPoP", TakesBound: true, Unadvertised: true}}, []string{"Bearer"}},
		"hidden, and shown":  {[]token.Scheme{{Name: "Bearer", Unadvertised: true}, {Name: "DPoP", TakesBound: true}}, []string{"DPoP"}},
		"hidden, one of two": {[]token.Scheme{{Name: "A", Unadvertised: true, TakesBound: true}, {Name: "B"}, {Name: "C", TakesBound: true}}, []string{"C"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table := challenge.New(scope.Resource{}, row.schemes)
			for _, err := range []error{token.ErrMissing, token.ErrBinding, credentials.ErrMultiple, &token.ScopeError{}, &token.StepUpError{}} {
				var named []string
				for _, line := range table.For(true).Answer(err, "").Challenges {
					name, _, _ := strings.Cut(line, " ")
					named = append(named, name)
				}
				assert.Equal(t, row.want, named)
				assert.Equal(t, table.Answer(err, ""), table.For(false).Answer(err, ""))
			}
		})
	}
}
