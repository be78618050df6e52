package token

import (
	"time"

	"github.com/postern-go/postern/internal/claims"
)

// Actor is a party that acts for the subject of a token (RFC 8693 §4.1). It is
// comparable.
type Actor struct {
	// Issuer says whose name Subject is: iss of the actor, or that of the token if
	// the actor has none.
	Issuer string
	// Subject is sub of the actor, or "".
	Subject string
	// ClientID is client_id of the actor, which some issuers give in place of sub,
	// or "".
	ClientID string
}

// Actor is the party that acts for the subject now: the outermost act claim
// (RFC 8693 §4.1). ok is false if there is none: then the client
// itself acts. A token with an act claim that cannot be read, or is nested more
// than 8 deep, is refused before it gets here. The claim may_act says who could
// become an actor, and means nothing here (§4.4).
func (t *Token) Actor() (actor Actor, ok bool) {
	if c := t.claims().Circumstances; c != nil && len(c.Actors) > 0 {
		return Actor(c.Actors[0]), true
	}
	return Actor{}, false
}

// ActorChain is a copy of all actors: the current one, and then those before it.
// They are a history for logs. Only the current one may decide about access
// (RFC 8693 §4.1). It is nil if there are none.
func (t *Token) ActorChain() []Actor {
	c := t.claims().Circumstances
	if c == nil {
		return nil
	}
	var chain []Actor
	for _, a := range c.Actors {
		chain = append(chain, Actor(a))
	}
	return chain
}

// ACR is the acr claim: the authentication context class that the user's
// authentication met (RFC 9470 §6). It is "" if the token has none, or one that is
// not a string.
func (t *Token) ACR() string {
	if c := t.claims().Circumstances; c != nil {
		return c.ACR
	}
	return ""
}

// AuthTime is the auth_time claim in UTC: when the user authenticated (RFC 9470
// §6). A fraction of a second is dropped. It is the zero time if the token has
// none, or one that is not a date.
func (t *Token) AuthTime() time.Time {
	if c := t.claims().Circumstances; c != nil {
		return claims.Time(c.AuthTime)
	}
	return time.Time{}
}

// AuthenticatedWithin reports whether the user authenticated at most age ago, by
// auth_time, and by the clock and the leeway of the Verifier at the time of the
// call. It is false for a token without auth_time, and for one whose auth_time is
// in the future by more than the leeway. iat says nothing about it: a token may be
// issued long after its user signed in.
func (t *Token) AuthenticatedWithin(age time.Duration) bool {
	return t.claims().AuthenticatedWithin(age)
}

// AuthenticationAge is how long ago the user authenticated, by auth_time and the
// clock of the Verifier at the time of the call. It is negative if auth_time is in
// the future. known is false for a token without auth_time. It is for texts: decide
// by AuthenticatedWithin, which knows the leeway.
func (t *Token) AuthenticationAge() (age time.Duration, known bool) {
	return t.claims().AuthenticationAge()
}
