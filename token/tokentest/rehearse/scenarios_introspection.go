package rehearse

import (
	"crypto/rand"
	"slices"
	"time"

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/verdict"
)

// introspectionScenarios are what happens to a service that asks its issuer about
// opaque tokens.
func introspectionScenarios() []scenario {
	scenarios := slices.Concat(revocationScenarios(), questionScenarios(), unansweredScenarios(), coldQuestionScenarios())
	for n := range scenarios {
		scenarios[n].group, scenarios[n].opaque = "introspection", true
	}
	return scenarios
}

func revocationScenarios() []scenario {
	return []scenario{{
		name: "a token revoked",
		why:  "revocation is what opaque tokens are for; how long a revoked one lives has to be known",
		run:  revoked,
	}, {
		name: "all tokens revoked at once",
		why:  "the day on which every session is ended is the day on which the issuer must not be taken down as well",
		run:  revokedAll,
	}, {
		name: "a token revoked during an outage",
		why:  "a thief who keeps the issuer from answering must not thereby keep a stolen token alive",
		run:  revokedMeanwhile,
	}}
}

// revoked is one token that is used at every tick, before and after.
func revoked(s *rehearsal) {
	same, raw := s.kept("which is revoked", mustAdmit)
	s.run(phase{name: "it is used", lasts: s.cfg.goodFor(), clients: with(s.usual(0), same)})
	s.issuer.Revoke(raw)
	same.want = anything
	s.run(phase{name: "it is revoked", lasts: s.cfg.settled(s.cfg.goodFor()), clients: with(s.usual(0), same)})
	same.want = mustForget
	s.run(phase{name: "it is dead", lasts: 10 * time.Minute, clients: with(s.usual(0), same)})
}

func revokedAll(s *rehearsal) {
	var all []client
	var raws []string
	for range s.cfg.strangers() {
		c, raw := s.kept("which is revoked with all others", mustAdmit)
		all, raws = append(all, c), append(raws, raw)
	}
	s.run(phase{name: "they are used", lasts: s.cfg.goodFor(), clients: with(s.usual(0), all...)})
	s.issuer.Revoke(raws...)
	for n := range all {
		all[n].want = anything
	}
	s.run(phase{name: "they are revoked", lasts: s.cfg.settled(s.cfg.goodFor()), clients: with(s.usual(0), all...)})
	for n := range all {
		all[n].want = mustForget
	}
	s.run(phase{name: "they are dead", lasts: 5 * time.Minute, clients: with(s.usual(0), all...)})
}

func revokedMeanwhile(s *rehearsal) {
	same, raw := s.kept("which is revoked", mustAdmit)
	s.run(phase{name: "it is used", clients: with(s.usual(0), same)})
	s.issuer.GoDown()
	s.issuer.Revoke(raw)
	same.want = anything
	serves := s.cfg.settled(s.cfg.answerLimit())
	s.run(phase{name: "the outage begins", lasts: serves, clients: with(s.traffic(anything, mustNotAdmit, 0), same)})
	same.want = mustAbstainFrom
	s.run(phase{name: "it is too old", lasts: 5 * time.Minute, clients: with(s.traffic(mustAbstainFrom, mustNotAdmit, 0), same)})
	s.comeUp()
	same.want = mustNotAdmit
	s.run(phase{name: "the issuer is back", lasts: s.cfg.settled(s.cfg.answersAgain()), clients: with(s.traffic(mayAbstain, mustNotAdmit, 0), same)})
	same.want = mustForget
	s.run(phase{name: "all is well", lasts: time.Minute, clients: with(s.usual(0), same)})
}

func questionScenarios() []scenario {
	return []scenario{{
		name: "many callers with one new token",
		why:  "a token that is used by many callers at once must not cost the issuer a question for each",
		run:  together,
	}, {
		name: "slow answers",
		why:  "an issuer that takes its time is not down",
		run: func(s *rehearsal) {
			s.issuer.Delay(time.Second)
			s.run(phase{name: "answers take a second", lasts: 5 * time.Minute, clients: s.usual(0)})
		},
	}, {
		name: "a flood of invented tokens",
		why:  "tokens cost nothing to invent; they must not crowd out the good ones or close the service",
		run:  inventions,
	}, {
		name: "one invented token again and again",
		why:  "a client that does not understand 401 must not cost the issuer a question for each of its calls",
		run:  stubborn,
	}}
}

// together is one token, new to the service, with many callers at once. The issuer
// is slow, so that they meet.
func together(s *rehearsal) {
	s.issuer.Delay(time.Second)
	same, _ := s.kept("which is new", mustAdmit)
	same.times = callers
	s.run(phase{name: "they come at once", most: 1, clients: []client{same}})
}

// inventions come slowly at first, and then faster than the service is willing to
// ask about. A token that is known to be good gets in all the while.
func inventions(s *rehearsal) {
	invented := client{make: s.inventedOpaque, want: mustRefuse, times: s.cfg.strangers()}
	s.run(phase{name: "invented tokens", lasts: 5 * time.Minute, clients: with(s.usual(0), invented)})
	const lasts = time.Minute
	known := mustAdmit
	if s.cfg.goodFor() < time.Second {
		known = mayAbstain // a service that remembers nothing knows no token
	}
	invented.times, invented.want = 4*s.cfg.askedPerSecond(), mustNotAdmit
	s.run(phase{
		name: "too many of them", lasts: lasts, every: time.Second, most: s.cfg.worth(lasts),
		clients: []client{{make: s.steady.present, want: known}, {make: s.fresh, want: mayAbstain}, invented},
	})
	s.run(phase{name: "the flood is over", lasts: s.cfg.settled(s.cfg.answersAgain()), clients: s.traffic(mayAbstain, mustNotAdmit, 0)})
	s.run(phase{name: "all is well", lasts: time.Minute, clients: s.usual(0)})
}

// stubborn is a client that sends one bad token each second. One question in ten
// seconds is what it may cost, besides those of others.
func stubborn(s *rehearsal) {
	raw := rand.Text()
	c := client{want: mustRefuse, make: func() sent { return sent{"the same invented token", verdict.Bearer(raw)} }}
	const lasts = 5 * time.Minute
	s.run(phase{name: "the same token each second", lasts: lasts, every: time.Second, most: 2 + int(lasts/(8*time.Second)), clients: []client{c}})
}

// inventedOpaque is a token that no issuer has minted, another each time.
func (s *rehearsal) inventedOpaque() sent {
	return sent{"an invented token", verdict.Bearer(rand.Text())}
}

// kept is one token that is presented at every tick, and good for long.
func (s *rehearsal) kept(what string, want expectation) (c client, raw string) {
	raw = s.issuer.Opaque(tokentest.Edits(s.cfg.Good...), tokentest.ExpiresIn(24*time.Hour))
	return client{want: want, make: func() sent { return sent{"the same token as before, " + what, verdict.Bearer(raw)} }}, raw
}
