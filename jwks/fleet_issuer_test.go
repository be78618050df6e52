package jwks_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/postern-go/postern/jwks"
)

// The simulated day. Times are counted from the start of the first replica.
const (
	fleetDay       = 24 * time.Hour
	fleetStart     = 5 * time.Minute // in which the replicas start one after the other
	fleetLifetime  = 15 * time.Minute
	fleetTokenLife = 5 * time.Minute // clients keep a token for that long

	outageBegins = 10 * time.Hour
	outageEnds   = 11 * time.Hour
	floodBegins  = 8 * time.Hour
	floodEnds    = 20 * time.Hour

	ordinaryBegins = time.Hour // what refreshing costs when nothing happens
	ordinaryEnds   = 6 * time.Hour
)

// signer is a key of the issuer with its times.
type signer struct {
	testKey
	published, signs, retired time.Duration
}

func (s signer) announced() bool { return s.published < s.signs }

// fleetIssuer is the authorization server of the day. It is the same function
// of time for every replica, and counts how often it is asked.
type fleetIssuer struct {
	signers   []signer
	sets      []publication
	perMinute [fleetDay / time.Minute]atomic.Int64
}

// publication is a key set from a time on.
type publication struct {
	from       time.Duration
	body, etag string
}

func newFleetIssuer() *fleetIssuer {
	i := &fleetIssuer{signers: []signer{
		{ecKey("a"), 0, 0, 6 * time.Hour},
		{ecKey("b"), 4 * time.Hour, 5 * time.Hour, 15 * time.Hour},
		{ecKey("c"), 14 * time.Hour, 14 * time.Hour, 18 * time.Hour}, // unannounced
		{ecKey("d"), 16 * time.Hour, 17 * time.Hour, fleetDay},
	}}
	for hour := range fleetDay / time.Hour {
		from := hour * time.Hour
		body := setOf(i.publishedAt(from)...)
		if last := len(i.sets) - 1; last < 0 || i.sets[last].body != body {
			i.sets = append(i.sets, publication{from, body, fmt.Sprintf(`"%d"`, hour)})
		}
	}
	return i
}

func (i *fleetIssuer) publishedAt(at time.Duration) (keys []testKey) {
	for _, s := range i.signers {
		if s.published <= at && at < s.retired {
			keys = append(keys, s.testKey)
		}
	}
	return keys
}

// signing is the key that the tokens issued at a time are signed with.
func (i *fleetIssuer) signing(at time.Duration) signer {
	current := i.signers[0]
	for _, s := range i.signers[1:] {
		if s.signs <= at {
			current = s
		}
	}
	return current
}

// dead is the key that was withdrawn last, and for how long no replica has had
// a reason to use it. There is none before the first withdrawal.
func (i *fleetIssuer) dead(at time.Duration) (kid string, since time.Duration) {
	for _, s := range i.signers {
		if s.retired <= at {
			kid, since = s.id, at-s.retired-fleetLifetime
		}
	}
	return kid, since
}

// answer is what a request is answered at a time. In the outage connections are
// refused at first, then the server is overloaded, then a page says so.
func (i *fleetIssuer) answer(at time.Duration, q *http.Request) (*http.Response, error) {
	i.perMinute[at/time.Minute].Add(1)
	const third = (outageEnds - outageBegins) / 3
	switch into := at - outageBegins; {
	case into < 0 || at >= outageEnds:
		return i.current(at).respond(q), nil
	case into < third:
		return nil, errDown
	case into < 2*third:
		return response(http.StatusServiceUnavailable, "", ""), nil
	default:
		return response(http.StatusOK, "", "<!doctype html>"), nil
	}
}

func (i *fleetIssuer) current(at time.Duration) publication {
	current := i.sets[0]
	for _, p := range i.sets {
		if p.from <= at {
			current = p
		}
	}
	return current
}

func (p publication) respond(q *http.Request) *http.Response {
	if q.Header.Get("If-None-Match") == p.etag {
		return response(http.StatusNotModified, p.etag, "")
	}
	return response(http.StatusOK, p.etag, p.body)
}

func response(status int, etag, body string) *http.Response {
	header := http.Header{}
	if etag != "" {
		header["Etag"] = []string{etag}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1}
}

// fleetLine is the way from one replica to the issuer. The clock is the
// replica's own.
type fleetLine struct {
	issuer *fleetIssuer
	clock  atomic.Int64 // nanoseconds into the day
}

var fleetEpoch = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

func (l *fleetLine) time() time.Time { return fleetEpoch.Add(time.Duration(l.clock.Load())) }

func (l *fleetLine) RoundTrip(q *http.Request) (*http.Response, error) {
	return l.issuer.answer(time.Duration(l.clock.Load()), q)
}

var _ http.RoundTripper = (*fleetLine)(nil)
var _ jwks.Source = (*jwks.Remote)(nil)
