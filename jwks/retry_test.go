package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

// retryAfter is when an error says to ask again, even if it is wrapped.
func retryAfter(t *testing.T, err error) time.Duration {
	t.Helper()
	require.ErrorIs(t, err, jwks.ErrUnavailable)
	var retry interface {
		error
		RetryAfter() time.Duration
	}
	require.ErrorAs(t, fmt.Errorf("wrapped: %w", errors.Join(err)), &retry)
	return retry.RetryAfter()
}

// A call that comes when it was told to makes an attempt, and before that there
// is none, unless it was told the least that can be told.
func TestRetryAfterIsTrue(t *testing.T) {
	t.Parallel()
	down := reply{err: errDown}
	tests := map[string]struct {
		warm   bool
		answer reply
		kid    string
		looked bool // for the kid, before the outage
		most   time.Duration
	}{
		"nothing held":                   {answer: down, kid: "k", most: 10 * time.Second},
		"nothing held, hangs":            {answer: reply{hang: true}, kid: "k", most: 10 * time.Second},
		"nothing held, Retry-After":      {answer: reply{status: 503, header: map[string]string{"Retry-After": "600"}}, kid: "k", most: 10 * time.Second},
		"nothing held, short":            {answer: reply{status: 503, header: map[string]string{"Retry-After": "4"}}, kid: "", most: 10 * time.Second},
		"a kid that is waited for":       {warm: true, answer: down, kid: "next", most: 10 * time.Second},
		"a kid that was looked for":      {warm: true, answer: down, kid: "next", looked: true, most: time.Minute},
		"a kid waited for, Retry-After":  {warm: true, answer: reply{status: 429, header: map[string]string{"Retry-After": "600"}}, kid: "next", most: 10 * time.Second},
		"a kid waited for, it hangs too": {warm: true, answer: reply{hang: true}, kid: "next", most: 10 * time.Second},
	}
	for name, test := range tests {
		t.Run("C_9111-jit-1 "+name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				s.publish(ecKey("k"))
				r := newRemote(t, s, func(c *jwks.RemoteConfig) { c.DefaultLifetime = 24 * time.Hour })
				if test.warm {
					require.NoError(t, r.Ready(t.Context()))
				}
				if test.looked {
					requireErr(t, r, test.kid, jwks.ErrNotFound)
					time.Sleep(time.Minute)
				}
				s.serve(keysURL, test.answer)
				ask := func() time.Duration {
					_, err := r.Keys(t.Context(), test.kid)
					if errors.Is(err, jwks.ErrNotFound) {
						return 0
					}
					return retryAfter(t, err)
				}
				for range 20 {
					told, attempts := ask(), s.count()
					if told == 0 { // garbage by now
						require.True(t, test.looked)
						return
					}
					require.GreaterOrEqual(t, told, time.Second)
					require.LessOrEqual(t, told, test.most)
					if told > time.Second {
						time.Sleep(told - time.Millisecond)
						again := ask()
						require.Equal(t, time.Second, max(again, time.Second))
						require.Equal(t, attempts, s.count(), "before it was told to")
						time.Sleep(time.Millisecond)
					} else {
						time.Sleep(told)
					}
					ask()
					require.Equal(t, attempts+1, s.count(), "when it was told to")
				}
			})
		})
	}
	t.Run("a caller that left", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, reply{hang: true})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := newRemote(t, s, nil).Keys(ctx, "k")
			require.Equal(t, time.Second, retryAfter(t, err))
			time.Sleep(time.Minute)
		})
	})
	t.Run("none with a verdict", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r, _ := warm(t, ecKey("k"), nil)
			_, err := r.Keys(t.Context(), "unknown")
			require.ErrorIs(t, err, jwks.ErrNotFound)
			var retry interface{ RetryAfter() time.Duration }
			require.False(t, errors.As(err, &retry))
		})
	})
}
