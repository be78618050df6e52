package results_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/bench/internal/results"
)

const output = `goos: linux
cpu: Some Processor
BenchmarkVerify/alg=RS256/size=900/peer=a-b-2   100   3000 ns/op   10 B/op   2 allocs/op
BenchmarkVerify/alg=RS256/size=900/peer=floor-2 100   1000 ns/op   0 B/op   0 allocs/op
PASS
BenchmarkVerify/alg=RS256/size=900/peer=a-b-2   100   9000 ns/op   10 B/op   2 allocs/op
BenchmarkVerify/alg=RS256/size=900/peer=floor-2 100   2000 ns/op   0 B/op   0 allocs/op
BenchmarkVerify/alg=RS256/size=900/peer=a-b-2   100   1500 ns/op   10 B/op   2 allocs/op
BenchmarkVerify/alg=RS256/size=900/peer=floor-2 100   1000 ns/op   0 B/op   0 allocs/op
BenchmarkVerify/alg=PS256/size=900/peer=go-jose 100   1000 ns/op   0 B/op   0 allocs/op
BenchmarkBroken-2 100 x ns/op
ok   some/package 1.2s
`

func TestRead(t *testing.T) {
	t.Parallel()
	set, err := results.Read(strings.NewReader(output))
	require.NoError(t, err)
	assert.Equal(t, "Some Processor", set.Machine["cpu"])
	assert.Len(t, set.Samples, 7)
	peer := set.Of("BenchmarkVerify", "ns/op", map[string]string{"alg": "RS256", "peer": "a-b"})
	floor := set.Of("BenchmarkVerify", "ns/op", map[string]string{"alg": "RS256", "peer": "floor"})
	assert.Equal(t, []float64{3000, 9000, 1500}, peer)
	assert.InDelta(t, 3.0, results.Ratio(peer, floor), 1e-9, "the median of 3, 4.5 and 1.5")
	assert.InDelta(t, 2000.0, results.Difference(peer, floor), 1e-9, "the median of 2000, 7000 and 500")
	assert.Len(t, set.Of("BenchmarkVerify", "ns/op", map[string]string{"peer": "go-jose", "processors": "1"}), 1)
	assert.Empty(t, set.Of("BenchmarkVerify", "ns/op", map[string]string{"alg": "ES256"}))
}

func TestMeans(t *testing.T) {
	t.Parallel()
	assert.InDelta(t, 2.5, results.Median([]float64{4, 1, 3, 2}), 1e-9)
	assert.InDelta(t, 4.0, results.GeoMean([]float64{2, 8}), 1e-9)
	assert.True(t, math.IsNaN(results.Median(nil)))
	assert.True(t, math.IsNaN(results.GeoMean(nil)))
}
