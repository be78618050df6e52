package token_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"

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
