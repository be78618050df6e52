package token_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

// proof is a ConfirmationChecker that answers as told.
type proof struct {
	method string
	check  func(*token.Token, token.Presentation) error
}

func (p proof) Method() string { return p.method }

func (p proof) Check(_ context.Context, t *token.Token, pr token.Presentation) error {
	return p.check(t, pr)
}

func TestProofs(t *testing.T) {
	t.Parallel()
	failed := errors.New("wrong certificate")
	good := func(*token.Token, token.Presentation) error { return nil }
	fails := func(err error) func(*token.Token, token.Presentation) error {
		return func(*token.Token, token.Presentation) error { return err }
	}
	cnf := func(members ...any) mint { return claims("cnf", pairs(members)) }
	for name, c := range map[string]struct {
		mint   mint
		scheme string
		proofs []token.ConfirmationChecker
		want   error
	}{
		"proved":                      {cnf("m", "k"), "Bearer", []token.ConfirmationChecker{proof{"m", good}}, nil},
		"scheme in other case":        {cnf("m", "k"), "bearer", []token.ConfirmationChecker{proof{"m", good}}, nil},
		"not proved":                  {cnf("m", "k"), "Bearer", []token.ConfirmationChecker{proof{"m", fails(failed)}}, token.ErrBinding},
		"not proved, reason kept":     {cnf("m", "k"), "Bearer", []token.ConfirmationChecker{proof{"m", fails(failed)}}, failed},
		"store of proofs down":        {cnf("m", "k"), "Bearer", []token.ConfirmationChecker{proof{"m", fails(token.ErrUnavailable)}}, token.ErrUnavailable},
		"two proofs":                  {cnf("m", "k"), "Bearer", []token.ConfirmationChecker{proof{"m", fails(token.ErrRequest)}}, token.ErrRequest},
		"two proofs, or a wrong one":  {cnf("m", "k"), "Bearer", []token.ConfirmationChecker{proof{"m", fails(errors.Join(token.ErrRequest, token.ErrBinding))}}, token.ErrBinding},
		"not a checker's to say":      {cnf("m", "k"), "Bearer", []token.ConfirmationChecker{proof{"m", fails(token.ErrMissing)}}, token.ErrBinding},
		"nor another reason":          {cnf("m", "k"), "Bearer", []token.ConfirmationChecker{proof{"m", fails(token.ErrExpired)}}, token.ErrBinding},
		"C_8705-3-4 both, one wrong":  {cnf("m", "k", "x5t#S256", "c"), "Bearer", []token.ConfirmationChecker{proof{"m", good}, proof{"x5t#S256", fails(failed)}}, token.ErrBinding},
		"C_8705-3-4 both right":       {cnf("m", "k", "x5t#S256", "c"), "Bearer", []token.ConfirmationChecker{proof{"m", good}, proof{"x5t#S256", good}}, nil},
		"C_8705-3-3 one unknown":      {cnf("m", "k", "jwk", "c"), "Bearer", []token.ConfirmationChecker{proof{"m", good}}, token.ErrBinding},
		"C_9449-7.2-1b jkt besides":   {cnf("m", "k", "jkt", "c"), "Bearer", []token.ConfirmationChecker{proof{"m", good}}, token.ErrBinding},
		"C_9449-7.2-1b jkt":           {cnf("jkt", "c"), "Bearer", []token.ConfirmationChecker{proof{"m", good}}, token.ErrBinding},
		"jkt as DPoP":                 {cnf("jkt", "c"), "DPoP", []token.ConfirmationChecker{proof{"m", good}}, token.ErrMissing},
		"unbound as DPoP":             {mint{}, "DPoP", nil, token.ErrMissing},
		"unbound under Bearer":        {mint{}, "bearer", []token.ConfirmationChecker{proof{"m", fails(failed)}}, nil},
		"C_6750-2.1-8 another scheme": {mint{}, "Basic", nil, token.ErrMissing},
		"no scheme means Bearer":      {mint{}, "", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVerifier(t, func(cfg *token.Config) { cfg.Confirmations = c.proofs })
			_, err := v.Authenticate(context.Background(), token.Presentation{Scheme: c.scheme, Token: c.mint.token()})
			if c.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, c.want)
			assertOneOutcome(t, err)
		})
	}
}

// A proof sees the finished token and what was presented.
func TestProofSeesTheToken(t *testing.T) {
	t.Parallel()
	seen := false
	check := func(tok *token.Token, p token.Presentation) error {
		thumbprint, ok := tok.Confirmation("x5t#S256")
		assert.True(t, ok)
		assert.Equal(t, "thumb", thumbprint)
		assert.Equal(t, "user", tok.Subject())
		assert.True(t, tok.Bound())
		assert.Equal(t, []string{"proof"}, p.Request().DPoP)
		seen = true
		return nil
	}
	v := newVerifier(t, func(cfg *token.Config) { cfg.Confirmations = []token.ConfirmationChecker{proof{"x5t#S256", check}} })
	_, err := v.Authenticate(context.Background(), token.Presentation{
		Token: claims("cnf", map[string]string{"x5t#S256": "thumb"}).token(), Call: token.Request{DPoP: []string{"proof"}},
	})
	require.NoError(t, err)
	assert.True(t, seen)
}

func TestNoToken(t *testing.T) {
	t.Parallel()
	for _, auth := range []token.Authenticator{newVerifier(t, nil), token.ByIssuer(nil)} {
		_, err := auth.Authenticate(context.Background(), token.Bearer(""))
		require.ErrorIs(t, err, token.ErrMissing)
	}
}
