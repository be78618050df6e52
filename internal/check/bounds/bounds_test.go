package bounds_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write what is measured as the new bounds")

const file = "bounds.txt"

// subject is something that is measured. call reports whether all went as it
// should, so that nothing is measured that fails early.
type subject struct {
	name string
	call func() bool
}

func TestBounds(t *testing.T) {
	if racing {
		t.Skip("the race detector allocates too; go test without -race holds the bounds")
	}
	measured := map[string]cost{}
	for _, s := range slices.Concat(verification(t), refusals(t), keySources(t), overHTTP(t), overGRPC(t), policies(t), introspection(t)) {
		require.NotContains(t, measured, s.name)
		measured[s.name] = measure(t, s.call)
	}
	if *update {
		require.NoError(t, os.WriteFile(file, write(measured), 0o644))
	}
	bounds := read(t)
	t.Log("\n" + table(measured, bounds))
	assert.Equal(t, slices.Sorted(maps.Keys(bounds)), slices.Sorted(maps.Keys(measured)), "what is bounded is not what is measured")
	for name, c := range measured {
		assert.LessOrEqual(t, c.allocs, bounds[name].allocs, "allocations: %s", name)
		assert.LessOrEqual(t, c.bytes, bounds[name].bytes, "bytes: %s", name)
	}
}

// A bound that nothing could exceed would hold nothing.
func TestMeasureCounts(t *testing.T) {
	if racing {
		t.Skip("the race detector allocates too")
	}
	var kept [][]byte
	got := measure(t, func() bool {
		kept = append(kept[:0], make([]byte, 1024), make([]byte, 2048))
		return true
	})
	assert.Equal(t, cost{2, 3072}, got)
}

// read reads lines of a name, allocations and bytes.
func read(t *testing.T) map[string]cost {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	bounds := map[string]cost{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var name string
		var c cost
		_, err := fmt.Sscan(line, &name, &c.allocs, &c.bytes)
		require.NoError(t, err, line)
		bounds[name] = c
	}
	return bounds
}

const heading = `# What calls may allocate: allocations and bytes. go test ./internal/check/bounds
# fails beyond, and rewrites this file if given -update.
`

// write allows a little more bytes than were measured: how big the runtime
// makes an object is up to the version of Go. Nothing stays nothing.
func write(measured map[string]cost) []byte {
	var b bytes.Buffer
	b.WriteString(heading)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, name := range slices.Sorted(maps.Keys(measured)) {
		c := measured[name]
		fmt.Fprintf(w, "%s\t%d\t%d\n", name, c.allocs, c.bytes+c.bytes/16+min(c.bytes, 8))
	}
	_ = w.Flush()
	return b.Bytes()
}

func table(measured, bounds map[string]cost) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "what\tallocations\tat most\tbytes\tat most")
	for _, name := range slices.Sorted(maps.Keys(measured)) {
		c, bound := measured[name], bounds[name]
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\n", name, c.allocs, bound.allocs, c.bytes, bound.bytes)
	}
	_ = w.Flush()
	return b.String()
}
