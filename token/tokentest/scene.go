package tokentest

import (
	"slices"
	"testing"
	"time"
)

// scene is one thing that an issuer does, or that happens to it.
type scene struct {
	group string
	name  string
	why   string
	// before happens before the service is made. A scene that has it begins
	// without keys.
	before func(*Issuer)
	act    func(*stage)
}

// play plays the scene in the current bubble.
func (sc scene) play(t *testing.T, service Service, cfg RehearsalConfig) Rehearsal {
	t.Helper()
	s := newStage(t, sc, cfg)
	defer s.close()
	if sc.before != nil {
		sc.before(s.issuer)
	}
	s.target = service(t, s.issuer)
	if sc.before != nil || s.opens() {
		sc.act(s)
	}
	return Rehearsal{
		Group: sc.group, Name: sc.name, Why: sc.why,
		Simulated: s.now(), Violations: s.violations, phases: s.records,
	}
}

// opens is how scenes begin. It reports whether the service lets good tokens
// in at all: if not, nothing would be proven.
func (s *stage) opens() bool {
	s.run(phase{name: "the first call", lines: []line{{make: s.fresh, want: mustAdmit}}})
	if len(s.violations) > 0 {
		return false
	}
	s.run(phase{name: "an ordinary time", lasts: s.cfg.lifetime(), lines: s.usual(0), most: s.refreshes(s.cfg.lifetime())})
	return true
}

// refreshes is how many requests keeping the keys current may cost.
func (s *stage) refreshes(lasts time.Duration) int { return 2 + int(2*lasts/s.cfg.lifetime()) }

// doubts is refreshes while there are bad signatures under a key that is
// published: one request a minute, since it may have been replaced.
func (s *stage) doubts(lasts time.Duration) int {
	return s.refreshes(lasts) + int(lasts/time.Minute) + 1
}

// budget is refreshes while there are tokens of keys that nobody publishes:
// three requests in two intervals.
func (s *stage) budget(lasts time.Duration) int {
	return s.refreshes(lasts) + int(lasts/s.cfg.refetchInterval())*3/2 + 2
}

// retries is how many attempts an outage may cost while calls lack a key: some
// at first, and then one in five to ten seconds, or good callers would wait for
// long after it is over.
func (s *stage) retries(lasts time.Duration) int {
	return 20 + s.refreshes(lasts) + int(lasts/leastPause)
}

const (
	leastPause   = 5 * time.Second
	longestPause = 10 * time.Second
)

func with(lines []line, more ...line) []line { return slices.Concat(lines, more) }
