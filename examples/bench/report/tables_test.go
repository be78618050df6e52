package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/bench"
	"github.com/postern-go/postern/examples/bench/internal/results"
)

// measured is three rounds in which peer p takes p+1 times its floor, and one
// of which is disturbed.
func measured(t *testing.T) results.Set {
	t.Helper()
	var b strings.Builder
	for round := range 3 {
		for _, c := range columns() {
			disturbed := 1 + 4*(round%2)
			for i, peer := range append([]string{signature, lookUp}, names()...) {
				fmt.Fprintf(&b, "BenchmarkVerify/alg=%s/size=%d/peer=%s-2 10 1 ns/op %d cpu-ns/op %d allocs/op\n",
					c.alg, c.size, peer, 100*max(i, 1)*disturbed, i)
			}
		}
	}
	set, err := results.Read(strings.NewReader(b.String()))
	require.NoError(t, err)
	return set
}

func names() (list []string) {
	for _, peer := range bench.Peers {
		list = append(list, peer.Name)
	}
	return list
}

func TestTables(t *testing.T) {
	t.Parallel()
	set := measured(t)
	all := tables{set, "cpu-ns/op"}
	assert.Contains(t, all.String(), "| postern | 2.00 | 2.00 | 2.00 | 2.00 | 2.00 | 2.00 | 2.00 | 2.00 | 2.00 |")
	assert.Contains(t, all.String(), "| golang-jwt+keyfunc | 4.00 |")
	assert.Contains(t, all.String(), "| golang-jwt+keyfunc | 4 | 4 |")
	assert.Contains(t, all.String(), "| postern-warm | 3.00 |")
	assert.Contains(t, all.short(), "| golang-jwt+keyfunc | 4.00 | 4.00 | 4 |")
	assert.Equal(t, 3, roundsOf(set))
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	text, err := refusals()
	require.NoError(t, err)
	for line := range strings.Lines(text) {
		if strings.Contains(line, "refused") {
			cells := strings.Split(line, "|")
			assert.Equal(t, "refused", strings.TrimSpace(cells[2]), "postern: %s", line)
		}
	}
}
