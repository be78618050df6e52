package rehearse

import (
	"slices"
	"time"
)

// rotationScenarios are what issuers do with their keys.
func rotationScenarios() []scenario {
	scenarios := slices.Concat(plannedScenarios(), withdrawalScenarios(), floodScenarios())
	for n := range scenarios {
		scenarios[n].group = "rotation"
	}
	return scenarios
}

func plannedScenarios() []scenario {
	return []scenario{{
		name: "a key announced ahead",
		why:  "a service that learns of a new key only when it signs depends on the issuer at that very moment",
		run:  announced,
	}, {
		name: "a key that signs at once",
		why:  "issuers do sign with a key the moment they publish it; every client gets 401 until the service asks again",
		run:  unannounced,
	}, {
		name: "another key under the same id",
		why:  "a service that asks only for ids it does not know refuses every token for good",
		run:  replaced,
	}, {
		name: "unusable keys in the set",
		why:  "one key of a new kind in the set must not take the others down with it",
		run:  unusable,
	}}
}

// announced is a rotation by the book: announce, wait, sign, wait, retire.
// While the new key begins to sign the issuer restarts.
func announced(s *rehearsal) {
	lifetime := s.cfg.lifetime()
	old := s.issuer.SigningKey()
	next := s.issuer.Announce()
	s.run(phase{name: "the new key is announced", lasts: s.cfg.settled(lifetime), clients: s.usual(0)})
	s.issuer.Promote(next.ID)
	s.issuer.GoDown()
	s.run(phase{
		name: "it signs, while the issuer restarts", lasts: min(time.Minute, s.cfg.grace()),
		clients: with(s.usual(s.cfg.prompt()), s.by(old, "issued before", mustAdmit)),
	})
	s.issuer.ComeUp()
	same := s.again(old, "which is withdrawn", anything)
	s.run(phase{
		name: "tokens by the old key expire", lasts: s.cfg.settled(max(s.issuer.Options().Lifetime, s.cfg.recovery())),
		clients: with(s.usual(0), same, s.by(old, "issued before", mustAdmit)),
	})
	s.issuer.Withdraw(old.ID)
	s.run(phase{
		name: "the old key is withdrawn", lasts: s.cfg.settled(lifetime),
		clients: with(s.usual(0), same, s.by(old, "which is withdrawn", anything)),
	})
	same.want = mustDistrust
	s.run(phase{
		name: "the old key is dead", lasts: 2 * lifetime,
		clients: with(s.usual(0), same, s.by(old, "which was withdrawn", mustDistrust)),
	})
}

// callers is how many clients meet a new key at once.
const callers = 20

// unannounced is a key that signs the moment it is published. The issuer is
// slow, so that callers meet while they wait for the one fetch.
func unannounced(s *rehearsal) {
	old := s.issuer.SigningKey()
	s.issuer.Delay(time.Second)
	s.issuer.Rotate()
	s.run(phase{
		name: "a new key signs", most: 2, // one for the key, and one for a refresh that was due
		clients: []client{{make: s.fresh, want: mustAdmit, times: callers}},
	})
	s.issuer.Delay(0)
	s.run(phase{
		name: "tokens by the old key expire", lasts: s.issuer.Options().Lifetime,
		clients: with(s.usual(0), s.by(old, "issued before", mustAdmit)),
	})
}

// replaced is the mistake of using an id twice.
func replaced(s *rehearsal) {
	old := s.issuer.SigningKey()
	same := s.again(old, "which has been replaced", anything)
	// Afterwards the service may learn of the other key before it sees the token.
	s.run(phase{name: "a token is used", clients: []client{same}})
	s.issuer.ReplaceKey(old.ID)
	s.steady.renew()
	lasts := s.cfg.settled(s.cfg.lifetime())
	s.run(phase{
		name: "another key is published under the same id", lasts: lasts, most: s.doubts(lasts),
		clients: with(s.traffic(anything, mustRefuse, 0), same),
	})
	same.want = mustDistrust
	s.run(phase{
		name: "the other key is in use", lasts: 2 * s.cfg.lifetime(),
		clients: with(s.usual(0), same, s.by(old, "which has been replaced", mustDistrust)),
	})
}

// useless are members of a key set that no service can use for its tokens.
var useless = []string{
	`{"kty":"AKP","kid":"u-1","alg":"ML-DSA-44","pub":"AA"}`,
	`{"kty":"oct","kid":"u-2","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"}`,
	`{"kty":"RSA","kid":"u-3","use":"sig","n":"AQAB","e":"AQAB"}`,
	`{"kty":"EC","kid":"u-4","crv":"P-256","x":"AA","y":"AA"}`,
	`{"kty":"EC","kid":"u-5","crv":"secp256k1","x":"AA","y":"AA"}`,
	`{"kid":"u-6"}`,
	`{}`,
}

func unusable(s *rehearsal) {
	for _, jwk := range useless {
		s.issuer.AddKey("useless", jwk)
	}
	lasts := s.cfg.settled(s.cfg.lifetime())
	s.run(phase{name: "the set has keys of other kinds", lasts: lasts, clients: s.usual(0)})
	s.issuer.Rotate()
	s.run(phase{name: "a new key signs", lasts: lasts, clients: s.usual(0)})
	k := s.issuer.SigningKey()
	s.issuer.Publish(s.issuer.ForeignKey(k.Algorithm, k.ID))
	s.run(phase{name: "two keys have one id", lasts: 2 * lasts, clients: s.usual(0)})
}
