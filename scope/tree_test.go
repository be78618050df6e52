package scope_test

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// tree is a policy that a naive evaluator understands.
type tree struct {
	op    byte // '&', '|', or 0 for a leaf
	parts []tree
	leaf  leaf
}

// leaf is a rule, as a policy and as a naive condition.
type leaf struct {
	policy scope.Policy
	about  aspects // what holds looks at
	holds  func(facts) bool
	early  bool     // it is about bindings, scopes or logins
	acrs   []string // that it names
}

// late is a leaf about something else than scopes and logins.
func late(p scope.Policy, about aspects, holds func(facts) bool) leaf {
	return leaf{policy: p, about: about, holds: holds}
}

// asking is a rule of the application that refuses with an error unless a claim
// is true.
func asking(claim string, err error) scope.Policy {
	return scope.Func(claim, func(t *token.Token) error {
		claims, unfit := token.ClaimsOf[map[string]any](t)
		if unfit != nil || claims[claim] == true {
			return unfit
		}
		return err
	})
}

// leaves are those that a byte can choose from; scopes is which scopes a rule
// about scopes asks for, and is not 0.
func leaves(scopes uint8) []leaf {
	all := []leaf{
		{policy: scope.All(names(scopes)...), about: ofScopes, holds: func(f facts) bool { return f.has()&scopes == scopes }, early: true},
		{policy: scope.Any(names(scopes)...), about: ofScopes, holds: func(f facts) bool { return f.has()&scopes != 0 }, early: true},
	}
	all = append(all, loginLeaves()...)
	all = append(all, grantLeaves()...)
	return append(all,
		late(scope.AllOf("roles", "admin", "editor"), ofAdmin, func(f facts) bool { return f.admin }),
		late(scope.AnyOf("groups", "f", "g"), ofGroup, func(f facts) bool { return f.group }),
		late(scope.User, ofKind, func(f facts) bool { return f.kind == token.SubjectUser }),
		late(scope.Client, ofKind, func(f facts) bool { return f.kind == token.SubjectClient }),
		late(scope.ClientID("web", "other"), ofWeb, func(f facts) bool { return f.web }),
		late(asking("recent", &token.StepUpError{MaxAge: time.Minute}), ofRecent, func(f facts) bool { return f.recent }),
		late(asking("granted", errors.New("not granted")), ofGranted, func(f facts) bool { return f.granted }),
		late(asking("fits", token.ErrClaim), ofFits, func(f facts) bool { return f.fits }),
		leaf{policy: scope.Bound, about: ofBinding, holds: func(f facts) bool { return f.bound }, early: true},
		late(asking("up", fmt.Errorf("%w: database", token.ErrUnavailable)), ofUp, func(f facts) bool { return f.up }),
	)
}

// grantLeaves are rules about authorization details and actors.
func grantLeaves() []leaf {
	const issuer = "https://as.example.com"
	whole, actions := scope.Detail{Type: "x", Actions: []string{"a", "b"}, Datatypes: []string{"b"}}, scope.Detail{Type: "x", Actions: []string{"a", "b"}}
	return []leaf{
		late(scope.HasDetail(whole), ofDetails, func(f facts) bool { return f.details == inOne }),
		late(scope.HasDetail(actions), ofDetails, func(f facts) bool { return f.details != noDetail }),
		late(scope.Details("x", func(d scope.Detail) bool { return len(d.Actions)+len(d.Datatypes) == 4 }), ofDetails, func(f facts) bool { return f.details == inOne }),
		late(scope.NotDelegated, ofActor, func(f facts) bool { return f.actor == noActor }),
		late(scope.ActorIn(token.Actor{Issuer: issuer, Subject: "gateway"}), ofActor, func(f facts) bool { return f.actor == gateway || f.actor == gatewayGW }),
		late(scope.ActorIn(token.Actor{Issuer: issuer, ClientID: "gw"}), ofActor, func(f facts) bool { return f.actor == gatewayGW }),
		late(scope.ActorIn(token.Actor{Issuer: issuer, Subject: "gateway", ClientID: "gw"}, token.Actor{Issuer: issuer, Subject: "operator"}), ofActor,
			func(f facts) bool { return f.actor == gatewayGW || f.actor == operator }),
	}
}

// reader makes trees of bytes.
type reader struct {
	bytes []byte
	most  int // of the kinds of leaves; those about scopes come first
}

func (r *reader) next() byte {
	if len(r.bytes) == 0 {
		return 0
	}
	b := r.bytes[0]
	r.bytes = r.bytes[1:]
	return b
}

func (r *reader) tree(depth int) tree {
	b := r.next()
	if depth == 0 || len(r.bytes) == 0 || b%4 == 0 {
		choice := leaves(r.next()%15 + 1)
		return tree{leaf: choice[int(b/4)%min(len(choice), r.most)]}
	}
	n := tree{op: "&||"[b%4-1]}
	for range 2 + b/4%2 {
		n.parts = append(n.parts, r.tree(depth-1))
	}
	return n
}

func (n tree) policy() scope.Policy {
	if n.op == 0 {
		return n.leaf.policy
	}
	p := n.parts[0].policy()
	for _, part := range n.parts[1:] {
		if n.op == '&' {
			p = p.And(part.policy())
		} else {
			p = p.Or(part.policy())
		}
	}
	return p
}

func (n tree) holds(f facts) bool {
	if n.op == 0 {
		return n.leaf.holds(f)
	}
	for _, part := range n.parts {
		if part.holds(f) != (n.op == '&') {
			return n.op == '|'
		}
	}
	return n.op == '&'
}

// about are the facts that matter to the tree.
func (n tree) about() aspects {
	about := n.leaf.about
	for _, part := range n.parts {
		about |= part.about()
	}
	return about
}

// holdsWithScopes reports whether there are scopes with which the tree holds.
func (n tree) holdsWithScopes(f facts) bool {
	for f.scopes = range uint8(16) {
		if n.holds(f) {
			return true
		}
	}
	return false
}

// early are the parts, of those of which all are needed, that are about bindings,
// scopes and logins alone.
func (n tree) early() tree {
	all := tree{op: '&'}
	switch {
	case n.isEarly():
		all.parts = []tree{n}
	case n.op == '&':
		for _, part := range n.parts {
			all.parts = append(all.parts, part.early())
		}
	}
	return all
}

func (n tree) isEarly() bool {
	for _, part := range n.parts {
		if !part.isEarly() {
			return false
		}
	}
	return n.op != 0 || n.leaf.early
}

// boundOnly reports whether the tree lets in bound tokens alone, as far as its form
// tells.
func (n tree) boundOnly() bool {
	if n.op == 0 {
		return n.leaf.about == ofBinding
	}
	for _, part := range n.parts {
		if part.boundOnly() == (n.op == '&') {
			return n.op == '&'
		}
	}
	return n.op == '|'
}

// bindsFirst reports whether one of the parts of which all are needed is about
// bindings alone.
func (n tree) bindsFirst() bool {
	if n.op != '&' {
		return n.about() == ofBinding
	}
	return slices.ContainsFunc(n.parts, tree.bindsFirst)
}
