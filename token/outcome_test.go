package token_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

func TestAsOutcome(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom\n")
	_, refusal := newVerifier(t, nil).Authenticate(t.Context(), token.Bearer(claims("exp", 1).token()))
	for name, c := range map[string]struct {
		err, otherwise error
		reason         string
		same           bool // it is returned as it is
	}{
		"none":                        {boom, token.ErrDenied, "denied", false},
		"none, by a reason":           {boom, token.ErrBinding, "binding", false},
		"one":                         {fmt.Errorf("%w: %w", boom, token.ErrScope), token.ErrDenied, "scope", false},
		"one, with its reason":        {fmt.Errorf("%w: %w", boom, token.ErrExpired), token.ErrDenied, "expired", false},
		"one that carries something":  {&token.ScopeError{Need: []string{"a"}}, token.ErrDenied, "scope", false},
		"several":                     {errors.Join(token.ErrScope, token.ErrInvalid), token.ErrDenied, "denied", false},
		"several, one an outage":      {errors.Join(token.ErrScope, token.ErrKeysUnavailable), token.ErrDenied, "unavailable", false},
		"an outage":                   {errors.Join(boom, token.ErrKeysUnavailable), token.ErrDenied, "keys_unavailable", false},
		"of this package":             {token.ErrStepUp, token.ErrDenied, "step_up", true},
		"of a Verifier":               {refusal, token.ErrDenied, "expired", true},
		"what has been held to it":    {token.AsOutcome(boom, token.ErrScope), token.ErrDenied, "scope", true},
		"what has been held to it, 1": {token.AsOutcome(errors.Join(token.ErrScope, boom), nil), token.ErrDenied, "scope", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := token.AsOutcome(c.err, c.otherwise)
			assertOneOutcome(t, got)
			assertOneLine(t, got.Error())
			assert.Equal(t, c.reason, token.Reason(got))
			assert.Equal(t, c.same, got == c.err)
			if errors.Is(c.err, boom) {
				require.ErrorIs(t, got, boom)
			}
			var scopes *token.ScopeError
			assert.Equal(t, errors.As(c.err, &scopes), errors.As(got, &scopes))
		})
	}
	assert.NoError(t, token.AsOutcome(nil, token.ErrDenied))
}
