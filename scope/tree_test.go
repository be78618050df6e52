package scope_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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
	web     bool // issued to the client "web"
	recent  bool // the user has just authenticated
	granted bool // the application's own rule holds
	fits    bool // a claim fits the application's type
	up      bool // what the application asks is up
	admin   bool // the roles have "admin"
	group   bool // the groups have "g"
	login   login
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
func factsOf(n uint32) facts {
	bit := func(i int) bool { return n>>i&1 == 1 }
	login := login{acrs[n>>13%8%uint32(len(acrs))], ages[n>>16%8%uint32(len(ages))]}
	return facts{uint8(n & 15), token.SubjectKind(n >> 4 & 3 % 3), bit(6), bit(7), bit(8), bit(9), bit(10), bit(11), bit(12), login}
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
	all := f.login.claims()
	maps.Copy(all, map[string]any{"recent": f.recent, "granted": f.granted, "fits": f.fits, "up": f.up})
	claims, err := json.Marshal(all)
	require.NoError(tb, err)
	t, err := token.Vouched("", token.VouchedClaims{
		Issuer: "https://as.example.com", Audience: []string{"https://api.example.com"}, Expiry: time.Now().Add(time.Hour),
		Subject: "alice", SubjectKind: f.kind, ClientID: client, Scopes: names(f.scopes), Sets: sets, JSON: claims,
	})
	require.NoError(tb, err)
	return t
}

// tree is a policy that a naive evaluator understands.
type tree struct {
	op    byte // '&', '|', or 0 for a leaf
	parts []tree
	leaf  leaf
}

// leaf is a rule, as a policy and as a naive condition.
type leaf struct {
	policy scope.Policy
	holds  func(facts) bool
	early  bool     // it is about scopes or logins
	acrs   []string // that it names
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
	return append(loginLeaves(), []leaf{
		{scope.All(names(scopes)...), func(f facts) bool { return f.scopes&scopes == scopes }, true, nil},
		{scope.Any(names(scopes)...), func(f facts) bool { return f.scopes&scopes != 0 }, true, nil},
		{scope.AllOf("roles", "admin", "editor"), func(f facts) bool { return f.admin }, false, nil},
		{scope.AnyOf("groups", "f", "g"), func(f facts) bool { return f.group }, false, nil},
		{scope.User, func(f facts) bool { return f.kind == token.SubjectUser }, false, nil},
		{scope.Client, func(f facts) bool { return f.kind == token.SubjectClient }, false, nil},
		{scope.ClientID("web", "other"), func(f facts) bool { return f.web }, false, nil},
		{asking("recent", &token.StepUpError{MaxAge: time.Minute}), func(f facts) bool { return f.recent }, false, nil},
		{asking("granted", errors.New("not granted")), func(f facts) bool { return f.granted }, false, nil},
		{asking("fits", token.ErrClaim), func(f facts) bool { return f.fits }, false, nil},
		{asking("up", fmt.Errorf("%w: database", token.ErrUnavailable)), func(f facts) bool { return f.up }, false, nil},
	}...)
}

// reader makes trees of bytes.
type reader struct{ bytes []byte }

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
		return tree{leaf: choice[int(b/4)%len(choice)]}
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

// early are the parts, of those of which all are needed, that are about scopes and
// logins alone.
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
