package scope_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// treeRules are the application's own rules in a tree.
func treeRules() (own []scope.Policy) {
	for _, l := range leaves(1) {
		if _, err := scope.ParsePolicy(l.policy.String()); err != nil {
			own = append(own, l.policy)
		}
	}
	return own
}

// readsBack holds the text of a policy against the policy: it reads as the same,
// or a part of it does not matter.
func readsBack(t *testing.T, n tree) {
	t.Helper()
	text := n.policy().String()
	p, err := scope.ParsePolicy(text, treeRules()...)
	if err != nil {
		require.ErrorIs(t, err, token.ErrConfig)
		assertOneLine(t, err)
		if n.size() <= 12 {
			require.True(t, n.hasIdlePart(), "%s: %v", text, err)
		}
		return
	}
	require.Equal(t, text, p.String())
	written := n.policy()
	for i := range uint32(1 << 7) {
		at := factsOf(i * 0x9e3779b1)
		made := at.token(t)
		want, got := written.Check(made), p.Check(made)
		require.Equal(t, n.holds(at), got == nil, "%s: %+v", text, at)
		require.Equal(t, fmt.Sprint(want), fmt.Sprint(got), "%s: %+v", text, at)
	}
}

func (n tree) size() int {
	size := 1
	for _, part := range n.parts {
		size += part.size()
	}
	return size
}

// hasIdlePart reports whether the tree never holds, or holds for the same facts
// without one of its parts.
func (n tree) hasIdlePart() bool {
	about := n.about()
	if everyFact(about, func(at facts) bool { return !n.holds(at) }) {
		return true
	}
	idle := false
	n.without(func(less tree) {
		idle = idle || everyFact(about, func(at facts) bool { return n.holds(at) == less.holds(at) })
	})
	return idle
}

// without calls f with the tree without each of its parts.
func (n tree) without(f func(tree)) {
	for i, part := range n.parts {
		parts := append(append([]tree{}, n.parts[:i]...), n.parts[i+1:]...)
		f(tree{op: n.op, parts: parts})
		part.without(func(less tree) {
			replaced := append([]tree{}, n.parts...)
			replaced[i] = less
			f(tree{op: n.op, parts: replaced})
		})
	}
}

// Hostile text is refused in one line, or reads as what it prints.
func FuzzParsePolicy(f *testing.F) {
	own := append(codeRules(), ownRule("not blocked"), ownRule("user"), ownRule("all(a)"), ownRule("x or"))
	for _, text := range []string{
		"", "public", "all(a, b) and user", `(any("a(b)", c) or client) and client id(web)`, `all "a b"("\xff")`, "not blocked or \"user\"",
		`"all(a)" and "x or"`, "((((", "all(a) or all(b) or (user and all(c))", "REHEARSAL(user)", "issuer(a) and issuer(b)",
		"acr(mid, hi) and max age(5m0s)", "not delegated or actor(issuer(i) subject(s) client id(\"a b\"), issuer(j) client id(c))",
		`detail "a type"(actions(a, b), datatypes(c), privileges(d), identifier(e), locations(f))`, "detail x(func) and at least mid and \"acr(mid)\"",
		"max age(300s)", "actor(issuer(a), subject(b))", "detail x()", "acr(lo) and (at least mid or acr(lo, x))",
		strings.Repeat("(all(a) or ", 20), strings.Repeat("all(a) and ", 300),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := scope.ParsePolicy(text, own...)
		if err != nil {
			require.ErrorIs(t, err, token.ErrConfig)
			require.True(t, p.IsZero())
			assertOneLine(t, err)
			return
		}
		require.False(t, p.IsZero(), text)
		again, err := scope.ParsePolicy(p.String(), own...)
		require.NoError(t, err, text)
		require.Equal(t, p.String(), again.String())
		require.Equal(t, len(text), len(p.String()), "the same rules, at most in another order")
	})
}

// Text that was written to take long is read in a moment or refused.
func TestParsePolicyIsBounded(t *testing.T) {
	t.Parallel()
	wide := make([]string, 250)
	for i := range wide {
		wide[i] = fmt.Sprintf("all(s%d)", i)
	}
	for name, text := range map[string]string{
		"many alternatives": strings.Join(wide, " or "),
		"many rules":        strings.Join(wide, " and "),
		"many pairs":        "(" + strings.Join(wide[:120], " or ") + ") and (" + strings.Join(wide[120:240], " or ") + ")",
		"deep":              "(" + nested("x", "or", 15) + ") and (" + nested("y", "or", 15) + ")",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := scope.ParsePolicy(text)
			require.NoError(t, err)
			assert.Equal(t, text, p.String())
		})
	}
	t.Run("deep pairs", func(t *testing.T) {
		t.Parallel()
		var pairs []string
		for i := range 8 {
			pairs = append(pairs, "("+nested(fmt.Sprint("x", i), "or", 15)+")")
		}
		_, err := scope.ParsePolicy(strings.Join(pairs, " and "))
		require.ErrorIs(t, err, token.ErrConfig, "millions of comparisons")
		assertOneLine(t, err)
	})
}

// nested is rules within each other that differ in the innermost alone, so that
// this is found last.
func nested(innermost, op string, depth int) string {
	if depth == 0 {
		return "all(" + innermost + ")"
	}
	within := nested(innermost, map[string]string{"and": "or", "or": "and"}[op], depth-1)
	if depth > 1 {
		within = "(" + within + ")"
	}
	return fmt.Sprintf("%s %s all(s%d)", within, op, depth)
}
