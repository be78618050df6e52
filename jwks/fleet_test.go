package jwks_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

// fleet is many replicas of a service, each with a Remote of its own, that live
// through one day with one issuer. Replicas do not know of each other, so each
// lives its day by itself on its own clock, and what they have in common is the
// issuer.
//
// Traffic is a Poisson process: a call every five seconds, and twenty a second
// in the minutes around what happens. Calls bear tokens that were issued at any
// time of the last five minutes. A tenth of the replicas is in trouble: for
// twelve hours they get a call a second, or twenty, under a kid that is not
// published, and once a minute a token of a withdrawn key. Such a token comes
// to the others every two hours.
type fleet struct {
	replicas int
	repeat   int // calls under the same kid of garbage
	issuer   *fleetIssuer

	mu      sync.Mutex
	remotes []*jwks.Remote
	tally
}

// tally is what became of the calls.
type tally struct {
	calls      int
	refused    int             // good tokens, as of unknown keys: 401
	unanswered int             // good tokens, as not to be judged now: 503
	accepted   int             // bad tokens
	known      []time.Duration // from publication to the last replica that holds the key
}

func newFleet(replicas, repeat int) *fleet {
	f := &fleet{replicas: replicas, repeat: repeat, issuer: newFleetIssuer()}
	f.known = make([]time.Duration, len(f.issuer.signers))
	return f
}

// run lives the day of all replicas, on all processors.
func (f *fleet) run(tb testing.TB) {
	next := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for n := range next {
				f.add(newReplica(tb, f, n).live())
			}
		})
	}
	for n := range f.replicas {
		next <- n
	}
	close(next)
	wg.Wait()
}

func (f *fleet) add(r *replica) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.remotes = append(f.remotes, r.remote)
	f.calls += r.calls
	f.refused += r.refused
	f.unanswered += r.unanswered
	f.accepted += r.accepted
	for i, d := range r.known {
		f.known[i] = max(f.known[i], d)
	}
}

// replica is one of the fleet.
type replica struct {
	tally
	fleet    *fleet
	remote   *jwks.Remote
	line     *fleetLine
	random   *rand.Rand
	starts   time.Duration
	troubled bool
	garbage  int
}

func newReplica(tb testing.TB, f *fleet, n int) *replica {
	r := &replica{
		fleet: f, line: &fleetLine{issuer: f.issuer},
		random:   rand.New(rand.NewPCG(1, uint64(n))),
		starts:   fleetStart * time.Duration(n) / time.Duration(f.replicas),
		troubled: n%10 == 0,
	}
	r.line.clock.Store(int64(r.starts))
	jitter := rand.New(rand.NewPCG(2, uint64(n)))
	remote, err := jwks.NewRemote(jwks.RemoteConfig{
		URLs: []string{keysURL}, HTTPClient: &http.Client{Transport: r.line},
		Time: r.line.time, Jitter: jitter.Float64,
	})
	require.NoError(tb, err)
	r.remote = remote
	return r
}

// live lives the day.
func (r *replica) live() *replica {
	for now := r.starts; ; {
		t := r.traffic(now)
		next := now + time.Duration(r.random.ExpFloat64()/t.total()*float64(time.Second))
		if next >= t.until { // the process has no memory
			now = t.until
			if now == fleetDay {
				return r
			}
			continue
		}
		now = next
		r.line.clock.Store(int64(now))
		r.call(now, t)
		jwks.Settle(r.remote)
		r.look(now)
	}
}

// traffic is calls per second until something changes.
type traffic struct {
	good, dead, garbage float64
	until               time.Duration
}

func (t traffic) total() float64 { return t.good + t.dead + t.garbage }

// busy are the times at which something happens, in which there are more calls
// for a while.
var busy = []struct{ from, lasts time.Duration }{
	{5 * time.Hour, time.Minute}, {outageBegins, time.Minute}, {outageEnds, time.Minute},
	{14 * time.Hour, 2 * time.Minute}, {17 * time.Hour, time.Minute},
}

func (r *replica) traffic(now time.Duration) traffic {
	t := traffic{good: 1. / 5, until: fleetDay}
	t.change(now, r.fleet.issuer.signers[0].retired)
	if now >= r.fleet.issuer.signers[0].retired {
		t.dead = 1. / 7200
	}
	garbage := 1.
	for _, b := range busy {
		t.change(now, b.from)
		t.change(now, b.from+b.lasts)
		if b.from <= now && now < b.from+b.lasts {
			t.good, garbage = 20, 20
		}
	}
	if r.troubled {
		t.change(now, floodBegins)
		t.change(now, floodEnds)
		if floodBegins <= now && now < floodEnds {
			t.garbage, t.dead = garbage, 1./60
		}
	}
	return t
}

// change bounds t by a time at which it changes.
func (t *traffic) change(now, at time.Duration) {
	if now < at {
		t.until = min(t.until, at)
	}
}

// call makes one call of the kinds that there are.
func (r *replica) call(now time.Duration, t traffic) {
	r.calls++
	switch kind := r.random.Float64() * t.total(); {
	case kind < t.good:
		r.present(now)
	case kind < t.good+t.dead:
		r.presentDead(now)
	default:
		r.presentGarbage()
	}
}

func (r *replica) keys(kid string) ([]jwks.Key, error) {
	return r.remote.Keys(context.Background(), kid)
}

// present presents a good token.
func (r *replica) present(now time.Duration) {
	age := time.Duration(r.random.Float64() * float64(min(now, fleetTokenLife)))
	signer := r.fleet.issuer.signing(now - age)
	keys, err := r.keys(signer.id)
	switch {
	case errors.Is(err, jwks.ErrNotFound):
		r.refused++
	case err != nil:
		r.unanswered++
	case keys[0].ID != signer.id:
		r.refused++
	}
}

func (r *replica) presentDead(now time.Duration) {
	kid, since := r.fleet.issuer.dead(now)
	if _, err := r.keys(kid); err == nil && since > 0 {
		r.accepted++
	}
}

func (r *replica) presentGarbage() {
	kid := "garbage " + strconv.Itoa(r.garbage/r.fleet.repeat)
	r.garbage++
	if _, err := r.keys(kid); err == nil {
		r.accepted++
	}
}

// look notes when a new key is held for the first time.
func (r *replica) look(now time.Duration) {
	n := len(r.known)
	if n == len(r.fleet.issuer.signers) {
		return
	}
	if s := r.fleet.issuer.signers[n]; s.published <= now && jwks.Holds(r.remote, s.id) {
		r.known = append(r.known, now-s.published)
	}
}
