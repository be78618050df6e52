package introspect_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/introspect"
)

// byName answers as the token says: "good", "bad", "400" or a status to fail with, and
// after a pause of so many seconds: "good-a 3s" with a dot for the space.
func byName(r request) answer {
	kind, wait, _ := strings.Cut(r.form.Get("token"), ".")
	if d, err := time.ParseDuration(wait); err == nil {
		time.Sleep(d)
	}
	kind, _, _ = strings.Cut(kind, "-")
	switch kind {
	case "good":
		return goodAnswer(nil)
	case "bad":
		return ok(`{"active":false}`)
	case "400":
		return answer{status: 400, body: `{"error":"invalid_token"}`}
	}
	return answer{status: 500}
}

// closed makes an Authenticator that has just closed the lane of unknown tokens.
func closed(t *testing.T, i *issuer, edits ...func(*introspect.Config)) *introspect.Authenticator {
	t.Helper()
	a := authenticator(t, i, edits...)
	for n := range 5 {
		_, err := judge(t, a, fmt.Sprint("500-", n))
		require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
	}
	require.Equal(t, introspect.StateClosed, a.Status().State)
	return a
}

func TestLanes(t *testing.T) {
	t.Parallel()
	untilNext := func(a *introspect.Authenticator) { time.Sleep(time.Until(a.Status().NextAttempt)) }
	inTime(t, map[string]func(*testing.T){
		"events: one when it begins, one when it is over": func(t *testing.T) {
			var events []introspect.Outage
			i := &issuer{answer: byName}
			began := time.Now()
			a := closed(t, i, func(c *introspect.Config) {
				c.Trace = &introspect.Trace{Outage: func(o introspect.Outage) { events = append(events, o) }}
			})
			require.Len(t, events, 1)
			assert.Equal(t, 5, events[0].Failures)
			assert.Equal(t, began, events[0].Since)
			assert.False(t, events[0].Over)
			require.Error(t, events[0].Err)
			untilNext(a)
			_, err := judge(t, a, "good-1")
			require.NoError(t, err)
			_, err = judge(t, a, "good-2")
			require.NoError(t, err)
			require.Len(t, events, 2)
			assert.True(t, events[1].Over)
		},
		"failures count in a row, since the first": func(t *testing.T) {
			a := authenticator(t, &issuer{answer: byName})
			for n := range 20 {
				_, _ = judge(t, a, fmt.Sprint("500-", n))
				time.Sleep(time.Second)
				assert.Equal(t, introspect.StateFailing, a.Status().State)
				assert.Equal(t, n%4+1, a.Status().Failures)
				assert.Equal(t, time.Duration(n%4+1)*time.Second, time.Since(a.Status().FailingSince))
				if n%4 == 3 {
					_, _ = judge(t, a, fmt.Sprint("bad-", n))
					assert.Equal(t, introspect.StateServing, a.Status().State, "an answer is an answer")
				}
			}
		},
		"a token's own 400 does not end the row": func(t *testing.T) {
			a := authenticator(t, &issuer{answer: byName})
			for n := range 5 {
				_, _ = judge(t, a, fmt.Sprint("500-", n))
				_, _ = judge(t, a, fmt.Sprint("400-", n))
			}
			assert.Equal(t, introspect.StateClosed, a.Status().State)
		},
		"one at a time tries": func(t *testing.T) {
			i := &issuer{answer: byName}
			a := closed(t, i)
			untilNext(a)
			var all sync.WaitGroup
			for n := range 10 {
				all.Go(func() { _, _ = judge(t, a, fmt.Sprint("500-late", n, ".1s")) })
			}
			all.Wait()
			assert.Equal(t, 6, i.asked())
			untilNext(a)
			_, err := judge(t, a, "400-1")
			require.ErrorIs(t, err, token.ErrInactive)
			assert.Equal(t, introspect.StateClosed, a.Status().State, "which does not tell")
			_, err = judge(t, a, "good-1")
			require.NoError(t, err)
			assert.Equal(t, introspect.StateServing, a.Status().State)
		},
		"requests that fail together close it once": func(t *testing.T) {
			i := &issuer{answer: byName}
			a := authenticator(t, i)
			var all sync.WaitGroup
			for n := range 40 {
				all.Go(func() { _, _ = judge(t, a, fmt.Sprint("500-", n, ".1s")) })
			}
			all.Wait()
			assert.Equal(t, 40, i.asked())
			assert.LessOrEqual(t, time.Until(a.Status().NextAttempt), time.Second)
		},
		"a request from before it closed does not open it": func(t *testing.T) {
			a := authenticator(t, &issuer{answer: byName})
			var all sync.WaitGroup
			all.Go(func() {
				_, err := judge(t, a, "good-slow.100ms")
				assert.NoError(t, err)
			})
			time.Sleep(10 * time.Millisecond)
			for n := range 5 {
				_, _ = judge(t, a, fmt.Sprint("500-", n))
			}
			all.Wait()
			assert.Equal(t, introspect.StateClosed, a.Status().State)
		},
		"nor does it let another one try": func(t *testing.T) {
			i := &issuer{answer: byName}
			a := authenticator(t, i)
			var all sync.WaitGroup
			all.Go(func() { _, _ = judge(t, a, "400-slow.1200ms") })
			time.Sleep(10 * time.Millisecond)
			for n := range 5 {
				_, _ = judge(t, a, fmt.Sprint("500-", n))
			}
			time.Sleep(1100 * time.Millisecond) // the pause is over
			all.Go(func() { _, _ = judge(t, a, "500-try.1s") })
			time.Sleep(200 * time.Millisecond) // the old one has ended
			before := i.asked()
			_, err := judge(t, a, "good-1")
			require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
			assert.Equal(t, before, i.asked())
			all.Wait()
		},
		"a failure after it was closed for another reason": func(t *testing.T) {
			i := &issuer{answer: always(answer{status: 401})}
			a := authenticator(t, i)
			_, _ = judge(t, a, "500-1")
			i.set(byName)
			untilNext(a)
			_, _ = judge(t, a, "500-2")
			assert.Equal(t, introspect.StateClosed, a.Status().State)
			assert.Positive(t, time.Until(a.Status().NextAttempt))
			assert.False(t, a.Status().CredentialsRefused)
		},
		"what the endpoint asks for counts for known tokens too": func(t *testing.T) {
			i := &issuer{answer: byName}
			a := authenticator(t, i)
			_, err := judge(t, a, "good-1")
			require.NoError(t, err)
			i.set(always(answer{status: 503, header: http.Header{"Retry-After": {"300"}}}))
			_, _ = judge(t, a, "other")
			time.Sleep(time.Minute)
			before := i.asked()
			_, err = judge(t, a, "good-1")
			require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
			assert.Equal(t, 240*time.Second, retryAfter(err))
			assert.Equal(t, before, i.asked())
		},
		"the status tells of the lane that is worse off": func(t *testing.T) {
			i := &issuer{answer: byName}
			a := authenticator(t, i)
			for n := range 5 {
				_, err := judge(t, a, fmt.Sprint("good-", n))
				require.NoError(t, err)
			}
			time.Sleep(time.Minute)
			i.set(always(answer{status: 500}))
			for n := range 5 {
				_, err := judge(t, a, fmt.Sprint("good-", n))
				require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
			}
			assert.Equal(t, introspect.StateClosed, a.Status().State)
			i.set(byName)
			_, err := judge(t, a, "good-new")
			require.NoError(t, err, "strangers have a lane of their own")
		},
		"a clock that is set back does not prolong a pause": func(t *testing.T) {
			var back time.Duration
			i := &issuer{answer: byName}
			a := closed(t, i, func(c *introspect.Config) { c.Time = func() time.Time { return time.Now().Round(0).Add(-back) } })
			back = time.Hour
			_, err := judge(t, a, "bad-1")
			require.ErrorIs(t, err, token.ErrInactive)
		},
	})
}
