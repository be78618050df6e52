// Package results reads the output of go test -bench.
package results

import (
	"bufio"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Sample is one line of output: one benchmark in one round.
type Sample struct {
	// Benchmark is the name without its parameters, such as "BenchmarkVerify".
	Benchmark string
	// Params are the parts of the name of the form key=value, and the number
	// of "processors".
	Params map[string]string
	// Values are the measurements by unit, such as "ns/op".
	Values map[string]float64
}

// Set is the samples of any number of rounds, and the lines that describe the
// machine, such as "cpu".
type Set struct {
	Samples []Sample
	Machine map[string]string
}

// Read reads the output of one or more runs. Lines that are neither a
// measurement nor a description are passed over.
func Read(r io.Reader) (Set, error) {
	set := Set{Machine: map[string]string{}}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		if sample, ok := parse(line); ok {
			set.Samples = append(set.Samples, sample)
		} else if name, value, ok := strings.Cut(line, ": "); ok {
			set.Machine[name] = value
		}
	}
	return set, lines.Err()
}

func parse(line string) (Sample, bool) {
	fields := strings.Fields(line)
	if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
		return Sample{}, false
	}
	name, processors := cutProcessors(fields[0])
	parts := strings.Split(name, "/")
	s := Sample{Benchmark: parts[0], Params: map[string]string{"processors": processors}, Values: map[string]float64{}}
	for _, part := range parts[1:] {
		if key, value, ok := strings.Cut(part, "="); ok {
			s.Params[key] = value
		}
	}
	for i := 2; i+1 < len(fields); i += 2 {
		value, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return Sample{}, false
		}
		s.Values[fields[i+1]] = value
	}
	return s, true
}

// cutProcessors takes off the number that go test adds to names, which it
// leaves out where there is one processor.
func cutProcessors(name string) (rest, processors string) {
	i := strings.LastIndexByte(name, '-')
	if i < 0 || strings.Trim(name[i+1:], "0123456789") != "" {
		return name, "1"
	}
	return name[:i], name[i+1:]
}

// Of returns one measurement of the samples that match the benchmark and all
// of the parameters, in the order of the rounds.
func (s Set) Of(benchmark, unit string, params map[string]string) []float64 {
	var values []float64
	for _, sample := range s.Samples {
		if value, ok := sample.Values[unit]; ok && sample.Benchmark == benchmark && sample.matches(params) {
			values = append(values, value)
		}
	}
	return values
}

func (s Sample) matches(params map[string]string) bool {
	for key, value := range params {
		if s.Params[key] != value {
			return false
		}
	}
	return true
}

// Ratio is the median over the rounds of what a took in terms of b. Both were
// measured shortly after one another, so that what disturbs one round disturbs
// both. It is NaN if there is nothing to compare.
func Ratio(a, b []float64) float64 {
	var ratios []float64
	for i := range min(len(a), len(b)) {
		ratios = append(ratios, a[i]/b[i])
	}
	return Median(ratios)
}

// Difference is the median over the rounds of what a took more than b.
func Difference(a, b []float64) float64 {
	var differences []float64
	for i := range min(len(a), len(b)) {
		differences = append(differences, a[i]-b[i])
	}
	return Median(differences)
}

// Median is the middle value, NaN if there is none.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	mid := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[mid-1] + sorted[mid]) / 2
	}
	return sorted[mid]
}

// GeoMean is the geometric mean, NaN if there is no value.
func GeoMean(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sum := 0.0
	for _, v := range values {
		sum += math.Log(v)
	}
	return math.Exp(sum / float64(len(values)))
}
