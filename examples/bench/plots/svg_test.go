package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/bench/internal/results"
)

const output = `BenchmarkGrowthKeys/source=Remote/n=1-2 1 100 ns/op 100 cpu-ns/op
BenchmarkGrowthKeys/source=Remote/n=100-2 1 100 ns/op 120 cpu-ns/op
BenchmarkGrowthKeys/source=Static/n=1-2 1 100 ns/op 20 cpu-ns/op
BenchmarkGrowthKeys/source=Static/n=1000-2 1 100 ns/op 8200 cpu-ns/op
`

// Every plot is well-formed XML, whatever was measured of it.
func TestPlotsAreXML(t *testing.T) {
	t.Parallel()
	set, err := results.Read(strings.NewReader(output))
	require.NoError(t, err)
	for _, p := range plots {
		decoder := xml.NewDecoder(strings.NewReader(p.draw(set, "cpu-ns/op")))
		for err == nil {
			_, err = decoder.Token()
		}
		assert.True(t, errors.Is(err, io.EOF), "%s: %v", p.file, err)
		err = nil
	}
}

func TestPointsStandWhereTheyBelong(t *testing.T) {
	t.Parallel()
	set, err := results.Read(strings.NewReader(output))
	require.NoError(t, err)
	c := plots[0].draw(set, "cpu-ns/op")
	x, y := newAxis([]float64{1, 1000}, left, right), newAxis([]float64{0.02, 8.2}, bottom, top)
	assert.InDelta(t, left, x.at(1), 0.01)
	assert.InDelta(t, right, x.at(1000), 0.01)
	assert.InDelta(t, bottom, y.at(0.01), 0.01)
	assert.InDelta(t, top, y.at(10), 0.01)
	assert.Equal(t, 4, strings.Count(c, "<circle"))
	assert.Contains(t, c, ">keys in the set<")
	assert.Contains(t, plots[0].table(set, "cpu-ns/op"), "| Static | 0.020 |  |  | 8.2 |  |")
}
