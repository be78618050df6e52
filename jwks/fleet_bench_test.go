package jwks_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestFleet is the day of a fleet so small that chance has a say in every
// minute, so the load is judged by the quarter of an hour.
func TestFleet(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("lives through many days")
	}
	const replicas, troubled = 30, 3
	f := newFleet(replicas, 1)
	f.run(t)
	assert.Zero(t, f.accepted)
	assert.Zero(t, f.unanswered)
	assert.LessOrEqual(t, f.refused, 2*troubled, "the first call by the unannounced key under a flood")
	assert.LessOrEqual(t, f.knownAfter(true), fleetLifetime)
	assert.LessOrEqual(t, f.knownAfter(false), time.Minute)
	ordinary := f.load().ordinary
	assert.InEpsilon(t, replicas/(0.7*fleetLifetime.Minutes()), ordinary, 0.05)
	for from := time.Duration(0); from < fleetDay; from += fleetLifetime {
		most := 4 * ordinary                  // a flooded replica asks twice a minute
		if from == 0 || f.surprisedAt(from) { // one request each, in a minute or five
			most += replicas / fleetLifetime.Minutes()
		}
		assert.LessOrEqual(t, f.between(from, from+fleetLifetime), most, "from %v", from)
	}
}

// BenchmarkFleet is a day of a fleet: see the type fleet for what happens, and
// docs/operators.md for what the figures mean.
//
//	go test ./jwks -run '^$' -bench Fleet -benchtime 1x -timeout 1h
func BenchmarkFleet(b *testing.B) {
	for _, replicas := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprintf("replicas=%d", replicas), func(b *testing.B) { benchFleet(b, replicas, 1) })
	}
	b.Run("replicas=1000/repeated", func(b *testing.B) { benchFleet(b, 1000, 8) })
}

func benchFleet(b *testing.B, replicas, repeat int) {
	for b.Loop() {
		before := heap()
		f := newFleet(replicas, repeat)
		f.run(b)
		f.report(b, float64(heap()-before)/float64(replicas))
		runtime.KeepAlive(f)
	}
}

// heap is how many bytes live.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func (f *fleet) report(b *testing.B, bytes float64) {
	l := f.load()
	b.ReportMetric(l.ordinary, "ordinary/min")
	b.ReportMetric(l.mean, "mean/min")
	b.ReportMetric(l.peak, "peak/min")
	b.ReportMetric(l.peak/l.ordinary, "peak/ordinary")
	b.ReportMetric(l.rotation, "rotation/min")
	b.ReportMetric(float64(f.refused), "refused")
	b.ReportMetric(float64(f.unanswered), "unanswered")
	b.ReportMetric(float64(f.accepted), "accepted")
	b.ReportMetric(f.knownAfter(true).Seconds(), "announced-s")
	b.ReportMetric(f.knownAfter(false).Seconds(), "unannounced-s")
	b.ReportMetric(bytes, "B/replica")
	b.ReportMetric(float64(f.calls), "calls")
	b.Logf("peak at %v; by part of the day: %s", l.peakAt, f.parts())
}

// knownAfter is how long after its publication the last replica held a key.
func (f *fleet) knownAfter(announced bool) (last time.Duration) {
	for i, s := range f.issuer.signers[1:] {
		if s.announced() == announced {
			last = max(last, f.known[i+1])
		}
	}
	return last
}

// load is requests per minute at the issuer.
type load struct {
	ordinary float64 // mean while nothing happens
	mean     float64 // of the day
	peak     float64 // in any minute but the next
	peakAt   time.Duration
	rotation float64 // in the minute of the unannounced rotation
}

func (f *fleet) load() load {
	l := load{
		ordinary: f.between(ordinaryBegins, ordinaryEnds),
		mean:     f.between(0, fleetDay),
	}
	for m := range f.issuer.perMinute {
		at, count := time.Duration(m)*time.Minute, float64(f.issuer.perMinute[m].Load())
		switch {
		case f.surprisedAt(at):
			l.rotation = max(l.rotation, count)
		case count > l.peak:
			l.peak, l.peakAt = count, at
		}
	}
	return l
}

func (f *fleet) surprisedAt(minute time.Duration) bool {
	for _, s := range f.issuer.signers[1:] {
		if !s.announced() && s.signs == minute {
			return true
		}
	}
	return false
}

func (f *fleet) between(from, to time.Duration) float64 {
	var sum int64
	for m := from / time.Minute; m < to/time.Minute; m++ {
		sum += f.issuer.perMinute[m].Load()
	}
	return float64(sum) / (to - from).Minutes()
}

// parts is the highest minute of each part of the day, in terms of ordinary
// refreshing.
func (f *fleet) parts() (s string) {
	l := f.load()
	for _, part := range []struct {
		name     string
		from, to time.Duration
	}{
		{"start", 0, fleetStart}, {"after it", fleetStart, time.Hour}, {"ordinary", ordinaryBegins, ordinaryEnds},
		{"flood", floodBegins, outageBegins}, {"outage", outageBegins, outageEnds}, {"recovery", outageEnds, outageEnds + time.Hour},
		{"rotated", 14*time.Hour + time.Minute, 15 * time.Hour}, {"night", floodEnds, fleetDay},
	} {
		highest := 0.
		for m := part.from / time.Minute; m < part.to/time.Minute; m++ {
			highest = max(highest, float64(f.issuer.perMinute[m].Load()))
		}
		s += fmt.Sprintf("%s %.2f, ", part.name, highest/l.ordinary)
	}
	return s
}
