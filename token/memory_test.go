package token_test

import (
	"context"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

// mostMemory is what one call may allocate, whatever is presented: a limit on
// the size of tokens would be none if a small token took much memory.
const mostMemory = 1 << 20

// Not parallel, since what the process allocates is counted.
func TestMemoryOfACall(t *testing.T) {
	inputs := hostile()
	inputs["good"] = mint{}.token()
	for name, raw := range inputs {
		for kind, size := range map[string]int{"remembering": 0, "not remembering": -1} {
			v := newVerifier(t, func(c *token.Config) { c.MaxTokenSize, c.CacheSize = 64<<10, size })
			_, _ = v.Authenticate(context.Background(), token.Bearer(mint{claims: map[string]any{"jti": "warm"}}.token()))
			bytes := allocated(func() { _, _ = v.Authenticate(context.Background(), token.Bearer(raw)) })
			assert.Less(t, bytes, uint64(mostMemory), "%s, %s", name, kind)
		}
		byIssuer := token.ByIssuer(map[string]token.Authenticator{
			issuer: newVerifier(t, func(c *token.Config) { c.MaxTokenSize, c.CacheSize = 64<<10, -1 }),
		})
		bytes := allocated(func() { _, _ = byIssuer.Authenticate(context.Background(), token.Bearer(raw)) })
		assert.Less(t, bytes, uint64(mostMemory), "%s, by issuer", name)
	}
}

// What is remembered takes no more memory than it may, by the count of the
// runtime, and large tokens take no more than small ones. Not parallel either.
func TestMemoryOfTheCache(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	const size = 512 << 10
	many := make([]string, 60)
	for i := range many {
		many[i] = "s" + strconv.Itoa(i%40)
	}
	for name, c := range map[string]struct {
		list   bool // of scopes
		claims []any
	}{
		"small":                          {false, nil},
		"large":                          {false, []any{"pad", strings.Repeat("p", 6<<10)}},
		"large, a scope twice":           {false, []any{"pad", strings.Repeat("p", 6<<10), "scope", "a b c d e a"}},
		"large, a scope twice, listed":   {true, []any{"pad", strings.Repeat("p", 6<<10), "scope", []string{"a", "b", "a"}}},
		"large, many scopes twice":       {false, []any{"pad", strings.Repeat("p", 6<<10), "scope", strings.Join(many, " ")}},
		"several audiences":              {false, []any{"aud", []string{"x", audience, "y", "z"}}},
		"sets":                           {false, []any{"roles", many[:30], "groups", []string{"a", "b"}, "pad", strings.Repeat("p", 6<<10)}},
		"a set that cannot be read":      {false, []any{"roles", []any{1}}},
		"actors":                         {false, []any{"acr", "loa2", "auth_time", now.Unix(), "act", map[string]any{"sub": "a", "act": map[string]any{"sub": "b"}}, "pad", strings.Repeat("p", 6<<10)}},
		"a subject of an awkward length": {false, []any{"sub", strings.Repeat("s", 2020)}},
		"a subject that fills a bucket":  {false, []any{"sub", strings.Repeat("s", 3500)}},
	} {
		v := newVerifier(t, func(cfg *token.Config) {
			cfg.CacheSize, cfg.Profile.ScopeList = size, c.list
			cfg.Profile.Sets = map[string][]token.Source{"roles": {{Claim: "roles"}}, "groups": {{Claim: "groups"}}}
		})
		call := func(id string) {
			raw := mint{alg: "EdDSA", claims: pairs(append([]any{"jti", id}, c.claims...))}.token()
			_, err := v.Authenticate(context.Background(), token.Bearer(raw))
			require.NoError(t, err)
		}
		before := held()
		const calls = 1000 // there is room for 776
		for i := range calls {
			call(strconv.Itoa(i))
		}
		after := held()
		runtime.KeepAlive(v)
		assert.Less(t, after-before, int64(size), name)
		assert.Greater(t, after-before, int64(size/3), "%s: is anything remembered?", name)
	}
}

// held is how many bytes are in use once what is not has been collected.
func held() int64 {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// allocated is how many bytes f allocates, in one run.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// BenchmarkHostileInput shows what the worst inputs cost: time in proportion to
// their size, and less than a mebibyte.
func BenchmarkHostileInput(b *testing.B) {
	v := newVerifier(b, func(c *token.Config) { c.MaxTokenSize, c.CacheSize = 64<<10, -1 })
	for name, raw := range hostile() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				_, _ = v.Authenticate(context.Background(), token.Bearer(raw))
			}
		})
	}
}
