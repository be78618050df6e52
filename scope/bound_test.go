package scope_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/mtls"
	"github.com/postern-go/postern/token/tokentest"
)

func TestBound(t *testing.T) {
	t.Parallel()
	bearer, bound := facts{scopes: 1}.token(t), facts{scopes: 1, bound: true}.token(t)
	for name, row := range map[string]struct {
		policy scope.Policy
		token  *token.Token
		want   error
	}{
		"bound":                    {scope.Bound, bound, nil},
		"bearer":                   {scope.Bound, bearer, token.ErrBinding},
		"no token":                 {scope.Bound, nil, token.ErrMissing},
		"scopes come first":        {scope.Bound.And(scope.All("b")), bearer, token.ErrScope},
		"and then the binding":     {scope.All("a").And(scope.Bound), bearer, token.ErrBinding},
		"or something else":        {scope.Bound.Or(scope.All("a")), bearer, nil},
		"or scopes":                {scope.Bound.Or(scope.All("b")), bearer, token.ErrScope},
		"or a user":                {scope.Bound.Or(scope.Client.And(scope.User)), bearer, token.ErrDenied},
		"bound or bound as a user": {scope.Bound.And(scope.All("a")).Or(scope.Bound.And(scope.ClientID("app"))), bearer, token.ErrBinding},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := row.policy.Check(row.token)
			if row.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, row.want)
		})
	}
	assert.ErrorContains(t, scope.Bound.Check(bearer), "the token has no cnf, want a bound token")
}

// A service learns when it starts that no bound token can be good.
func TestBoundNeverMet(t *testing.T) {
	t.Parallel()
	plain, _ := judges(t)
	cfg := tokentest.NewIssuer(t, &tokentest.Options{Identifier: "https://other.example.com"}).Config()
	cfg.Confirmations = []token.ConfirmationChecker{new(mtls.Checker)}
	checks, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	issuers := token.ByIssuer(map[string]token.Authenticator{"https://issuer.test": plain, "https://other.example.com": checks})
	var none *token.Verifier
	for name, row := range map[string]struct {
		policy scope.Policy
		auth   token.Authenticator
		met    bool
	}{
		"no checker":            {scope.Bound, plain, false},
		"a checker":             {scope.Bound, checks, true},
		"one issuer of two":     {scope.Bound, issuers, true},
		"no Verifier":           {scope.Bound, none, true},
		"one's own":             {scope.Bound, struct{ token.Authenticator }{plain}, true},
		"an alternative":        {scope.Bound.Or(scope.All("a")), plain, true},
		"no alternative of two": {scope.Bound.Or(scope.Bound.And(scope.All("a"))), plain, false},
	} {
		err := row.policy.NeverMet(row.auth)
		if row.met {
			assert.NoError(t, err, name)
			continue
		}
		require.ErrorIs(t, err, token.ErrConfig, name)
		assert.ErrorContains(t, err, "Config.Confirmations", name)
	}
}
