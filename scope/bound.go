package scope

import "github.com/postern-go/postern/token"

// Bound asks for a good token that is bound to a key or a certificate of its
// client (RFC 7800 §3.1), as with packages dpop and mtls: a bearer token works for
// any thief. It is for single calls; token.Config.RequireBound is for all of an
// issuer.
//
// A token that is not bound is refused with token.ErrBinding, before step-up rules
// and scopes: no login and no scope would help. If every way of binding has a
// scheme of its own, as DPoP has, challenges of the call leave Bearer out. In an
// alternative of Or, an unbound token is refused like one that lacks any other
// rule. NeverMet finds out if no binding is checked.
var Bound = bound()

func bound() Policy {
	refused := &refusal{rule: "bound", why: token.ErrBinding, detail: ": the token has no cnf, want one that its issuer has bound to a key or a certificate (see Config.Confirmations)"}
	return Policy{access: required, rules: []rule{{stage: stageBinding, name: "bound", check: func(c call) error {
		if !c.token.Bound() {
			return refused
		}
		return nil
	}}}}
}

// IsBoundOnly reports whether p lets no token in that is not bound, as Bound does,
// and each alternative of Or if all have it. Guards ask it for their challenges.
// It is false for a policy that refuses nothing, such as a rehearsal.
func (p Policy) IsBoundOnly() bool {
	for i := range p.rules {
		if p.rules[i].isBoundOnly() {
			return true
		}
	}
	return false
}

func (r *rule) isBoundOnly() bool {
	for _, p := range r.branches {
		if !p.IsBoundOnly() {
			return false
		}
	}
	return r.branches != nil || r.stage == stageBinding
}

// unbound is the refusal of a token that has to be bound, or nil.
func (p Policy) unbound(c call) error {
	for i := range p.rules {
		switch {
		case p.rules[i].stage != stageBinding:
			return nil
		case !p.rules[i].holds(c):
			return incurable(Policy{rules: p.rules[:i+1]}.find(c), c)
		}
	}
	return nil
}
