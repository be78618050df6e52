package rehearse

import (
	"time"
)

// withdrawalScenarios are about keys that have fallen into the wrong hands.
func withdrawalScenarios() []scenario {
	return []scenario{{
		name: "a leaked key withdrawn",
		why:  "the thief of the key can be any user for as long as the service trusts it",
		run:  leaked,
	}, {
		name: "the signing key leaked",
		why:  "the emergency must not lock every user out, and must end the power of the key",
		run:  signingKeyLeaked,
	}, {
		name: "a key withdrawn while the service is idle",
		why:  "a service that has been idle must ask before it trusts what it remembers",
		run:  idleMeanwhile,
	}}
}

// leaked is a key that is published ahead and leaks before it signs. Nothing
// but the age of the key set makes the service ask again.
func leaked(s *rehearsal) {
	lifetime := s.cfg.settled(s.cfg.lifetime())
	key := s.issuer.Announce()
	s.run(phase{name: "a second key is published", lasts: lifetime, clients: s.usual(0)})
	same := s.again(key, "which has leaked", anything)
	s.run(phase{name: "it leaks", clients: with(s.usual(0), same, s.by(key, "which has leaked", mustAdmit))})
	s.issuer.Withdraw(key.ID)
	s.run(phase{
		name: "it is withdrawn", lasts: lifetime,
		clients: with(s.usual(0), same, s.by(key, "which has leaked", anything)),
	})
	same.want = mustDistrust
	s.run(phase{
		name: "it is dead", lasts: 2 * lifetime,
		clients: with(s.usual(0), same, s.by(key, "which has leaked", mustDistrust)),
	})
}

// signingKeyLeaked is a change of keys without any overlap.
func signingKeyLeaked(s *rehearsal) {
	lifetime := s.cfg.settled(s.cfg.lifetime())
	old := s.issuer.SigningKey()
	same := s.again(old, "which has leaked", anything)
	s.run(phase{name: "it leaks", clients: with(s.usual(0), same)})
	s.issuer.Rotate()
	s.issuer.Withdraw(old.ID)
	s.steady.renew()
	s.run(phase{
		name: "it is replaced and withdrawn", lasts: lifetime,
		clients: with(s.usual(0), same, s.by(old, "which has leaked", anything)),
	})
	same.want = mustDistrust
	s.run(phase{
		name: "it is dead", lasts: lifetime,
		clients: with(s.usual(0), same, s.by(old, "which has leaked", mustDistrust)),
	})
}

// idleMeanwhile has the old key in the first call after the pause, which is when
// a service that renews its keys behind the caller's back is wrong.
func idleMeanwhile(s *rehearsal) {
	old := s.issuer.SigningKey()
	next := s.issuer.Announce()
	s.run(phase{name: "a new key is announced", lasts: s.cfg.settled(s.cfg.lifetime()), clients: s.usual(0)})
	s.issuer.Promote(next.ID)
	s.issuer.Withdraw(old.ID)
	s.idle("no calls", 2*s.cfg.lifetime())
	s.run(phase{name: "the first call after a pause", clients: []client{s.by(old, "which was withdrawn", mustDistrust)}})
	s.run(phase{name: "more calls", clients: []client{{make: s.fresh, want: mustAdmit, times: callers}}})
	s.idle("no calls for long", s.cfg.limit()+time.Hour)
	s.steady.renew()
	s.run(phase{name: "calls after long", lasts: s.cfg.lifetime(), clients: s.usual(0)})
}
