package bounds_test

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

// cost is what one call allocates.
type cost struct {
	allocs, bytes int
}

// runs is how many calls are measured, so that what the runtime allocates now
// and then for itself does not count.
const runs = 200

// measure is testing.AllocsPerRun with bytes. There must be no parallel tests,
// and no garbage collection, which would empty pools in the middle.
func measure(t *testing.T, call func() bool) cost {
	t.Helper()
	for range 10 {
		require.True(t, call())
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		call()
	}
	runtime.ReadMemStats(&after)
	return cost{
		allocs: int(after.Mallocs-before.Mallocs) / runs,
		bytes:  int(after.TotalAlloc-before.TotalAlloc) / runs,
	}
}
