package guard_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

var outcomes = []error{
	token.ErrMissing, token.ErrRequest, token.ErrInvalid, token.ErrScope,
	token.ErrStepUp, token.ErrDenied, token.ErrUnavailable,
}

// place is where code of the user's own may return an error, as a guard sees it.
type place struct {
	may   []error // the outcomes that may come out of it
	fail  func(t *testing.T, err error) error
	other error // the outcome of an error that matches none, or several
}

type sourceFunc func() error

func (f sourceFunc) Keys(context.Context, string) ([]jwks.Key, error) { return nil, f() }

type proofFunc func() error

func (proofFunc) Method() string                                                  { return "m" }
func (f proofFunc) Check(context.Context, *token.Token, token.Presentation) error { return f() }

func places() map[string]place {
	decide := func(t *testing.T, p scope.Policy, wire func(*tokentest.Issuer, *token.Config) token.Authenticator) error {
		t.Helper()
		issuer := tokentest.NewIssuer(t, nil)
		cfg := issuer.Config()
		auth := wire(issuer, &cfg)
		if auth == nil {
			v, err := token.NewVerifier(cfg)
			require.NoError(t, err)
			auth = v
		}
		g := newGuard(auth)
		raw := issuer.Token(tokentest.Claim("cnf", map[string]string{"m": "x"}))
		if cfg.Confirmations == nil {
			raw = issuer.Token()
		}
		err := g.Decide(context.Background(), p, []string{"Bearer " + raw}, func() token.Call { return nil }).Err
		require.Error(t, err)
		return err
	}
	failing := func(err error) token.Authenticator {
		return somebody(func(context.Context, token.Presentation) (*token.Token, error) { return new(token.Token), err })
	}
	return map[string]place{
		"Source": {
			[]error{token.ErrInvalid, token.ErrUnavailable},
			func(t *testing.T, err error) error {
				return decide(t, scope.Authenticated, func(_ *tokentest.Issuer, cfg *token.Config) token.Authenticator {
					cfg.HTTPClient, cfg.Keys = nil, sourceFunc(func() error { return err })
					return nil
				})
			},
			token.ErrUnavailable,
		},
		"Proof": {
			[]error{token.ErrInvalid, token.ErrRequest, token.ErrUnavailable},
			func(t *testing.T, err error) error {
				return decide(t, scope.Authenticated, func(_ *tokentest.Issuer, cfg *token.Config) token.Authenticator {
					cfg.Confirmations = []token.ConfirmationChecker{proofFunc(func() error { return err })}
					return nil
				})
			},
			token.ErrInvalid,
		},
		"policy": {
			outcomes,
			func(t *testing.T, err error) error {
				fails := scope.Claims("fails", func(struct{}) error { return err })
				return decide(t, fails, func(*tokentest.Issuer, *token.Config) token.Authenticator { return nil })
			},
			token.ErrDenied,
		},
		"Authenticator": {
			outcomes,
			func(t *testing.T, err error) error {
				return decide(t, scope.Authenticated, func(*tokentest.Issuer, *token.Config) token.Authenticator { return failing(err) })
			},
			token.ErrUnavailable,
		},
		"Authenticator of one issuer": {
			outcomes,
			func(t *testing.T, err error) error {
				return decide(t, scope.Authenticated, func(issuer *tokentest.Issuer, _ *token.Config) token.Authenticator {
					return token.ByIssuer(map[string]token.Authenticator{issuer.Identifier(): failing(err)})
				})
			},
			token.ErrUnavailable,
		},
	}
}

// agreeable is an error that is every other.
type agreeable struct{}

func (agreeable) Error() string   { return "anything\n\x1b" }
func (agreeable) Is(error) bool   { return true }
func (agreeable) Unwrap() []error { return outcomes }

// Code of the user's own may return any error from any place. What comes out
// matches exactly one outcome, one that belongs there, and is one line of text;
// what is known of an outage is never a verdict; and the cause can be asked for.
func TestOneErrorOneOutcome(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom\r\nlevel=INFO\x1b " + strings.Repeat("é", 2000))
	errs := map[string]error{
		"none":                     boom,
		"wrapped":                  fmt.Errorf("at the store: %w", boom),
		"ours and another":         errors.Join(token.ErrScope, token.ErrDenied, boom),
		"ours and unavailable":     errors.Join(token.ErrDenied, boom, token.ErrUnavailable),
		"proof and unavailable":    fmt.Errorf("%w %w %w", token.ErrBinding, token.ErrUnavailable, boom),
		"proof and missing":        fmt.Errorf("%w: %w: %w", token.ErrBinding, boom, token.ErrMissing),
		"two reasons":              errors.Join(token.ErrExpired, token.ErrAudience, boom),
		"not found":                errors.Join(jwks.ErrNotFound, boom),
		"not found, and an outage": errors.Join(jwks.ErrNotFound, jwks.ErrUnavailable, boom),
		"scopes":                   errors.Join(&token.ScopeError{Need: []string{"a"}}, boom),
		"everything":               errors.Join(agreeable{}, boom),
	}
	for _, outcome := range append(outcomes, token.ErrBinding, token.ErrExpired, token.ErrKeysUnavailable) {
		errs["no more than "+token.Reason(outcome)] = fmt.Errorf("%w: %w", outcome, boom)
	}
	for where, p := range places() {
		for name, err := range errs {
			t.Run(where+"/"+name, func(t *testing.T) {
				t.Parallel()
				got := p.fail(t, err)
				matched := matching(outcomes, got)
				require.Len(t, matched, 1)
				assert.Contains(t, p.may, matched[0])
				if where != "Source" && errors.Is(err, token.ErrUnavailable) { // a Source speaks of jwks.ErrUnavailable
					assert.Equal(t, token.ErrUnavailable, matched[0])
				}
				if len(matching(outcomes, err)) == 0 && !errors.Is(err, jwks.ErrNotFound) {
					assert.Equal(t, p.other, matched[0])
				}
				assert.ErrorIs(t, got, boom)
				assert.True(t, printable.Is(got.Error()), "%q", got)
				assert.LessOrEqual(t, len(got.Error()), printable.MaxLine)
			})
		}
	}
}

func matching(candidates []error, err error) (matched []error) {
	for _, c := range candidates {
		if errors.Is(err, c) {
			matched = append(matched, c)
		}
	}
	return matched
}
