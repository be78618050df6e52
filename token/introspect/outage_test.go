package introspect_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/introspect"
)

// retryAfter is what a caller is told.
func retryAfter(err error) time.Duration {
	var known interface{ RetryAfter() time.Duration }
	if errors.As(err, &known) {
		return known.RetryAfter()
	}
	return 0
}

func TestOutage(t *testing.T) {
	t.Parallel()
	inTime(t, map[string]func(*testing.T){
		"after five failures the endpoint is left alone, then tried by one": func(t *testing.T) {
			i := &issuer{answer: always(answer{status: 500})}
			a := authenticator(t, i)
			for n := range 20 {
				_, err := judge(t, a, fmt.Sprint("t", n))
				require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
				assert.GreaterOrEqual(t, retryAfter(err), time.Second)
			}
			assert.Equal(t, 5, i.asked())
			_, err := judge(t, a, "t0")
			assert.Contains(t, err.Error(), "status is 500")
			assert.Equal(t, introspect.StateClosed, a.Status().State)
			time.Sleep(time.Until(a.Status().NextAttempt))
			for n := range 20 {
				_, err := judge(t, a, fmt.Sprint("t", n))
				require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
			}
			assert.Equal(t, 6, i.asked())
			i.set(always(goodAnswer(nil)))
			time.Sleep(10 * time.Second)
			_, err = judge(t, a, "t0")
			require.NoError(t, err)
			assert.Equal(t, introspect.StateServing, a.Status().State)
			assert.NoError(t, a.Status().LastError)
		},
		"an hour of outage costs the issuer six requests a minute and lane": func(t *testing.T) {
			i := &issuer{answer: always(answer{status: 503})}
			a := authenticator(t, i)
			for n := range 36_000 {
				_, err := judge(t, a, fmt.Sprint("t", n))
				require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
				time.Sleep(100 * time.Millisecond)
			}
			assert.InDelta(t, 480, i.asked(), 100)
		},
		"C_7662-2.3-1 our credentials: an alarm, and a pause at once": func(t *testing.T) {
			i := &issuer{answer: always(answer{status: 401})}
			var alarms []error
			a := authenticator(t, i, func(c *introspect.Config) {
				c.Trace = &introspect.Trace{Credentials: func(err error) { alarms = append(alarms, err) }}
			})
			for n := range 5 {
				_, err := judge(t, a, fmt.Sprint("t", n))
				require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
				assert.NotErrorIs(t, err, token.ErrInvalid)
			}
			assert.Equal(t, 1, i.asked())
			assert.Len(t, alarms, 1)
			assert.Contains(t, alarms[0].Error(), "Config.Credentials")
			assert.True(t, a.Status().CredentialsRefused)
			require.ErrorIs(t, a.Ready(t.Context()), token.ErrUnavailable)
		},
		"C_7662-2.3-1 what is about our credentials": func(t *testing.T) {
			for _, row := range []struct {
				answer answer
				ours   bool
			}{
				{answer{status: 401}, true}, {answer{status: 403}, true},
				{answer{status: 400, body: `{"error":"invalid_client"}`}, true}, {answer{status: 400, body: `{"error":"unauthorized_client"}`}, true},
				{answer{status: 400, body: `{"error":"invalid_request"}`}, false}, {answer{status: 400, body: `{"error":"invalid_token"}`}, false},
				{answer{status: 400, body: "no JSON"}, false}, {answer{status: 404}, false}, {answer{status: 500}, false},
			} {
				a := authenticator(t, &issuer{answer: always(row.answer)})
				_, err := judge(t, a, "t")
				require.Error(t, err)
				assert.Equal(t, row.ours, a.Status().CredentialsRefused, row.answer)
				assert.Equal(t, row.ours, a.Status().State == introspect.StateClosed, row.answer)
			}
		},
		"a 400 without a JSON error counts as a failure": func(t *testing.T) {
			a := authenticator(t, &issuer{answer: always(answer{status: 400, body: "no"})})
			for n := range 5 {
				_, _ = judge(t, a, fmt.Sprint("t", n))
			}
			assert.Equal(t, introspect.StateClosed, a.Status().State)
		},
		"Retry-After is honoured and passed on": func(t *testing.T) {
			i := &issuer{answer: always(answer{status: 429, header: http.Header{"Retry-After": {"90"}}})}
			a := authenticator(t, i)
			_, err := judge(t, a, "t")
			assert.Equal(t, 90*time.Second, retryAfter(err))
			time.Sleep(89 * time.Second)
			_, err = judge(t, a, "other")
			require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
			assert.Equal(t, time.Second, retryAfter(err))
			assert.Equal(t, 1, i.asked())
			time.Sleep(time.Second)
			_, _ = judge(t, a, "other")
			assert.Equal(t, 2, i.asked())
		},
		"C_7662-2.3-2 a token's own 400 moves nothing": func(t *testing.T) {
			i := &issuer{answer: always(answer{status: 400, body: `{"error":"unsupported_token_type"}`})}
			a := authenticator(t, i, func(c *introspect.Config) {
				c.Trace = &introspect.Trace{Credentials: func(error) { t.Error("alarm") }, Outage: func(introspect.Outage) { t.Error("outage") }}
			})
			for n := range 50 {
				_, err := judge(t, a, fmt.Sprint("t", n))
				require.ErrorIs(t, err, token.ErrInactive)
			}
			assert.Equal(t, introspect.StateServing, a.Status().State)
			i.set(always(goodAnswer(nil)))
			_, err := judge(t, a, "good")
			require.NoError(t, err)
		},
		"C_7662-2.3-1 a 400 that does not say whose fault it is refuses no token and moves nothing": func(t *testing.T) {
			i := &issuer{answer: always(answer{status: 400, body: `{"error":"invalid_request"}`})}
			a := authenticator(t, i, func(c *introspect.Config) {
				c.Trace = &introspect.Trace{Credentials: func(error) { t.Error("alarm") }, Outage: func(introspect.Outage) { t.Error("outage") }}
			})
			for n := range 50 {
				_, err := judge(t, a, fmt.Sprint("t", n))
				require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
				assert.Equal(t, time.Second, retryAfter(err))
			}
			assert.Equal(t, introspect.StateServing, a.Status().State)
			i.set(always(goodAnswer(nil)))
			_, err := judge(t, a, "t0")
			require.NoError(t, err, "which was not remembered")
		},
		"a text at which the endpoint fails does not keep good callers out": func(t *testing.T) {
			i := &issuer{answer: func(r request) answer {
				if r.form.Get("token") != "good" {
					return answer{status: 500}
				}
				return goodAnswer(nil)
			}}
			a := authenticator(t, i)
			_, err := judge(t, a, "good")
			require.NoError(t, err)
			for n := range 600 {
				_, err := judge(t, a, fmt.Sprint("evil", n))
				require.ErrorIs(t, err, token.ErrUnavailable)
				_, err = judge(t, a, "good")
				require.NoError(t, err)
				time.Sleep(time.Second)
			}
		},
		"a flood of garbage costs a stated rate, and good callers nothing": func(t *testing.T) {
			i := &issuer{answer: known("good")}
			a := authenticator(t, i)
			_, err := judge(t, a, "good")
			require.NoError(t, err)
			for n := range 60 {
				for m := range 200 {
					_, err = judge(t, a, fmt.Sprint("bad-", n, "-", m))
				}
				assert.Contains(t, err.Error(), "Config.UnknownPerSecond")
				_, err = judge(t, a, "good")
				require.NoError(t, err)
				time.Sleep(time.Second)
			}
			assert.InDelta(t, 50*60+50, i.asked(), 60)
		},
		"new good tokens cost nothing of that rate": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(nil))}
			a := authenticator(t, i)
			for n := range 1000 {
				_, err := judge(t, a, fmt.Sprint("t", n))
				require.NoError(t, err)
			}
		},
		"a caller's deadline, and the timeout of a request": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(nil)), delay: time.Hour}
			a := authenticator(t, i)
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := a.Authenticate(ctx, token.Bearer("t"))
			require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
			assert.Equal(t, time.Second, time.Since(began))
			_, err = judge(t, a, "t")
			require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
			assert.NotErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, 3*time.Second, time.Since(began))
		},
		"stale answers only by leave, and for so long": func(t *testing.T) {
			for _, stale := range []time.Duration{0, time.Minute} {
				var ages []time.Duration
				i := &issuer{answer: known("good")}
				a := authenticator(t, i, func(c *introspect.Config) {
					c.StaleFor = stale
					c.Trace = &introspect.Trace{Stale: func(age time.Duration) { ages = append(ages, age) }}
				})
				_, err := judge(t, a, "good")
				require.NoError(t, err)
				_, err = judge(t, a, "bad")
				require.ErrorIs(t, err, token.ErrInactive)
				i.set(always(answer{status: 500}))
				time.Sleep(31 * time.Second)
				_, err = judge(t, a, "good")
				_, bad := judge(t, a, "bad")
				require.ErrorIs(t, bad, token.ErrUnavailable, "never a bad one")
				if stale == 0 {
					require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
					continue
				}
				require.NoError(t, err)
				assert.Equal(t, []time.Duration{31 * time.Second}, ages)
				time.Sleep(59 * time.Second)
				_, err = judge(t, a, "good")
				require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
			}
		},
		"without leave no answer outlives exp, not within the leeway either": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(members{"exp": time.Now().Add(5 * time.Second).Unix()}))}
			a := authenticator(t, i)
			_, err := judge(t, a, "good")
			require.NoError(t, err)
			i.set(always(answer{status: 500}))
			time.Sleep(6 * time.Second)
			_, err = judge(t, a, "good")
			require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
		},
		"a stale answer does not outlive exp": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(members{"exp": time.Now().Add(10 * time.Second).Unix()}))}
			a := authenticator(t, i, func(c *introspect.Config) { c.StaleFor, c.Leeway = 5*time.Minute, -1 })
			_, err := judge(t, a, "good")
			require.NoError(t, err)
			i.set(always(answer{status: 500}))
			time.Sleep(11 * time.Second)
			_, err = judge(t, a, "good")
			require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
		},
		"a panic of the program's code is an outage": func(t *testing.T) {
			a := authenticator(t, &issuer{answer: func(request) answer { panic("boom") }})
			_, err := judge(t, a, "t")
			require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
			assert.Zero(t, a.Status().InFlight)
		},
		"a hook that panics ends nothing": func(t *testing.T) {
			a := authenticator(t, &issuer{answer: always(goodAnswer(nil))}, func(c *introspect.Config) {
				c.Trace = &introspect.Trace{Asked: func(introspect.Asked) { panic("boom") }}
			})
			_, err := judge(t, a, "t")
			require.NoError(t, err)
			require.Error(t, a.Status().LastPanic)
		},
	})
}
