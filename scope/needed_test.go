package scope_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

func TestNeededScopes(t *testing.T) {
	t.Parallel()
	forbidden := scope.Func("forbidden", func(*token.Token) error {
		t.Error("the application's rule ran")
		return nil
	})
	tenant := func(*token.Token) string { t.Error("the tenant was asked for"); return "" }
	addressed := func(context.Context) string { t.Error("the call was asked for"); return "" }
	for name, row := range map[string]struct {
		policy scope.Policy
		want   []string
	}{
		"zero":                             {scope.Policy{}, nil},
		"public":                           {scope.Public, nil},
		"authenticated":                    {scope.Authenticated, nil},
		"all":                              {scope.All("a", "b", "a"), []string{"a", "b"}},
		"any":                              {scope.Any("a", "b"), []string{"a", "b"}},
		"and":                              {a.And(b).And(a), []string{"a", "b"}},
		"with an application's rule":       {forbidden.And(a), []string{"a"}},
		"an application's rule alone":      {forbidden, nil},
		"or, the first":                    {a.Or(b), []string{"a"}},
		"or, the first that has scopes":    {scope.User.Or(b.And(scope.Client)).Or(c), []string{"b"}},
		"or of an application's rule":      {forbidden.Or(a.And(forbidden)), []string{"a"}},
		"or without scopes":                {scope.User.Or(scope.Client), nil},
		"or inside of or":                  {scope.User.And(a.Or(b)).Or(c), []string{"a"}},
		"or and more":                      {b.Or(scope.User).And(a), []string{"a", "b"}},
		"a rehearsal asks for nothing":     {a.And(b.Rehearsed()), []string{"a"}},
		"nothing but a rehearsal":          {a.Rehearsed(), nil},
		"the zero policy swallows scopes":  {a.And(scope.Policy{}), nil},
		"a rule about the call is not run": {a.And(scope.Tenant(tenant, addressed)), []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, row.want, row.policy.NeededScopes())
		})
	}
	shared := a.NeededScopes()
	shared[0] = "changed"
	assert.Equal(t, []string{"a"}, a.NeededScopes())
}

// Of rules about scopes alone, they are those that the refusal of a token without
// scopes names.
func TestNeededScopesAreThoseOfTheRefusal(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	var policy func(depth int) scope.Policy
	policy = func(depth int) scope.Policy {
		one, other := tokenScopes[random.IntN(4)], tokenScopes[random.IntN(4)]
		switch n := random.IntN(4); {
		case n == 0 && depth > 0:
			return policy(depth - 1).Or(policy(depth - 1))
		case n == 1 && depth > 0:
			return policy(depth - 1).And(policy(depth - 1))
		case n == 2:
			return scope.Any(one, other)
		default:
			return scope.All(one, other)
		}
	}
	bare := facts{}.token(t)
	for range 2000 {
		p := policy(3)
		assert.Equal(t, needOf(p.Check(bare)), p.NeededScopes(), p)
	}
}

func ExamplePolicy_NeededScopes() {
	p := scope.User.Or(scope.All("photos:read")).And(scope.Any("photos:list"))
	fmt.Println(p.NeededScopes())
	// Output: [photos:list photos:read]
}
