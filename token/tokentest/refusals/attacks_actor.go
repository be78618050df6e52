package refusals

import (
	"cmp"
	"slices"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// mostActors is how deep act may be nested.
const mostActors = 8

// actAttacks have an act claim that cannot be read.
func actAttacks() []Attack {
	return group{
		name: "act", want: refuseInvalid, reason: "claim",
		why: "a service that does not see who acts takes a delegated token for the subject's own (RFC 8693 §4.1)",
	}.attacks(
		try{row: "8693-4.1-2", name: "act is a string", edit: tokentest.Claim("act", "service")},
		try{row: "8693-4.1-2", name: "act is null", edit: tokentest.Claim("act", nil)},
		try{row: "8693-4.1-2", name: "act in the history is a string", make: func(a *attacker) tokentest.Credentials {
			return a.bearer(tokentest.Claim("act", map[string]any{"iss": a.actor().Issuer, "sub": a.actor().Subject, "client_id": a.actor().ClientID, "act": "service"}))
		}},
		try{row: "8693-4.1-2", name: "act nested 9 deep", make: func(a *attacker) tokentest.Credentials {
			return a.bearer(tokentest.Actors(slices.Repeat([]token.Actor{a.actor()}, mostActors+1)...))
		}},
	)
}

// actorAttacks are good tokens with which another party acts than the call is
// for.
func actorAttacks() []Attack {
	g := group{
		name: "actor", want: refuseDenied, reason: "denied",
		why: "an actor may do what it was named for; those that acted before it are a history (RFC 8693 §4.1)",
	}
	attacks := g.attacks(
		try{name: "no actor", edit: tokentest.Actors()},
		try{name: "another actor", make: acting(func(a token.Actor) []token.Actor { return []token.Actor{anotherActor(a)} })},
		try{name: "actor of another issuer", make: acting(func(a token.Actor) []token.Actor {
			a.Issuer = "https://attacker.test"
			return []token.Actor{a}
		})},
		try{name: "actor with its subject as its client id", applies: hasOneName, make: acting(func(a token.Actor) []token.Actor {
			a.Subject, a.ClientID = a.ClientID, a.Subject
			return []token.Actor{a}
		})},
		try{row: "8693-4.1-1", name: "actor in the history alone", make: acting(func(a token.Actor) []token.Actor {
			return []token.Actor{anotherActor(a), a}
		})},
		try{row: "8693-4.1-1", name: "actor behind one without a name", make: acting(func(a token.Actor) []token.Actor {
			return []token.Actor{{}, a}
		})},
		try{row: "8693-4.4-1", name: "actor in may_act alone", why: "may_act says who could become an actor (RFC 8693 §4.4)", make: func(a *attacker) tokentest.Credentials {
			may := map[string]string{"iss": a.actor().Issuer, "sub": a.actor().Subject, "client_id": a.actor().ClientID}
			return a.bearer(tokentest.Actors(), tokentest.Claim("may_act", may))
		}},
	)
	for n := range attacks {
		also := attacks[n].applies
		attacks[n].applies = func(a *attacker) bool { return a.cfg.Actor != (token.Actor{}) && (also == nil || also(a)) }
	}
	return append(attacks, g.attack(try{
		name: "actor where only the subject's own tokens are let in", edit: tokentest.Actors(token.Actor{Subject: "service"}),
		applies: func(a *attacker) bool { return a.cfg.NotDelegated },
	}))
}

// actor is the one that the call is for, or any.
func (a *attacker) actor() token.Actor {
	actor := a.cfg.Actor
	if actor == (token.Actor{}) {
		actor.Subject = "service"
	}
	actor.Issuer = cmp.Or(actor.Issuer, a.issuer.Identifier())
	return actor
}

// goodActor is who acts with a good token.
func (a *attacker) goodActor() tokentest.Edit {
	if a.cfg.Actor == (token.Actor{}) {
		return tokentest.Edit{}
	}
	return tokentest.Actors(a.actor())
}

// acting makes a token with other actors than the one that the call is for.
func acting(others func(token.Actor) []token.Actor) func(*attacker) tokentest.Credentials {
	return func(a *attacker) tokentest.Credentials { return a.bearer(tokentest.Actors(others(a.actor())...)) }
}

// anotherActor is another actor with a longer name.
func anotherActor(a token.Actor) token.Actor {
	if a.Subject != "" {
		a.Subject += "x"
	}
	if a.ClientID != "" {
		a.ClientID += "x"
	}
	return a
}

func hasOneName(a *attacker) bool { return a.cfg.Actor.Subject == "" || a.cfg.Actor.ClientID == "" }
