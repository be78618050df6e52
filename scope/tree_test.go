package scope_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// facts are what the leaves of a tree ask for.
type facts struct {
	scopes  uint8 // which of the names in tokenScopes
	kind    token.SubjectKind
	web     bool  // issued to the client "web"
	recent  bool  // the user has just authenticated
	granted bool  // the application's own rule holds
	fits    bool  // a claim fits the application's type
	up      bool  // what the application asks is up
	admin   bool  // the roles have "admin"
	group   bool  // the groups have "g"
	detail  bool  // one element has all that the rule wants
	gateway bool  // the gateway acts for the subject
	another bool  // or another party does, for which the gateway acted before
	larger  uint8 // which scopes imply others; see implies
}

var tokenScopes = []string{"a", "b", "c", "d"}

func names(set uint8) (list []string) {
	for i, name := range tokenScopes {
		if set>>i&1 == 1 {
			list = append(list, name)
		}
	}
	return list
}

// factsOf reads the facts from the bits of a number.
func factsOf(n uint16) facts {
	bit := func(i int) bool { return n>>i&1 == 1 }
	return facts{uint8(n & 15), token.SubjectKind(n >> 4 & 3 % 3), bit(6), bit(7), bit(8), bit(9), bit(10), bit(11), bit(12), bit(13), bit(14), bit(15), 0}
}

// implies says which scopes imply others: each bit of larger is that of two of the
// names, of which the earlier one implies the later one. There are no circles so.
func (f facts) implies() map[string][]string {
	implies := map[string][]string{}
	bit := 0
	for i, larger := range tokenScopes {
		for _, smaller := range tokenScopes[i+1:] {
			if f.larger>>bit&1 == 1 {
				implies[larger] = append(implies[larger], smaller)
			}
			bit++
		}
	}
	return implies
}

// has are the scopes that count: those granted, and what they imply.
func (f facts) has() uint8 {
	has, implies := f.scopes, f.implies()
	for i, larger := range tokenScopes { // a smaller one comes later
		if has>>i&1 == 1 {
			has |= setOf(implies[larger])
		}
	}
	return has
}

// token is one with these facts.
func (f facts) token(tb testing.TB) *token.Token {
	tb.Helper()
	client := "app"
	if f.web {
		client = "web"
	}
	sets := map[string][]string{"roles": {"admin", "editor"}, "groups": {"g"}}
	if !f.admin {
		sets["roles"] = []string{"a", "b", "c", "d"} // scopes are no roles
	}
	if !f.group {
		delete(sets, "groups")
	}
	said := map[string]any{"recent": f.recent, "granted": f.granted, "fits": f.fits, "up": f.up, "authorization_details": f.elements()}
	if act := f.act(); act != nil {
		said["act"] = act
	}
	claims, err := json.Marshal(said)
	require.NoError(tb, err)
	implications, err := token.NewScopeImplications(f.implies())
	require.NoError(tb, err)
	t, err := token.Vouched("", token.VouchedClaims{
		Issuer: "https://as.example.com", Audience: []string{"https://api.example.com"}, Expiry: time.Now().Add(time.Hour),
		Subject: "alice", SubjectKind: f.kind, ClientID: client, Scopes: names(f.scopes), ScopeImplies: implications, Sets: sets, JSON: claims,
	})
	require.NoError(tb, err)
	return t
}

// elements are what the token has in authorization_details. Without the fact they
// have all that the rule wants as well, but not in one of them.
func (f facts) elements() []object {
	both, one, other := []string{"a", "b"}, []string{"a"}, []string{"b"}
	if f.detail {
		return []object{{"type": "x", "actions": one}, {"type": "x", "actions": both, "datatypes": both}}
	}
	return []object{{"type": "x", "actions": both, "datatypes": one}, {"type": "x", "actions": one, "datatypes": both}, {"type": "y", "actions": both, "datatypes": other}}
}

// act is who acts for the subject, or nil.
func (f facts) act() object {
	gateway := object{"sub": "gateway"}
	switch {
	case f.gateway:
		return gateway
	case f.another:
		return object{"sub": "operator", "act": gateway}
	default:
		return nil
	}
}

// tree is a policy that a naive evaluator understands.
type tree struct {
	op    byte // '&', '|', or 0 for a leaf
	parts []tree
	leaf  leaf
}

// leaf is a rule, as a policy and as a naive condition.
type leaf struct {
	policy    scope.Policy
	holds     func(facts) bool
	scopeRule bool
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
	return []leaf{
		{scope.All(names(scopes)...), func(f facts) bool { return f.has()&scopes == scopes }, true},
		{scope.Any(names(scopes)...), func(f facts) bool { return f.has()&scopes != 0 }, true},
		{scope.AllOf("roles", "admin", "editor"), func(f facts) bool { return f.admin }, false},
		{scope.AnyOf("groups", "f", "g"), func(f facts) bool { return f.group }, false},
		{scope.User, func(f facts) bool { return f.kind == token.SubjectUser }, false},
		{scope.Client, func(f facts) bool { return f.kind == token.SubjectClient }, false},
		{scope.ClientID("web", "other"), func(f facts) bool { return f.web }, false},
		{asking("recent", &token.StepUpError{MaxAge: time.Minute}), func(f facts) bool { return f.recent }, false},
		{asking("granted", errors.New("not granted")), func(f facts) bool { return f.granted }, false},
		{asking("fits", token.ErrClaim), func(f facts) bool { return f.fits }, false},
		{asking("up", fmt.Errorf("%w: database", token.ErrUnavailable)), func(f facts) bool { return f.up }, false},
		{scope.HasDetail(scope.Detail{Type: "x", Actions: []string{"a", "b"}, Datatypes: []string{"b"}}), func(f facts) bool { return f.detail }, false},
		{scope.Details("x", func(d scope.Detail) bool { return len(d.Actions)+len(d.Datatypes) == 4 }), func(f facts) bool { return f.detail }, false},
		{scope.NotDelegated, func(f facts) bool { return !f.gateway && !f.another }, false},
		{scope.ActorIn(token.Actor{Issuer: "https://as.example.com", Subject: "gateway"}), func(f facts) bool { return f.gateway }, false},
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

// holdsWithScopes reports whether there are scopes with which the tree holds.
func (n tree) holdsWithScopes(f facts) bool {
	for f.scopes = range uint8(16) {
		if n.holds(f) {
			return true
		}
	}
	return false
}

func (n tree) asksForScopesAlone() bool {
	for _, part := range n.parts {
		if !part.asksForScopesAlone() {
			return false
		}
	}
	return n.op != 0 || n.leaf.scopeRule
}

// lacksPlainScope reports whether a part about scopes alone, of those of which
// all are needed, does not hold.
func (n tree) lacksPlainScope(f facts) bool {
	if n.asksForScopesAlone() && !n.holds(f) {
		return true
	}
	if n.op == '&' {
		for _, part := range n.parts {
			if part.lacksPlainScope(f) {
				return true
			}
		}
	}
	return false
}
