package scope

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-go/postern/token"
)

// NotDelegated asks for a good token without an act claim (RFC 8693 §4.1): no
// other party acts for its subject than the client it was issued to. A token
// for impersonation (RFC 8693 §1.1) has no act claim either, and passes: it
// cannot be told from one of the subject's own.
var NotDelegated = notDelegated()

func notDelegated() Policy {
	refused := &refusal{rule: "not delegated", why: token.ErrDenied, seen: func(t *token.Token) string {
		return actorSeen(t) + ", want a token without act"
	}}
	p := application("not delegated", func(t *token.Token) error {
		if _, ok := t.Actor(); ok {
			return refused
		}
		return nil
	})
	p.rules[0].acts = own
	return p
}

// ActorIn asks for a good token with which one of these actors acts for the
// subject (RFC 8693 §4.1). Only the current actor decides, the outermost act
// claim: those nested in it are a history. Of an actor in the list, Issuer is
// required, and Subject or ClientID; if both are given, both must match. Texts are
// compared byte for byte. An act claim without iss counts as of the token's
// issuer.
//
// A token without an act claim is denied, whichever client it was issued to. To
// let those in as well, write NotDelegated.Or(ActorIn(...)). The claim may_act
// (§4.4) grants nothing here.
//
// ActorIn panics, with an error that matches token.ErrConfig, if it gets no actor,
// one that lacks what is required, or one that never matters, since another one is
// met whenever it is: it is for literals.
func ActorIn(actors ...token.Actor) Policy {
	listed := actorLiterals(actors)
	names := make([]string, len(listed))
	for i, a := range listed {
		names[i] = printedActor(a)
	}
	wanted := "one of " + strconv.Itoa(len(names)) + " actors"
	if len(names) == 1 {
		wanted = inWords(listed[0], "subject "+quoted(listed[0].Subject))
	}
	name := "actor(" + strings.Join(names, ", ") + ")"
	refused := &refusal{rule: name, why: token.ErrDenied, seen: func(t *token.Token) string {
		return actorSeen(t) + ", want " + wanted
	}}
	p := application(name, func(t *token.Token) error {
		actor, _ := t.Actor() // if there is none it has no issuer, and is none of those listed
		if !slices.ContainsFunc(listed, func(want token.Actor) bool { return matches(actor, want) }) {
			return refused
		}
		return nil
	})
	p.rules[0].acts, p.rules[0].actors = delegated, listed
	return p
}

// actorLiterals lists actors once each.
func actorLiterals(actors []token.Actor) (listed []token.Actor) {
	if len(actors) == 0 {
		panic(fmt.Errorf("scope: %w: no actor given", token.ErrConfig))
	}
	for _, a := range actors {
		if a.Issuer == "" || a.Subject == "" && a.ClientID == "" {
			panic(fmt.Errorf("scope: %w: actor %+q has no issuer, or neither subject nor client id", token.ErrConfig, a))
		}
		if slices.Contains(listed, a) {
			continue
		}
		for _, other := range listed {
			if matches(a, other) || matches(other, a) {
				panic(fmt.Errorf("scope: %w: one of two actors never matters: %s, %s", token.ErrConfig, quoted(printedActor(other)), quoted(printedActor(a))))
			}
		}
		listed = append(listed, a)
	}
	return listed
}

// allMatch reports whether each actor that is one of those listed is one of those
// wanted.
func allMatch(listed, wanted []token.Actor) bool {
	return !slices.ContainsFunc(listed, func(a token.Actor) bool {
		return !slices.ContainsFunc(wanted, func(want token.Actor) bool { return matches(a, want) })
	})
}

// share reports whether some actor is one of both lists.
func share(listed, others []token.Actor) bool {
	agree := func(a, b string) bool { return a == "" || b == "" || a == b }
	return slices.ContainsFunc(listed, func(a token.Actor) bool {
		return slices.ContainsFunc(others, func(b token.Actor) bool {
			return a.Issuer == b.Issuer && agree(a.Subject, b.Subject) && agree(a.ClientID, b.ClientID)
		})
	})
}

// matches reports whether an actor is the one wanted. What is "" in the one
// wanted does not matter.
func matches(actor, want token.Actor) bool {
	return actor.Issuer == want.Issuer && (want.Subject == "" || actor.Subject == want.Subject) &&
		(want.ClientID == "" || actor.ClientID == want.ClientID)
}

// printedActor is an actor as a policy prints it: "issuer(https://as.example.com)
// subject(gateway)".
func printedActor(a token.Actor) string {
	text := "issuer(" + word(a.Issuer) + ")"
	if a.Subject != "" {
		text += " subject(" + word(a.Subject) + ")"
	}
	if a.ClientID != "" {
		text += " client id(" + word(a.ClientID) + ")"
	}
	return text
}

// inWords is an actor in the text of an error: each part bounded, so that a long
// one does not hide another.
func inWords(a token.Actor, subject string) string {
	var names []string
	if a.Subject != "" {
		names = append(names, subject)
	}
	if a.ClientID != "" {
		names = append(names, "client id "+quoted(a.ClientID))
	}
	if names == nil {
		names = []string{"without a name"}
	}
	return strings.Join(names, " and ") + " of issuer " + quoted(a.Issuer)
}

// actorSeen does not show the subject, which may be a person's: LogConfig decides
// about that.
func actorSeen(t *token.Token) string {
	actor, ok := t.Actor()
	switch {
	case !ok:
		return ": the token has no act"
	case actor.Subject == "":
		return ": the actor is " + inWords(actor, "")
	default:
		return ": the actor is " + inWords(actor, "a subject") + " (shown by LogConfig.Subject)"
	}
}
