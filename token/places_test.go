package token_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// allocations counts those of one verification of a token whose every claim is in
// one object, and where names many of the claims that are to be had elsewhere.
func allocations(t *testing.T, p token.Profile) float64 {
	t.Helper()
	issuer := tokentest.NewIssuer(t, nil)
	var many strings.Builder
	for i := range 500 {
		fmt.Fprintf(&many, `,"m%d":0`, i)
	}
	within := `{"a":{"b":{"c":{"d":{"e":{"f":{"x":0` + many.String() + `}}}}}}}`
	raw := issuer.Token(tokentest.PayloadText(func(text string) string {
		return text[:len(text)-1] + `,"big":` + within + `,"_claim_names":{"x":0` + many.String() + `}}`
	}))
	cfg := issuer.Config()
	cfg.Profile, cfg.CacheSize = p, -1
	v, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	return testing.AllocsPerRun(10, func() {
		_, err = v.Authenticate(t.Context(), token.Bearer(raw))
		require.NoError(t, err)
	})
}

// However many places a profile looks at, each object is read once: a token that
// is one object would otherwise cost as much as hundreds.
func TestObjectsAreReadOnce(t *testing.T) {
	sets := func(count int, top string) token.Profile {
		p := token.Profile{Sets: map[string][]token.Source{}}
		for i := range count {
			name := fmt.Sprint(i / 8)
			p.Sets[name] = append(p.Sets[name], token.Source{Path: []string{top, "a", "b", "c", "d", "e", "f", fmt.Sprint("r", i)}})
		}
		return p
	}
	for _, top := range []string{"big", "absent"} {
		few, many := allocations(t, sets(8, top)), allocations(t, sets(128, top))
		assert.Less(t, many, few+100, top) // a set takes some memory of its own
	}
}

// tree is a value with objects in it, and what is none.
func tree(r *rand.Rand, depth int) any {
	switch n := r.IntN(8); {
	case n == 0:
		return nil
	case n == 1:
		return "a"
	case n < 4 || depth == 0:
		return []string{"v", fmt.Sprint(r.IntN(100))}
	}
	members := object{}
	for _, name := range []string{"a", "b", "c"} {
		if r.IntN(3) > 0 {
			members[name] = tree(r, depth-1)
		}
	}
	return members
}

// Places that share objects are read as each would be alone.
func TestPlacesThatShareObjects(t *testing.T) {
	t.Parallel()
	var paths [][]string
	for last := [][]string{{"x"}}; len(last) < 8; {
		var next [][]string
		for _, path := range last {
			next = append(next, append(slices.Clone(path), "a"), append(slices.Clone(path), "b"))
		}
		paths, last = append(paths, next...), next
	}
	cfg := config()
	cfg.Profile = token.Profile{Sets: map[string][]token.Source{}}
	for _, path := range paths {
		cfg.Profile.Sets[strings.Join(path, ".")] = []token.Source{{Path: path}}
	}
	v, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	for seed := range uint64(300) {
		x := tree(rand.New(rand.NewPCG(seed, 0)), 4)
		got, err := v.Authenticate(t.Context(), token.Bearer(claims("x", x).token()))
		require.NoError(t, err)
		for _, path := range paths {
			want, wantKnown := plainly(t, got, path[1:]...)
			values, known := got.Values(strings.Join(path, "."))
			require.Equal(t, wantKnown, known, "%d %v", seed, path)
			require.ElementsMatch(t, want, values, "%d %v", seed, path)
		}
	}
}
