package scope

import (
	"fmt"
	"strings"

	"github.com/postern-go/postern/token"
)

// NeverMet reports a rule of p that no good token of auth can meet. A service
// calls it when it starts. Examples are a rule about users if no Profile has
// the issuer's marks of users, a rule about roles if no Profile says where they
// are, and a policy with a rule about users and one about clients. Of
// alternatives it is enough that one can be met. The error names the rule and the
// setting, and matches token.ErrConfig. It is nil if the
// policy can be met, and if that cannot be known; see token.CanTell and
// token.HasSet. It does not block.
func (p Policy) NeverMet(auth token.Authenticator) error {
	if fault := p.neverMet(auth); fault != nil {
		return fmt.Errorf("scope: %w: %spolicy %q is never met, since %s", token.ErrConfig, fault.of(), p, fault.why)
	}
	return nil
}

// kinds are the kinds of subject with which a rule can be met.
type kinds uint8

const (
	noKind  kinds = 0
	anyKind kinds = 1<<token.SubjectUnknown | 1<<token.SubjectUser | 1<<token.SubjectClient
)

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

// neverMet tries the policy without regard to acr first, and then with each acr that
// it names and with one that it does not name.
func (p Policy) neverMet(auth token.Authenticator) *fault {
	if _, fault := p.met(auth, func(*login) bool { return true }); fault != nil {
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

// met returns the kinds of subject with which all the rules can be met. There
// is a fault if there are none.
func (p Policy) met(auth token.Authenticator, can possible) (kinds, *fault) {
	all := anyKind
	for _, r := range p.rules {
		with, fault := r.met(auth, can)
		if fault != nil {
			return noKind, fault
		}
		all &= with
	}
	if all == noKind {
		return noKind, &fault{why: "no subject is both a user and a client" + p.andLogin()}
	}
	return all, nil
}

// andLogin adds that step-up rules are about users, if there are any.
func (p Policy) andLogin() string {
	if len(p.rules) > 0 && p.rules[0].login != nil {
		return "; step-up rules are about users"
	}
	return ""
}

func (r rule) met(auth token.Authenticator, can possible) (kinds, *fault) {
	switch {
	case r.branches != nil:
		return r.anyMet(auth, can)
	case r.login != nil && !can(r.login):
		return noKind, &fault{r.name, "its acr is not enough for another rule"}
	case r.login != nil:
		return anyKind &^ (1 << token.SubjectClient), nil
	case r.set != "" && !token.HasSet(auth, r.set):
		return noKind, &fault{r.name, "the issuer's profile has no such set (see Config.Profile.Sets)"}
	case r.kind == token.SubjectUnknown:
		return anyKind, nil
	case !token.CanTell(auth, r.kind):
		return noKind, &fault{r.name, "the issuer's profile has no marks for it (see " + r.setting + ")"}
	default:
		return 1 << r.kind, nil
	}
}

// anyMet returns the kinds of subject with which some alternative can be met.
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
