package token_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

// assertOneLine checks that a text can neither forge a line of a log nor fill it.
func assertOneLine(t *testing.T, text string) {
	t.Helper()
	assert.NotEmpty(t, text)
	assert.LessOrEqual(t, len(text), 600)
	for _, r := range text {
		assert.True(t, ' ' <= r && r <= '~', "%q in %q", r, text)
	}
}

const forged = "\nlevel=INFO msg=\"allowed\" sub=admin\r\x1b[2J\u2028\xff"

// badClaims has a way of its own to say that it does not like what it reads.
type badClaims struct{}

func (*badClaims) UnmarshalJSON([]byte) error { return errors.New(forged) }

// Every error of this package is one line, wherever its text comes from, and so
// is every Finding.
func TestEveryErrorIsOneLine(t *testing.T) {
	t.Parallel()
	hostile := forged + strings.Repeat("\x00", 3000) // which take four bytes each if quoted
	boom := errors.New(hostile)
	fails := func(err error) func(*token.Config) {
		return func(c *token.Config) {
			c.Keys = sourceFunc(func(context.Context, string) ([]jwks.Key, error) { return nil, err })
		}
	}
	proving := func(err error) func(*token.Config) {
		return func(c *token.Config) {
			c.Confirmations = []token.ConfirmationChecker{proof{"m", func(*token.Token, token.Presentation) error { return err }}}
		}
	}
	bound := claims("cnf", map[string]string{"m": "x"})
	call := func(edit func(*token.Config), m mint) func(*testing.T) error {
		return func(t *testing.T) error {
			v := newVerifier(t, edit)
			for _, f := range v.Explain(context.Background(), token.Bearer(m.token())) {
				assertOneLine(t, f.String())
				if f.Err != nil {
					assertOneLine(t, f.Err.Error())
				}
			}
			_, err := v.Authenticate(context.Background(), token.Bearer(m.token()))
			return err
		}
	}
	settings := func(edit func(*token.Config)) func(*testing.T) error {
		return func(*testing.T) error {
			cfg := config()
			edit(&cfg)
			_, err := token.NewVerifier(cfg)
			return err
		}
	}
	foreign := func(err error) func(*testing.T) error {
		return func(*testing.T) error {
			auth := token.ByIssuer(map[string]token.Authenticator{issuer: authFunc(func(context.Context, token.Presentation) (*token.Token, error) { return nil, err })})
			_, err := auth.Authenticate(context.Background(), token.Bearer(mint{}.token()))
			return err
		}
	}
	for name, fail := range map[string]func(*testing.T) error{
		"token: kid":             call(nil, header("kid", hostile[:200])),
		"token: unknown kid":     call(nil, header("kid", forged[:30])),
		"token: typ":             call(nil, header("typ", hostile)),
		"token: alg":             call(nil, header("alg", hostile)),
		"token: iss":             call(nil, claims("iss", hostile)),
		"token: aud":             call(nil, claims("aud", hostile)),
		"token: sub":             call(nil, claims("sub", []string{hostile})),
		"token: cnf":             call(nil, claims("cnf", map[string]string{hostile: ""})),
		"source":                 call(fails(boom), mint{}),
		"source, not found":      call(fails(fmt.Errorf("%w: %w", jwks.ErrNotFound, boom)), mint{}),
		"source, joined":         call(fails(errors.Join(jwks.ErrUnavailable, boom, errors.New("line"))), mint{}),
		"source: alg of a key":   call(withSource(jwks.Key{ID: "es256", Algorithm: hostile, Public: keys.p256().Public()}), mint{}),
		"source: curve of a key": call(withSource(jwks.Key{ID: "es256", Algorithm: hostile, Public: keys.ed().Public()}), mint{}),
		"source, not ready": func(t *testing.T) error {
			return newVerifier(t, func(c *token.Config) { c.Keys = neverReady{boom} }).Ready(context.Background())
		},
		"proof":                     call(proving(boom), bound),
		"proof, wrong":              call(proving(fmt.Errorf("%w: %w", token.ErrBinding, boom)), bound),
		"proof, joined":             call(proving(errors.Join(token.ErrUnavailable, boom)), bound),
		"authenticator":             foreign(boom),
		"authenticator, an outcome": foreign(fmt.Errorf("%w: %w", token.ErrExpired, boom)),
		"authenticator, joined":     foreign(errors.Join(token.ErrScope, token.ErrDenied, boom)),
		"UnmarshalJSON": func(t *testing.T) error {
			_, err := token.ClaimsOf[badClaims](verified(t, mint{}, nil))
			return err
		},
		"scopes":             func(*testing.T) error { return &token.ScopeError{Need: []string{hostile}} },
		"acr":                func(*testing.T) error { return &token.StepUpError{ACRValues: []string{hostile}} },
		"setting: issuer":    settings(func(c *token.Config) { c.Issuer = "{" + hostile }),
		"setting: algorithm": settings(func(c *token.Config) { c.Algorithms = []string{hostile} }),
		"setting: proof": settings(func(c *token.Config) {
			c.Confirmations = []token.ConfirmationChecker{proof{method: "é\n"}, proof{method: "é\n"}}
		}),
		"setting: discovered": settings(discovered("https://" + hostile)),
		"expected: audience":  call(func(c *token.Config) { c.Audience = []string{hostile, "é"} }, mint{}),
		"expected: issuer":    call(func(c *token.Config) { c.Issuer = hostile }, mint{}),
		"expected: types":     call(func(c *token.Config) { c.Profile.Types = []string{hostile} }, mint{}),
		"expected: claim":     call(func(c *token.Config) { c.Profile.Required = []string{hostile} }, mint{}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := fail(t)
			require.Error(t, err)
			assertOneLine(t, err.Error())
		})
	}
}

// neverReady is a Source that says why.
type neverReady struct{ err error }

func (s neverReady) Keys(context.Context, string) ([]jwks.Key, error) { return nil, s.err }
func (s neverReady) Ready(context.Context) error                      { return s.err }
