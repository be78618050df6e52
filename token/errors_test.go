package token_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

func TestReason(t *testing.T) {
	t.Parallel()
	all := map[string]error{
		"missing": token.ErrMissing, "request": token.ErrRequest, "invalid": token.ErrInvalid,
		"scope": token.ErrScope, "step_up": token.ErrStepUp, "denied": token.ErrDenied,
		"unavailable": token.ErrUnavailable, "keys_unavailable": token.ErrKeysUnavailable,
		"proof": token.ErrProof, "proof_missing": token.ErrProofMissing, "proof_stale": token.ErrProofStale, "replay": token.ErrReplay, "nonce": token.ErrNonce,
		"replay_store_unavailable": token.ErrReplayStoreUnavailable, "introspection_unavailable": token.ErrIntrospectionUnavailable,
		"malformed": token.ErrMalformed, "too_large": token.ErrTooLarge, "algorithm": token.ErrAlgorithm,
		"critical": token.ErrCritical, "type": token.ErrType, "unknown_key": token.ErrUnknownKey,
		"signature": token.ErrSignature, "issuer": token.ErrIssuer, "audience": token.ErrAudience,
		"expired": token.ErrExpired, "not_yet_valid": token.ErrNotYetValid, "claim": token.ErrClaim,
		"inactive": token.ErrInactive, "binding": token.ErrBinding, "subject_unknown": token.ErrSubjectUnknown,
		"detail": token.ErrDetail,
	}
	listed := map[string]error{}
	for _, err := range token.Reasons() {
		listed[token.Reason(err)] = err
	}
	assert.Equal(t, all, listed)
	assert.Len(t, token.Reasons(), len(all), "each once")
	for want, err := range all {
		assert.Equal(t, want, token.Reason(err))
		assert.Equal(t, want, token.Reason(fmt.Errorf("wrapped: %w", err)))
		assert.True(t, token.IsOutcome(err))
		assertOneOutcome(t, err)
		assert.Equal(t, token.Outcome(err), token.Outcome(fmt.Errorf("wrapped: %w", err)))
		isReason := token.Outcome(err) != want
		assert.Equal(t, isReason, errors.Unwrap(err) != nil)
	}
	for want, err := range map[string]error{
		"missing": token.ErrMissing, "request": token.ErrRequest, "invalid": token.ErrTooLarge, "scope": &token.ScopeError{}, "step_up": &token.StepUpError{},
		"denied": token.ErrSubjectUnknown, "unavailable": token.ErrKeysUnavailable, "": nil,
	} {
		assert.Equal(t, want, token.Outcome(err))
	}
	assert.Equal(t, "unavailable", token.Outcome(errors.New("foreign")))
	assert.Empty(t, token.Reason(nil))
	assert.Equal(t, "unavailable", token.Reason(errors.New("foreign")))
	assert.False(t, token.IsOutcome(errors.New("foreign")))
	assert.False(t, token.IsOutcome(nil))
}

func TestReasonsMatchTheirOutcome(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		token.ErrMalformed, token.ErrTooLarge, token.ErrAlgorithm, token.ErrCritical, token.ErrType, token.ErrUnknownKey,
		token.ErrSignature, token.ErrIssuer, token.ErrAudience, token.ErrExpired, token.ErrNotYetValid, token.ErrClaim,
		token.ErrInactive, token.ErrBinding,
	} {
		assert.ErrorIs(t, err, token.ErrInvalid)
	}
	assert.ErrorIs(t, token.ErrTooLarge, token.ErrMalformed)
	assert.ErrorIs(t, token.ErrKeysUnavailable, token.ErrUnavailable)
	assert.ErrorIs(t, token.ErrSubjectUnknown, token.ErrDenied)
	assert.ErrorIs(t, &token.ScopeError{Need: []string{"a"}}, token.ErrScope)
	assert.ErrorIs(t, &token.StepUpError{MaxAge: time.Minute}, token.ErrStepUp)
}

// An operator reads in the error what was seen, what was expected and which
// field would change it.
func TestErrorsExplain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mint mint
		says []string
	}{
		"typ":     {header("typ", "JWT"), []string{"JWT", "at+jwt", "Config.Profile.Types"}},
		"aud":     {claims("aud", "https://sibling.example"), []string{"https://sibling.example", audience, "Config.Audience"}},
		"iss":     {claims("iss", issuer+"/"), []string{issuer + "/", issuer, "Config.Issuer"}},
		"alg":     {header("alg", "ES512"), []string{"ES512", "ES256", "Config.Algorithms"}},
		"scope":   {claims("scope", []string{"a"}), []string{"scope", "Config.Profile.ScopeList"}},
		"cnf":     {claims("cnf", map[string]string{"jkt": "x"}), []string{"jkt", "Config.Confirmations"}},
		"JWE":     {mint{compact: func(string) string { return "a.b.c.d.e" }}, []string{"JWE"}},
		"absent":  {claims("sub", nil), []string{"sub is absent"}},
		"expired": {claims("exp", 1), []string{"exp", "Config.Leeway"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newVerifier(t, nil).Authenticate(context.Background(), token.Bearer(c.mint.token()))
			require.Error(t, err)
			for _, text := range c.says {
				assert.Contains(t, err.Error(), text)
			}
		})
	}
}

// What a hostile token says can neither forge a line of a log nor fill it.
func TestErrorsAreFitForALog(t *testing.T) {
	t.Parallel()
	hostile := "\n\x1b[31mlevel=INFO msg=\"all is well\"\u2028" + strings.Repeat("x", 3000)
	for name, m := range map[string]mint{
		"kid": header("kid", "\r\nSet-Cookie: a=b"), "typ": header("typ", hostile), "alg": header("alg", hostile),
		"iss": claims("iss", hostile), "aud": claims("aud", hostile), "cnf": claims("cnf", map[string]string{hostile: ""}),
		"sub": claims("sub", []string{hostile}),
	} {
		_, err := newVerifier(t, nil).Authenticate(context.Background(), token.Bearer(m.token()))
		require.Error(t, err, name)
		assert.Less(t, len(err.Error()), 400, name)
		for _, r := range err.Error() {
			assert.True(t, ' ' <= r && r <= '~', "%s: %q in %q", name, r, err.Error())
		}
	}
}

// trouble is an error of a source of keys that carries something.
type trouble struct {
	where string
	cause error
}

func (t *trouble) Error() string { return "trouble at " + t.where }
func (t *trouble) Unwrap() error { return t.cause }

// An operator finds the cause of a refusal by errors.Is and errors.As. A cause
// never changes the outcome, whatever it matches itself.
func TestCauseOfARefusal(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		cause error // of what the source says
		want  error
	}{
		"no such key":                          {errors.Join(jwks.ErrNotFound, boom), token.ErrUnknownKey},
		"no keys":                              {errors.Join(jwks.ErrUnavailable, boom), token.ErrKeysUnavailable},
		"an error of another kind":             {boom, token.ErrKeysUnavailable},
		"an outcome":                           {errors.Join(jwks.ErrNotFound, boom, token.ErrUnavailable), token.ErrUnknownKey},
		"another outcome":                      {errors.Join(jwks.ErrUnavailable, boom, token.ErrScope), token.ErrKeysUnavailable},
		"a reason":                             {errors.Join(jwks.ErrUnavailable, boom, token.ErrExpired), token.ErrKeysUnavailable},
		"an outcome that carries something":    {errors.Join(jwks.ErrUnavailable, boom, &token.ScopeError{}), token.ErrKeysUnavailable},
		"a reason for which there is no cause": {errors.Join(jwks.ErrNotFound, boom, token.ErrSignature), token.ErrUnknownKey},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVerifier(t, func(cfg *token.Config) {
				cfg.Keys = sourceFunc(func(context.Context, string) ([]jwks.Key, error) {
					return nil, &trouble{"the issuer", c.cause}
				})
			})
			_, err := v.Authenticate(context.Background(), token.Bearer(mint{}.token()))
			require.ErrorIs(t, err, c.want)
			assertOneOutcome(t, err)
			assert.Equal(t, token.Reason(c.want), token.Reason(err))
			assert.ErrorIs(t, err, boom)
			assert.NotErrorIs(t, err, errors.New("boom"))
			var found *trouble
			require.ErrorAs(t, err, &found)
			assert.Equal(t, "the issuer", found.where)
			var absent *url.Error
			assert.False(t, errors.As(err, &absent))
		})
	}
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		_, err := newVerifier(t, nil).Authenticate(context.Background(), token.Bearer(claims("exp", 1).token()))
		require.ErrorIs(t, err, token.ErrExpired)
		assert.NotErrorIs(t, err, boom)
		var found *trouble
		assert.False(t, errors.As(err, &found))
	})
}
