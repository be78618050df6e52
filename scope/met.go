package scope

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postern-go/postern/token"
)

// NeverMet reports a rule of p that no good token of auth can meet. A service
// calls it when it starts. Examples are a rule about users if no Profile has
// the issuer's marks of users, a rule about roles if no Profile says where they
// are, and a policy with a rule about users and one about clients, or with
// NotDelegated and ActorIn, and one with step-up rules that no acr is enough for. Of alternatives it is enough that one can be met. The
// error names the rule and the setting, and matches token.ErrConfig. It is nil if
// the policy can be met, and if that cannot be known; see token.CanTell and
// token.HasSet and token.TakesBound. It does not block.
func (p Policy) NeverMet(auth token.Authenticator) error {
	if fault := p.neverMet(auth); fault != nil {
		return fmt.Errorf("scope: %w: %spolicy %q is never met, since %s", token.ErrConfig, fault.of(), p, fault.why)
	}
	return nil
}

// kinds are the kinds of token with which a rule can be met: a bit for each kind
// of subject, and one more for each if another party acts for it.
type kinds uint8

const (
	noKind    kinds = 0
	own       kinds = 1<<token.SubjectUnknown | 1<<token.SubjectUser | 1<<token.SubjectClient
	delegated       = own << delegation
	anyKind         = own | delegated

	delegation = 3 // bits from own to delegated
)

// anyActor adds the same kinds of subject with and without an actor.
func (k kinds) anyActor() kinds {
	subjects := (k | k>>delegation) & own
	return subjects | subjects<<delegation
}

// anySubject adds all kinds of subject, with an actor, without, or both, as in k.
func (k kinds) anySubject() (all kinds) {
	if k&own != noKind {
		all |= own
	}
	if k&delegated != noKind {
		all |= delegated
	}
	return all
}

// fault says why something is never met.
type fault struct {
	rule string // "" if no single rule is to blame
	why  string
}

func (f *fault) of() string {
	if f.rule == "" {
		return ""
	}
	return fmt.Sprintf("rule %q of ", f.rule)
}

// possible reports whether a rule about acr can be met.
type possible func(*login) bool

func anyLogin(*login) bool { return true }

// neverMet tries the policy without regard to acr first, and then with each acr that
// it names and with one that it does not name.
func (p Policy) neverMet(auth token.Authenticator) *fault {
	if _, fault := p.met(auth, anyLogin); fault != nil {
		return fault
	}
	tries := []possible{func(l *login) bool { return !l.exact }}
	either := rule{branches: []Policy{p}}
	for _, acr := range either.acrs() {
		tries = append(tries, func(l *login) bool { return l.accepts(acr) })
	}
	for _, can := range tries {
		if _, fault := p.met(auth, can); fault == nil {
			return nil
		}
	}
	return &fault{why: "no acr is enough for all of its rules"}
}

// met returns the kinds of token with which all the rules can be met. There is
// a fault if there are none.
func (p Policy) met(auth token.Authenticator, can possible) (kinds, *fault) {
	all, subjects, actors := anyKind, anyKind, anyKind
	for _, r := range p.rules {
		with, fault := r.met(auth, can)
		if fault != nil {
			return noKind, fault
		}
		all, subjects, actors = all&with, subjects&with.anyActor(), actors&with.anySubject()
	}
	switch {
	case all != noKind:
		return all, nil
	case subjects == noKind:
		return noKind, &fault{why: "no subject is both a user and a client" + p.andLogin()}
	case actors == noKind:
		return noKind, &fault{why: "no token both has an actor and has none"}
	default:
		return noKind, &fault{why: "its rules contradict each other"}
	}
}

// andLogin adds that step-up rules are about users, if there are any.
func (p Policy) andLogin() string {
	if slices.ContainsFunc(p.rules, func(r rule) bool { return r.login != nil }) {
		return "; step-up rules are about users"
	}
	return ""
}

func (r rule) met(auth token.Authenticator, can possible) (kinds, *fault) {
	switch {
	case r.branches != nil:
		return r.anyMet(auth, can)
	case r.stage == stageBinding && !token.TakesBound(auth):
		return noKind, &fault{r.name, "no binding of tokens is checked (see Config.Confirmations)"}
	case r.login != nil && !can(r.login):
		return noKind, &fault{r.name, "its acr is not enough for another rule"}
	case r.login != nil:
		return (own &^ (1 << token.SubjectClient)).anyActor(), nil
	case r.set != "" && !token.HasSet(auth, r.set):
		return noKind, &fault{r.name, "the issuer's profile has no such set (see Config.Profile.Sets)"}
	case r.acts != noKind:
		return r.acts, nil
	case r.kind == token.SubjectUnknown:
		return anyKind, nil
	case !token.CanTell(auth, r.kind):
		return noKind, &fault{r.name, "the issuer's profile has no marks for it (see " + r.setting + ")"}
	default:
		return kinds(1 << r.kind).anyActor(), nil
	}
}

// anyMet returns the kinds of token with which some alternative can be met.
func (r rule) anyMet(auth token.Authenticator, can possible) (kinds, *fault) {
	some := noKind
	var whys []string
	for _, p := range r.branches {
		with, fault := p.met(auth, can)
		some |= with
		if fault != nil {
			whys = append(whys, fmt.Sprintf("%q: %s", p, fault.why))
		}
	}
	if some == noKind {
		return noKind, &fault{r.name, "no alternative is: " + strings.Join(whys, "; ")}
	}
	return some, nil
}
