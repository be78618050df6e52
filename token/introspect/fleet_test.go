package introspect_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/introspect"
)

// What happens to the fleet, one thing after the other. The hours between, in which
// nothing happens, are left out: nothing is remembered for as long as a minute.
const (
	warmUp = iota
	ordinary
	outage
	afterOutage
	storm
	flood
	afterFlood
	chapters
)

var lasts = [chapters]time.Duration{
	warmUp: time.Minute, ordinary: 2 * time.Minute, outage: 3 * time.Minute, afterOutage: time.Minute,
	storm: 2 * time.Minute, flood: time.Minute, afterFlood: time.Minute,
}

var titles = [chapters]string{
	warmUp: "start", ordinary: "nothing happens", outage: "the issuer is down", afterOutage: "it is back",
	storm: "all tokens are revoked at once", flood: "garbage", afterFlood: "it is over",
}

const (
	fleetUsers   = 300 // whose calls come to one replica
	fleetCalls   = 100 // a second
	fleetGarbage = 200 // a second, in the flood
)

// begins is when a chapter does, after the start.
func begins(chapter int) (at time.Duration) {
	for c := range chapter {
		at += lasts[c]
	}
	return at
}

func chapterAt(now time.Duration) int {
	for c := range chapters {
		if now < lasts[c] {
			return c
		}
		now -= lasts[c]
	}
	return chapters
}

// fleet is many replicas of a service, each with an Authenticator of its own and
// default settings. Replicas do not know of each other, so each lives its day by
// itself on its own clock, and what they have in common is the issuer, which is the
// same function of time for all.
type fleet struct {
	replicas int
	seconds  []atomic.Int64 // questions in each second

	mu sync.Mutex
	fleetTally
}

// fleetTally is what became of the calls.
type fleetTally struct {
	calls, unanswered [chapters]int // of good tokens: all, and 503
	refused           int           // good tokens, 401
	accepted          int           // garbage
	life              time.Duration // of a revoked token, after its revocation
	served            time.Duration // from the end of the outage to the last 503
}

func newFleet(replicas int) *fleet {
	return &fleet{replicas: replicas, seconds: make([]atomic.Int64, begins(chapters)/time.Second+1)}
}

// run lives the day of all replicas, on all processors.
func (f *fleet) run(tb testing.TB) {
	next := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for n := range next {
				f.add(newFleetReplica(tb, f, n).live(tb))
			}
		})
	}
	for n := range f.replicas {
		next <- n
	}
	close(next)
	wg.Wait()
}

func (f *fleet) add(t fleetTally) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range chapters {
		f.calls[c] += t.calls[c]
		f.unanswered[c] += t.unanswered[c]
	}
	f.refused += t.refused
	f.accepted += t.accepted
	f.life, f.served = max(f.life, t.life), max(f.served, t.served)
}

// load is how many questions came in a second of a chapter: the mean and the most.
func (f *fleet) load(chapter int) (mean float64, most int64) {
	from, n := begins(chapter)/time.Second, lasts[chapter]/time.Second
	var sum int64
	for s := from; s < from+n; s++ {
		asked := f.seconds[s].Load()
		sum, most = sum+asked, max(most, asked)
	}
	return float64(sum) / float64(n), most
}

// fleetReplica is one of the fleet, with the users whose calls come to it.
type fleetReplica struct {
	fleetTally
	fleet   *fleet
	number  int
	random  *rand.Rand
	auth    *introspect.Authenticator
	elapsed time.Duration
	renewed [fleetUsers]bool // has the token of after the revocation
	tokens  [fleetUsers]string
}

func (r *fleetReplica) token(user int) string {
	return fmt.Sprintf("r%du%d.%t", r.number, user, r.renewed[user])
}

func newFleetReplica(tb testing.TB, f *fleet, n int) *fleetReplica {
	r := &fleetReplica{fleet: f, number: n, random: rand.New(rand.NewPCG(1, uint64(n)))}
	auth, err := introspect.New(introspect.Config{
		Issuer: fleetIssuer, Audience: []string{"https://api.example.com"}, Endpoint: fleetIssuer + "/introspect",
		Credentials: introspect.Basic("api", "secret"), HTTPClient: &http.Client{Transport: r}, Time: r.now,
	})
	require.NoError(tb, err)
	r.auth = auth
	for user := range r.tokens {
		r.tokens[user] = r.token(user)
	}
	return r
}

const fleetIssuer = "https://issuer.test"

var fleetEpoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func (r *fleetReplica) now() time.Time { return fleetEpoch.Add(r.elapsed) }

// live lives the day: calls at random, one after the other.
func (r *fleetReplica) live(tb testing.TB) fleetTally {
	for chapter := 0; chapter < chapters; chapter = chapterAt(r.elapsed) {
		rate := float64(fleetCalls)
		if chapter == flood {
			rate += fleetGarbage
		}
		if r.random.Float64()*rate < fleetCalls {
			r.good(tb, chapter, r.random.IntN(fleetUsers))
		} else {
			r.garbage(tb)
		}
		r.elapsed += time.Duration(r.random.ExpFloat64() / rate * float64(time.Second))
	}
	return r.fleetTally
}

// good is a call of a user, who gets a new token when the old one is refused.
func (r *fleetReplica) good(tb testing.TB, chapter, user int) {
	_, err := r.auth.Authenticate(tb.Context(), token.Bearer(r.tokens[user]))
	revoked := !r.renewed[user] && r.elapsed >= begins(storm)
	r.calls[chapter]++
	switch {
	case err == nil && revoked:
		r.life = max(r.life, r.elapsed-begins(storm))
	case err == nil:
	case errors.Is(err, token.ErrUnavailable):
		r.unanswered[chapter]++
		if r.elapsed >= begins(afterOutage) && r.elapsed < begins(storm) {
			r.served = max(r.served, r.elapsed-begins(afterOutage))
		}
	case revoked && errors.Is(err, token.ErrInactive):
		r.renewed[user] = true
		r.tokens[user] = r.token(user)
	default:
		r.refused++
	}
}

func (r *fleetReplica) garbage(tb testing.TB) {
	if _, err := r.auth.Authenticate(tb.Context(), token.Bearer(fmt.Sprintf("garbage%x", r.random.Uint64()))); err == nil {
		r.accepted++
	}
}

// RoundTrip is the issuer, as this replica meets it at its own time.
func (r *fleetReplica) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	_ = request.Body.Close()
	r.fleet.seconds[r.elapsed/time.Second].Add(1)
	if chapterAt(r.elapsed) == outage {
		return nil, syscall.ECONNREFUSED
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	answer := `{"active":false}`
	if raw := form.Get("token"); strings.HasSuffix(raw, ".true") || strings.HasSuffix(raw, ".false") && r.elapsed < begins(storm) {
		answer = fmt.Sprintf(`{"active":true,"iss":%q,"aud":"https://api.example.com","sub":"u","client_id":"c","exp":%d}`,
			fleetIssuer, fleetEpoch.Add(24*time.Hour).Unix())
	}
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   io.NopCloser(strings.NewReader(answer)), ContentLength: int64(len(answer)), Request: request,
	}, nil
}
