package scope

import "github.com/postern-go/postern/token"

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
