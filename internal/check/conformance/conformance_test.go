package conformance_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/check/conformance"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

//go:generate go test . -run TestDocument -update

var update = flag.Bool("update", false, "write the documents")

const root = "../../.."

func read(t *testing.T) ([]conformance.Row, conformance.Tests) {
	t.Helper()
	rows, err := conformance.Rows()
	require.NoError(t, err)
	tests, err := conformance.Scan(root)
	require.NoError(t, err)
	return rows, tests
}

func TestDocument(t *testing.T) {
	t.Parallel()
	rows, tests := read(t)
	for name, want := range map[string]string{
		"conformance.md": conformance.Table(rows, tests),
		"not-yet.md":     conformance.LaterTable(rows),
	} {
		path := filepath.Join(root, "docs", name)
		if *update {
			require.NoError(t, os.WriteFile(path, []byte(want), 0o644))
			continue
		}
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, want, string(got), "run go generate ./internal/check/conformance")
	}
}

// The checklist has 356 rows. None is left out and none is there twice.
func TestEveryRowIsListedOnce(t *testing.T) {
	t.Parallel()
	rows, _ := read(t)
	seen := map[string]bool{}
	for _, r := range rows {
		assert.False(t, seen[r.ID], "%s twice", r.ID)
		assert.NotEmpty(t, r.Says, r.ID)
		assert.NotEmpty(t, r.Title, r.ID)
		assert.Equal(t, r.Fate == conformance.Held, r.Why == "", "%s: a reason where one is due", r.ID)
		seen[r.ID] = true
	}
	assert.Len(t, seen, 356)
}

// No row is called held that no test bears the id of, and in the sections that
// are to be held throughout every other row says why it is not.
func TestRowsAreHeld(t *testing.T) {
	t.Parallel()
	rows, tests := read(t)
	for _, r := range rows {
		switch r.Fate {
		case conformance.Held, conformance.Part:
			assert.NotEmpty(t, tests.Of(r.ID), "%s (%s) has no test", r.ID, r.Says)
		}
	}
}

// An id that no row has is a spelling mistake, and holds nothing.
func TestIDsInTestsExist(t *testing.T) {
	t.Parallel()
	rows, tests := read(t)
	assert.Empty(t, tests.Unknown(rows))
}

// The rows that attacks of the refusal suite cite are rows.
func TestRowsOfAttacksExist(t *testing.T) {
	t.Parallel()
	rows, _ := read(t)
	known := map[string]bool{"": true}
	for _, r := range rows {
		known[r.ID] = true
	}
	for _, a := range refusals.Attacks() {
		assert.True(t, known[a.Row], "%s/%s cites row %q", a.Group, a.Name, a.Row)
	}
}

func TestScan(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source := `package x
import "testing"
var table = map[string]int{"C_1-2.3-1 in a table": 1}
func TestC_4_5_6_Words(t *testing.T) {}
func TestC_4_5_60(t *testing.T) {}
func TestC_GRPC_7(t *testing.T) {}
func TestOther(t *testing.T) { t.Run("C_4-5-6. dotted", nil); _ = "C_9449-4.3-9d x XC_1-1 C_none" }
`
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "x", "testdata"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x", "x_test.go"), []byte(source), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x", "testdata", "y_test.go"), []byte("no Go"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x", "y.go"), []byte("no Go"), 0o644))
	tests, err := conformance.Scan(dir)
	require.NoError(t, err)
	for id, want := range map[string][]string{
		"1-2.3-1":    {"x x_test.go"},
		"4-5-6":      {"x TestC_4_5_6_Words", "x TestOther"},
		"4.5-60":     {"x TestC_4_5_60"},
		"4-5":        nil,
		"GRPC-7":     {"x TestC_GRPC_7"},
		"9449-4.3-9": nil,
	} {
		assert.Equal(t, want, tests.Of(id), id)
	}
	assert.Equal(t, []string{"9449-4.3-9d", "_4_5_60", "_GRPC_7"}, tests.Unknown([]conformance.Row{{ID: "1-2.3-1"}, {ID: "4-5-6"}}))
}
