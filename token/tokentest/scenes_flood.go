package tokentest

import "time"

func floodScenes() []scene {
	return []scene{{
		name: "a flood of forged signatures",
		why:  "bad signatures cost nothing to make and must not cost the issuer more than a request a minute",
		act:  forgeries,
	}, {
		name: "a flood of unknown keys",
		why:  "ids of keys cost nothing to invent; a service that asks for each takes its issuer down, and one that stops asking misses the next key",
		act:  flood,
	}}
}

func forgeries(s *stage) {
	lasts := s.cfg.lifetime()
	s.run(phase{
		name: "forged tokens under the id of the key", lasts: lasts, most: s.doubts(lasts),
		lines: with(s.usual(0), line{make: s.forged, want: mustRefuse, times: callers}),
	})
}

// flood is a rotation by the book and one without notice, in the middle of
// tokens with invented ids. For the second the budget may be spent just then.
func flood(s *stage) {
	lifetime, interval := s.cfg.settled(s.cfg.lifetime()), s.cfg.settled(s.cfg.refetchInterval())
	invented := line{make: s.invented, want: mustRefuse, times: callers}
	run := func(name string, lasts time.Duration, good expectation) {
		s.run(phase{name: name, lasts: lasts, most: s.budget(lasts), lines: with(s.traffic(good, mustRefuse, 0), invented)})
	}
	run("tokens of invented keys", lifetime, mustAdmit)
	next := s.issuer.Announce()
	run("a new key is announced", lifetime, mustAdmit)
	s.issuer.Promote(next.ID)
	run("the announced key signs", lifetime, mustAdmit)
	s.issuer.Rotate()
	run("another key signs at once", interval, anything)
	run("the other key is known", lifetime, mustAdmit)
	s.run(phase{name: "the flood is over", lasts: interval, lines: s.usual(0)})
	s.issuer.Rotate()
	s.run(phase{name: "a new key signs at once", lasts: s.cfg.lifetime(), lines: s.usual(0)})
}
