package claims

import (
	"time"

	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/internal/strict"
)

// Circumstances are claims that few tokens have: how the user authenticated, and
// who acts for the subject.
type Circumstances struct {
	ACR      string // "" if absent, or not a string
	AuthTime int64  // seconds since 1970; 0 if absent, or not a date
	Actors   []Actor
}

// Actor is a party that acts for the subject (RFC 8693 §4.1). The first of several
// is the current one, the others are history.
type Actor struct {
	Issuer   string // that of the token if act has none
	Subject  string
	ClientID string
}

// strings visits the strings that came with the claims.
func (c *Circumstances) strings(visit func(*string)) {
	if c == nil {
		return
	}
	visit(&c.ACR)
	for i := range c.Actors {
		a := &c.Actors[i]
		visit(&a.Issuer)
		visit(&a.Subject)
		visit(&a.ClientID)
	}
}

// Size is about how many bytes c takes in memory without its strings.
func (c *Circumstances) Size() int {
	if c == nil {
		return 0
	}
	const itself, actor = 48, 48 // with pointers of 8 bytes
	return itself + cap(c.Actors)*actor
}

// mostActors is how deep act may be nested.
const mostActors = 8

// circumstantial are the claims behind Circumstances, as received.
type circumstantial struct{ acr, authTime, act strict.Value }

func (c *circumstantial) keep(name string, value strict.Value) {
	switch name {
	case "acr":
		c.acr = value
	case "auth_time":
		c.authTime = value
	case "act":
		c.act = value
	}
}

// circumstances reads them, or returns nil if there are none. The error is about
// act. A malformed acr or auth_time counts as absent: rules about them refuse then,
// and nothing else cares.
func (r *Rules) circumstances(c *circumstantial) (*Circumstances, error) {
	if c.acr.Kind == strict.Absent && c.authTime.Kind == strict.Absent && c.act.Kind == strict.Absent {
		return nil, nil
	}
	said := &Circumstances{}
	said.ACR, _ = c.acr.Text()
	if date, _, ok := numericDate(c.authTime); ok { // a fraction makes a login older
		said.AuthTime = date
	}
	var err error
	said.Actors, err = r.actors(c.act)
	return said, err
}

// actors reads act and those nested in it.
func (r *Rules) actors(act strict.Value) (all []Actor, err error) {
	for act.Kind != strict.Absent {
		switch {
		case act.Kind != strict.Object:
			return nil, wrongAct(act.Kind.String())
		case len(all) == mostActors:
			return nil, wrongAct("nested more than 8 deep")
		}
		actor, inner, err := r.actor(act)
		if err != nil {
			return nil, err
		}
		all, act = append(all, actor), inner
	}
	return all, nil
}

func (r *Rules) actor(act strict.Value) (a Actor, inner strict.Value, err error) {
	a.Issuer = r.Issuer
	invalid := strict.Members(act.Raw, func(name string, v strict.Value) {
		var to *string
		switch name {
		case "iss":
			to = &a.Issuer
		case "sub":
			to = &a.Subject
		case "client_id":
			to = &a.ClientID
		case "act":
			inner = v
			return
		default:
			return
		}
		text, ok := v.Text()
		if !ok {
			err = wrongAct("an object with " + name + " that is " + v.Kind.String())
		}
		*to = text
	})
	if invalid != nil {
		return a, inner, wrongAct("no strict JSON object")
	}
	return a, inner, err
}

// wrongAct shows no value: actors may be people.
func wrongAct(saw string) error {
	return &rejection.Error{Reason: rejection.Claim, Claim: "act", Got: saw, Form: rejection.Literal,
		Want: "an object with strings as its iss, sub and client_id, nested up to 8 deep"}
}

// checkAct refuses a token with an actor that cannot be read: a rule about actors
// would take it for one without (RFC 8693 §4.1).
func checkAct(_ *Rules, s *Set, c received) error {
	if c.gathered == nil {
		return nil
	}
	s.Circumstances = c.gathered.circumstances
	return c.gathered.brokenAct
}

// Circumstances reads those of a JSON object, for claims that were not received as
// a Payload.
func (r *Rules) Circumstances(object string) (*Circumstances, error) {
	var c circumstantial
	if err := strict.Members(object, c.keep); err != nil {
		return nil, &rejection.Error{Reason: rejection.Malformed, Want: "a strict JSON object", Cause: err}
	}
	return r.circumstances(&c)
}

// AuthenticatedWithin reports whether auth_time is at most age ago, by the rules'
// clock and leeway. It is false without auth_time, and if that is in the future.
func (s *Set) AuthenticatedWithin(age time.Duration) bool {
	if s.Circumstances == nil || s.Circumstances.AuthTime == 0 || s.Rules == nil {
		return false
	}
	at, now := Time(s.Circumstances.AuthTime), s.Rules.Time()
	return !at.Add(age).Add(s.Rules.Leeway).Before(now) && !at.After(now.Add(s.Rules.Leeway))
}

// AuthenticationAge is how long ago auth_time is, by the rules' clock. known is
// false without one.
func (s *Set) AuthenticationAge() (age time.Duration, known bool) {
	if s.Circumstances == nil || s.Circumstances.AuthTime == 0 || s.Rules == nil {
		return 0, false
	}
	return s.Rules.Time().Sub(Time(s.Circumstances.AuthTime)), true
}
