package tokentest

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
)

// Golden fails the test unless file has v as indented JSON. It is for the posture
// of a service, so that a change of whom it lets in is seen in review:
//
//	tokentest.Golden(t, "testdata/posture.json", mux.Posture().Settings())
//
// With TOKENTEST_UPDATE=1 in the environment it writes the file instead.
func Golden(tb testing.TB, file string, v any) {
	tb.Helper()
	got, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		tb.Fatalf("tokentest: %v", err)
	}
	got = append(got, '\n')
	if os.Getenv("TOKENTEST_UPDATE") == "1" {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			tb.Fatalf("tokentest: %v", err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		tb.Fatalf("tokentest: %v; run the test with TOKENTEST_UPDATE=1 to make the file", err)
	}
	if line := firstDifference(got, want); line > 0 {
		tb.Errorf("tokentest: line %d of %s differs; if the change is meant, run the test with TOKENTEST_UPDATE=1. The value is now\n%s", line, file, got)
	}
}

// firstDifference is the number of the first line in which two texts differ, or
// 0.
func firstDifference(a, b []byte) int {
	if bytes.Equal(a, b) {
		return 0
	}
	linesA, linesB := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range linesA {
		if i >= len(linesB) || !bytes.Equal(linesA[i], linesB[i]) {
			return i + 1
		}
	}
	return len(linesA) + 1
}
