package alerts_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// alert is one of docs/operators.md, with its queries for prompostern and for
// otelpostern.
type alert struct {
	name    string
	queries [2]string
}

// section is a part of docs/operators.md, by its heading.
func section(t *testing.T, heading string) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/operators.md")
	require.NoError(t, err)
	_, text, found := strings.Cut(string(page), "\n## "+heading+"\n")
	require.True(t, found, heading)
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

func alertsOf(t *testing.T) (list []alert) {
	t.Helper()
	queries := regexp.MustCompile("(?s)```promql\n(.*?)```")
	for _, part := range strings.Split(section(t, "Alerts"), "\n### ")[1:] {
		name, text, _ := strings.Cut(part, "\n")
		found := queries.FindAllStringSubmatch(text, -1)
		require.Len(t, found, 2, name)
		list = append(list, alert{name, [2]string{found[0][1], found[1][1]}})
	}
	require.Len(t, list, 6)
	return list
}

// row is one of the table of names: an instrument, the metric it is exported as,
// and the query that shows the same of prompostern.
type row struct{ instrument, exported, prometheus string }

func rows(t *testing.T) (list []row) {
	t.Helper()
	cells := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| `([^`]+)` \\| `([^`]+)` \\|$")
	for _, m := range cells.FindAllStringSubmatch(section(t, "Metrics"), -1) {
		list = append(list, row{m[1], m[2], m[3]})
	}
	require.NotEmpty(t, list)
	return list
}
