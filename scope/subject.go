package scope

import (
	"fmt"

	"github.com/postern-go/postern/token"
)

// ofKind is the policy that wants subjects of one kind. Its errors are made
// once.
func ofKind(want, other token.SubjectKind, setting string) Policy {
	name := want.String()
	unknown := &refusal{rule: name, why: token.ErrSubjectUnknown, detail: ", want a " + name + " (see " + setting + ")"}
	wrong := &refusal{rule: name, why: token.ErrDenied, detail: ": subject is a " + other.String() + ", want a " + name}
	p := application(name, func(t *token.Token) error {
		switch t.SubjectKind() {
		case want:
			return nil
		case other:
			return wrong
		default:
			return unknown
		}
	})
	p.rules[0].kind, p.rules[0].setting = want, setting
	return p
}

// NeverMet reports a rule of p that no good token of auth can meet. A service
// calls it when it starts. Examples are a rule about users if no Profile has
// the issuer's marks of users, and a policy with a rule about users and one
// about clients. The error names the rule and the setting, and matches
// token.ErrConfig. It is nil if every rule can be met, and if that cannot be
// known; see token.CanTell. It does not block.
func (p Policy) NeverMet(auth token.Authenticator) error {
	var asked token.SubjectKind
	for _, r := range p.rules {
		switch {
		case r.kind == token.SubjectUnknown:
		case !token.CanTell(auth, r.kind):
			return fmt.Errorf("scope: %w: rule %q of policy %q is never met, since the issuer's profile has no marks for it (see %s)",
				token.ErrConfig, r.name, p, r.setting)
		case asked != token.SubjectUnknown && asked != r.kind:
			return fmt.Errorf("scope: %w: policy %q is never met, since no subject is both a user and a client", token.ErrConfig, p)
		default:
			asked = r.kind
		}
	}
	return nil
}
