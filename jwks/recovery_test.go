package jwks_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/jwks"
)

// outage is a time in which the issuer answers like that, and what comes after.
type outage struct {
	answer  reply
	lasts   time.Duration
	calls   time.Duration // between two of them, until the last minutes
	warm    bool          // a set is held when it begins
	rotated bool          // the issuer signs with another key from its beginning on
}

// outages are those after which a service had to wait, of every kind: nothing
// held, nothing held any more, and a key that is not held.
func outages() map[string]outage {
	refused := reply{err: errDown}
	busy := reply{status: 429, header: map[string]string{"Retry-After": "86400"}}
	return map[string]outage{
		"nothing held, resets for 30 s":            {answer: refused, lasts: 30 * time.Second, calls: time.Second},
		"nothing held, resets for 20 min":          {answer: refused, lasts: 20 * time.Minute, calls: time.Second},
		"nothing held, hangs for 20 min":           {answer: reply{hang: true}, lasts: 20 * time.Minute, calls: time.Second},
		"nothing held, one 429 with Retry-After":   {answer: busy, lasts: time.Second, calls: time.Second},
		"nothing held, 429 for 20 min":             {answer: busy, lasts: 20 * time.Minute, calls: time.Second},
		"nothing held, a page of HTML for 20 min":  {answer: reply{body: "<html>"}, lasts: 20 * time.Minute, calls: time.Second},
		"past StaleFor, resets for 25 h":           {answer: refused, lasts: 25 * time.Hour, calls: time.Minute, warm: true},
		"another key, resets for 30 s":             {answer: refused, lasts: 30 * time.Second, calls: time.Second, warm: true, rotated: true},
		"another key, resets for 30 min":           {answer: refused, lasts: 30 * time.Minute, calls: time.Second, warm: true, rotated: true},
		"another key, hangs for 30 min":            {answer: reply{hang: true}, lasts: 30 * time.Minute, calls: time.Second, warm: true, rotated: true},
		"another key, 429 with Retry-After 30 min": {answer: busy, lasts: 30 * time.Minute, calls: time.Second, warm: true, rotated: true},
	}
}

// recovery is what good callers noticed.
type recovery struct {
	closed   time.Duration // from the issuer's return to the first good answer
	refused  int           // calls that were answered as if there were no such key
	requests int           // in the last ten minutes of the outage, or in all of it
}

// lives goes through the outage with good calls only, and some time longer, so
// that the issuer comes back at any point of the backoff.
func (o outage) lives(t *testing.T, more time.Duration, jitter float64) (got recovery) {
	old, next := edKey("old"), edKey("next")
	s := newServer()
	s.publish(old)
	r := newRemote(t, s, func(c *jwks.RemoteConfig) { c.Jitter = func() float64 { return jitter } })
	if o.warm {
		requireKey(t, r, old)
	}
	good := "old"
	if o.rotated {
		good = "next"
	}
	s.serve(keysURL, o.answer)
	served := make(chan time.Time, 1)
	call := func() {
		_, err := r.Keys(context.Background(), good)
		switch {
		case errors.Is(err, jwks.ErrNotFound):
			got.refused++
		case err == nil:
			select {
			case served <- time.Now():
			default:
			}
		}
	}
	for end := time.Now().Add(o.lasts + more - 2*time.Minute); time.Now().Before(end); time.Sleep(o.calls) {
		call()
		for len(served) > 0 {
			<-served // by a set that is held
		}
	}
	for end := time.Now().Add(min(o.lasts+more, 2*time.Minute)); time.Now().Before(end); time.Sleep(time.Second) {
		go call()
	}
	back := time.Now()
	for _, q := range s.seen() {
		if back.Sub(q.at) <= 10*time.Minute {
			got.requests++
		}
	}
	s.publish(old, next)
	for len(served) == 0 {
		go call()
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
	}
	got.closed = (<-served).Sub(back)
	time.Sleep(time.Minute)
	return got
}

// The figures that it prints with -v are those of docs/operators.md.
func TestRecovery(t *testing.T) {
	t.Parallel()
	for name, o := range outages() {
		t.Run("C_9111-jit-1 "+name, func(t *testing.T) {
			t.Parallel()
			var worst recovery
			for n := range 12 {
				synctest.Test(t, func(t *testing.T) {
					got := o.lives(t, time.Duration(n)*900*time.Millisecond, []float64{0.999, 0.5, 0.1}[n%3])
					worst.closed = max(worst.closed, got.closed)
					worst.refused = max(worst.refused, got.refused)
					worst.requests = max(worst.requests, got.requests)
				})
			}
			t.Logf("closed for %v more; %d good calls refused as of unknown keys; %d requests in ten minutes of outage",
				worst.closed.Round(100*time.Millisecond), worst.refused, worst.requests)
			assert.LessOrEqual(t, worst.closed, 10*time.Second)
			assert.Zero(t, worst.refused)
		})
	}
}
