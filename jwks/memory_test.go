package jwks_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/jwks"
)

// mostSetMemory is what reading one key set may allocate in all, no matter
// what the issuer or an attacker in its place sends. A set of nothing but numbers
// takes the most, and each becomes garbage at once. It happens once a refresh and not
// once a call.
const mostSetMemory = 80 << 20

// largestSet is the limit that ParseSet documents.
const largestSet = 512 << 10

// hostileSets are sets made to cost as much as they can.
func hostileSets() map[string]string {
	fill := func(prefix, unit, suffix string) string {
		return prefix + strings.Repeat(unit, (largestSet-len(prefix)-len(suffix))/len(unit)) + suffix
	}
	key := ecKey("k").json()
	return map[string]string{
		"nothing but elements":    fill(`{"keys":[1`, `,1`, `]}`),
		"empty objects":           fill(`{"keys":[{}`, `,{}`, `]}`),
		"one key again and again": fill(`{"keys":[`+key, `,`+key, `]}`),
		"one key of many members": fill(`{"keys":[`+key[:len(key)-1], `,"x":0`, `}]}`),
		"one key of many names":   `{"keys":[` + key[:len(key)-1] + differing(`,"%x":0`, largestSet-1000) + `}]}`,
		"many members":            `{"keys":[]` + differing(`,"%x":0`, largestSet-1000) + `}`,
		"many kids":               `{"keys":[` + differing(`{"kty":"oct","kid":"%x"},`, largestSet-1000) + `{}]}`,
		"escapes":                 fill(`{"keys":[],"x":"`, `\u0061`, `"}`),
		"escaped names":           `{"keys":[]` + differing(`,"\u0061%x":0`, largestSet-1000) + `}`,
		"a long modulus":          fill(`{"keys":[{"kty":"RSA","e":"AQAB","n":"`, `A`, `"}]}`),
		"a long exponent":         fill(`{"keys":[{"kty":"RSA","n":"AQAB","e":"`, `_`, `"}]}`),
		"many operations":         fill(`{"keys":[{"kty":"RSA","key_ops":["a"`, `,"a"`, `]}]}`),
		"operations that differ":  `{"keys":[{"kty":"RSA","key_ops":["verify"` + differing(`,"%x"`, largestSet-1000) + `]}]}`,
		"nested":                  fill(`{"keys":[`, `[`, ``),
		"nested beside the keys":  fill(`{"keys":[],"x":`, `{"a":`, ``),
		"white space":             fill(`{"keys":[`, ` `, `]}`),
		"certificates":            fill(`{"keys":[`+key[:len(key)-1]+`,"x5c":["A"`, `,"A"`, `]}]}`),
	}
}

// differing repeats a format with numbers that differ up to about that length.
func differing(format string, most int) string {
	var b strings.Builder
	for i := 0; b.Len() < most; i++ {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// Not parallel, since what the process allocates is counted.
func TestMemoryOfASet(t *testing.T) {
	for name, set := range hostileSets() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		parsed, err := jwks.ParseSet([]byte(set))
		runtime.ReadMemStats(&after)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(mostSetMemory), name)
		assert.LessOrEqual(t, len(set), largestSet, name)
		assert.NotErrorIs(t, err, jwks.ErrTooLarge, name)
		assert.LessOrEqual(t, len(parsed.Keys), 100, name)
	}
}

// A key that names thousands of operations is no key. Comparing each with all
// the others would keep a processor busy for a minute.
func TestOperationsAreBounded(t *testing.T) {
	t.Parallel()
	for count, want := range map[int]error{15: nil, 16: jwks.ErrKeyMalformed, 100_000: jwks.ErrKeyMalformed} {
		operations := []string{"verify"}
		for i := range count {
			operations = append(operations, fmt.Sprintf("%x", i))
		}
		assert.Equal(t, want, judge(t, ecKey("k").with("key_ops", operations[:min(len(operations), 60_000)])), "verify and %d more", count)
	}
}

func BenchmarkHostileSet(b *testing.B) {
	for name, set := range hostileSets() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(set)))
			for b.Loop() {
				_, _ = jwks.ParseSet([]byte(set))
			}
		})
	}
}
