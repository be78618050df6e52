package rehearse

import (
	"time"
)

func floodScenarios() []scenario {
	return []scenario{{
		name: "a flood of forged signatures",
		why:  "bad signatures cost nothing to make and must not cost the issuer more than a request a minute",
		run:  forgeries,
	}, {
		name: "a flood of unknown keys",
		why:  "ids of keys cost nothing to invent; a service that asks for each takes its issuer down, and one that stops asking misses the next key",
		run:  flood,
	}}
}

func forgeries(s *rehearsal) {
	lasts := s.cfg.lifetime()
	s.run(phase{
		name: "forged tokens under the id of the key", lasts: lasts, most: s.doubts(lasts),
		clients: with(s.usual(0), client{make: s.forged, want: mustRefuse, times: callers}),
	})
}

// flood is a rotation by the book and one without notice, in the middle of
// tokens with invented ids. For the second the budget may be spent just then.
func flood(s *rehearsal) {
	lifetime, interval := s.cfg.settled(s.cfg.lifetime()), s.cfg.settled(s.cfg.refetchInterval())
	invented := client{make: s.invented, want: mustRefuse, times: callers}
	run := func(name string, lasts time.Duration, good expectation) {
		s.run(phase{name: name, lasts: lasts, most: s.budget(lasts), clients: with(s.traffic(good, mustRefuse, 0), invented)})
	}
	run("tokens of invented keys", lifetime, mustAdmit)
	next := s.issuer.Announce()
	run("a new key is announced", lifetime, mustAdmit)
	s.issuer.Promote(next.ID)
	run("the announced key signs", lifetime, mustAdmit)
	s.issuer.Rotate()
	run("another key signs at once", interval, anything)
	run("the other key is known", lifetime, mustAdmit)
	s.run(phase{name: "the flood is over", lasts: interval, clients: s.usual(0)})
	s.issuer.Rotate()
	s.run(phase{name: "a new key signs at once", lasts: s.cfg.lifetime(), clients: s.usual(0)})
}
