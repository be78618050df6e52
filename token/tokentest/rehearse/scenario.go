package rehearse

import (
	"slices"
	"testing"
	"time"

	"github.com/postern-go/postern/token/tokentest"
)

// scenario is one thing that an issuer does, or that happens to it.
type scenario struct {
	group string
	name  string
	why   string
	// before happens before the service is made. A scenario that has it begins
	// without keys.
	before func(*tokentest.Issuer)
	run    func(*rehearsal)
	opaque bool // tokens are opaque
}

// simulate runs the scenario in the current bubble.
func (sc scenario) simulate(t *testing.T, service Service, cfg Config) Result {
	t.Helper()
	s := newRehearsal(t, sc, cfg)
	defer s.close()
	if sc.before != nil {
		sc.before(s.issuer)
	}
	s.target = service(t, s.issuer)
	if sc.before != nil || s.opens() {
		sc.run(s)
	}
	return Result{
		Group: sc.group, Name: sc.name, Why: sc.why,
		Simulated: s.now(), Violations: s.violations, phases: s.records,
	}
}

// opens is how scenarios begin. It reports whether the service lets good tokens
// in at all: if not, nothing would be proven.
func (s *rehearsal) opens() bool {
	s.run(phase{name: "the first call", clients: []client{{make: s.fresh, want: mustAdmit}}})
	if len(s.violations) > 0 {
		return false
	}
	ordinary := phase{name: "an ordinary time", lasts: s.cfg.lifetime(), clients: s.usual(0), most: s.refreshes(s.cfg.lifetime())}
	if s.scenario.opaque {
		ordinary.lasts, ordinary.most = time.Minute, 0 // a question for each token
	}
	s.run(ordinary)
	return true
}

// refreshes is how many requests keeping the keys current may cost.
func (s *rehearsal) refreshes(lasts time.Duration) int { return 2 + int(2*lasts/s.cfg.lifetime()) }

// doubts is refreshes while there are bad signatures under a key that is
// published: one request a minute, since it may have been replaced.
func (s *rehearsal) doubts(lasts time.Duration) int {
	return s.refreshes(lasts) + int(lasts/time.Minute) + 1
}

// budget is refreshes while there are tokens of unpublished keys:
// three requests in two intervals.
func (s *rehearsal) budget(lasts time.Duration) int {
	return s.refreshes(lasts) + int(lasts/s.cfg.refetchInterval())*3/2 + 2
}

// retries is how many attempts an outage may cost while calls lack a key: some
// at first, and then one in five to ten seconds, or good callers would wait for
// long after it is over.
func (s *rehearsal) retries(lasts time.Duration) int {
	return 20 + s.refreshes(lasts) + int(lasts/leastPause)
}

const (
	leastPause   = 5 * time.Second
	longestPause = 10 * time.Second
)

func with(clients []client, more ...client) []client { return slices.Concat(clients, more) }
