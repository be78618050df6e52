package rehearse

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/postern-go/postern/token/tokentest"
)

// trouble is one kind of outage.
type trouble struct {
	name  string
	begin func(*tokentest.Issuer)
	told  bool // the issuer says when to ask again
}

// retryAfter is what an issuer says that throttles its clients.
const retryAfter = 2 * time.Minute

// troubles are the kinds of outage. However the issuer fails, a service holds
// on to the keys that it has.
func troubles() []trouble {
	garbage := func(body string) func(*tokentest.Issuer) { return func(i *tokentest.Issuer) { i.Garbage(body) } }
	failing := func(status int) func(*tokentest.Issuer) { return func(i *tokentest.Issuer) { i.Fail(status) } }
	return []trouble{
		{name: "connections are refused", begin: (*tokentest.Issuer).GoDown},
		{name: "requests hang", begin: (*tokentest.Issuer).Hang},
		{name: "requests fail", begin: failing(http.StatusInternalServerError)},
		{name: "nothing is found", begin: failing(http.StatusNotFound)},
		{name: "requests are throttled", begin: throttle, told: true},
		{name: "an error page", begin: garbage("<!doctype html><title>Back soon</title><p>We are working on it.")},
		{name: "an empty key set", begin: garbage(`{"keys":[]}`)},
		{name: "an error object", begin: garbage(`{"error":"temporarily_unavailable"}`)},
		{name: "half a document", begin: func(i *tokentest.Issuer) { i.Garbage(i.KeySet()[:len(i.KeySet())/2]) }},
		{name: "an empty document", begin: garbage("")},
		{name: "unusable keys alone", begin: garbage(`{"keys":[` + strings.Join(useless, ",") + `]}`)},
		{name: "a document that is too long", begin: garbage(`{"keys":[],"padding":"` + strings.Repeat("x", 1<<20) + `"}`)},
	}
}

func throttle(i *tokentest.Issuer) {
	i.Fail(http.StatusTooManyRequests)
	i.SetHeader("Retry-After", fmt.Sprint(int(retryAfter.Seconds())))
}

// outageScenarios are what happens to issuers.
func outageScenarios() []scenario {
	var scenarios []scenario
	for _, tr := range troubles() {
		scenarios = append(scenarios, scenario{
			name: tr.name, run: tr.outage,
			why: "an outage of the issuer must not become one of the service, and must not sign every user out",
		})
	}
	scenarios = slices.Concat(scenarios, lastingScenarios(), coldScenarios())
	for n := range scenarios {
		scenarios[n].group = "outage"
	}
	return scenarios
}

// outage is one of the kind in which a key is published that the service
// cannot fetch.
func (tr trouble) outage(s *rehearsal) {
	old := s.issuer.SigningKey()
	tr.begin(s.issuer)
	next := s.issuer.Announce()
	tr.run(s, "the outage begins", s.cfg.doubt(), s.by(next, "just published", mustAbstain))
	tr.run(s, "the outage goes on", max(20*time.Minute, 2*s.cfg.lifetime()), s.by(next, "just published", mustNotAdmit))
	s.comeUp()
	s.run(phase{
		name: "the issuer is back", lasts: s.recovery(tr),
		clients: with(s.usual(0), s.by(next, "just published", anything)),
	})
	s.issuer.Promote(next.ID)
	s.run(phase{
		name: "all is well", lasts: s.cfg.lifetime(),
		clients: with(s.usual(0), s.by(old, "issued before", mustAdmit)),
	})
}

// run is a phase of the outage, cut to the time in which keys serve. A key that
// was published in it can only be unknown.
func (tr trouble) run(s *rehearsal, name string, lasts time.Duration, unknown client) {
	if s.cfg.grace() <= 0 {
		return
	}
	lasts = min(lasts, s.cfg.grace())
	most := s.retries(lasts)
	var every time.Duration
	if tr.told && lasts < retryAfter {
		// Where a key is lacking, it counts up to the longest pause, and calls
		// that come less often would not tell that from the usual ones.
		most, every = 2+int(lasts/min(longestPause, s.cfg.refetchInterval())), time.Second
	}
	s.run(phase{name: name, lasts: lasts, most: most, every: every, clients: with(s.usual(s.cfg.prompt()), unknown)})
}

// recovery is how long the service may take after the outage. A service that was told
// when to ask again may wait for that.
func (s *rehearsal) recovery(tr trouble) time.Duration {
	lasts := s.cfg.recovery()
	if tr.told {
		lasts = max(lasts, retryAfter)
	}
	return s.cfg.settled(lasts)
}

// comeUp ends the outage with all that belongs to it.
func (s *rehearsal) comeUp() {
	s.issuer.ComeUp()
	s.issuer.SetHeader("Retry-After", "")
}
