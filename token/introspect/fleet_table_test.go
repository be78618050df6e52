package introspect_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "live through the day with 1,000 replicas, and write the table of docs/operators.md")

const (
	tableBegins = "<!-- measured: introspection -->\n"
	tableEnds   = "<!-- end of introspection -->"
)

// TestFleet is the day of a small fleet, and holds what docs/operators.md says of a
// large one: replicas do not know of each other, so each costs the same.
func TestFleet(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("lives through many days")
	}
	replicas := 6
	if *update {
		replicas = 1000
	}
	f := newFleet(replicas)
	f.run(t)
	assert.Zero(t, f.accepted)
	assert.Zero(t, f.refused)
	assert.LessOrEqual(t, f.life, 30*time.Second, "Config.GoodFor")
	assert.Greater(t, f.life, 5*time.Second, "an answer is used for as long as it may; how old it is here is chance")
	assert.LessOrEqual(t, f.served, 15*time.Second)
	for _, chapter := range []int{ordinary, storm, afterFlood} {
		assert.Zero(t, f.unanswered[chapter], titles[chapter])
	}
	// A question a user in 30 seconds, and the time until its next call.
	const usual = fleetUsers / (30 + float64(fleetUsers)/fleetCalls)
	mean := func(chapter int) float64 {
		asked, _ := f.load(chapter)
		return asked / float64(replicas)
	}
	assert.InEpsilon(t, usual, mean(ordinary), 0.1)
	assert.Less(t, mean(outage), 1.0, "one attempt in some seconds, instead of a hundred calls a second")
	assert.Less(t, mean(storm), 2*usual)
	assert.Less(t, mean(flood), 50+2*usual, "Config.UnknownPerSecond")
	assert.Less(t, f.share(flood), 0.05, "tokens that are known to be good get in")
	compareTable(t, f)
}

// share is that of good calls that were answered 503.
func (f *fleet) share(chapter int) float64 {
	return float64(f.unanswered[chapter]) / float64(f.calls[chapter])
}

// compareTable writes the table, or sees that it has the same chapters.
func compareTable(t *testing.T, f *fleet) {
	t.Helper()
	file := filepath.Join("..", "..", "docs", "operators.md")
	page, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(page), tableBegins)
	table, after, ended := strings.Cut(rest, tableEnds)
	require.True(t, found && ended, "the markers of the table are gone")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(before+tableBegins+f.table()+tableEnds+after), 0o644))
		return
	}
	for _, title := range titles[ordinary:] {
		assert.Contains(t, table, "| "+title+" |")
	}
}

func (f *fleet) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n| 1,000 replicas | lasts | good calls | answered 503 | questions a second, mean | most |\n|---|--:|--:|--:|--:|--:|\n")
	for c := ordinary; c < chapters; c++ {
		mean, most := f.load(c)
		fmt.Fprintf(&b, "| %s | %v | %.1f million | %.3g %% | %.0f | %d |\n", titles[c], lasts[c], float64(f.calls[c])/1e6, 100*f.share(c), mean, most)
	}
	fmt.Fprintf(&b, "\nLongest life of a revoked token: %.1f s. Last good call answered 503 after the outage: %.1f s. Good tokens refused: %d. Garbage accepted: %d.\n\n",
		f.life.Seconds(), f.served.Seconds(), f.refused, f.accepted)
	return b.String()
}
