package tokentest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token/tokentest"
)

// noted is a test that notes its failures.
type noted struct {
	testing.TB
	failures []string
}

func (*noted) Helper() {}
func (n *noted) Errorf(format string, a ...any) {
	n.failures = append(n.failures, fmt.Sprintf(format, a...))
}
func (n *noted) Fatalf(format string, a ...any) {
	n.Errorf(format, a...)
	panic(n)
}

func golden(file string, v any) []string {
	var n noted
	func() {
		defer func() { _ = recover() }()
		tokentest.Golden(&n, file, v)
	}()
	return n.failures
}

// Not parallel, since the environment is that of the process.
func TestGolden(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.json")
	value := map[string]any{"a": []int{1, 2}, "b": "c"}
	assert.Contains(t, golden(file, value)[0], "TOKENTEST_UPDATE=1")
	t.Setenv("TOKENTEST_UPDATE", "1")
	assert.Empty(t, golden(file, value))
	assert.Len(t, golden(filepath.Join(file, "no", "directory"), value), 1)
	t.Setenv("TOKENTEST_UPDATE", "")
	assert.Empty(t, golden(file, value))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.JSONEq(t, `{"a":[1,2],"b":"c"}`, string(text))
	for want, other := range map[string]any{
		"line 3 of": map[string]any{"a": []int{3, 2}, "b": "c"},
		"line 6 of": map[string]any{"a": []int{1, 2}, "b": "d"},
		"line 1 of": []int{},
	} {
		require.Len(t, golden(file, other), 1)
		assert.Contains(t, golden(file, other)[0], want)
	}
	require.NoError(t, os.WriteFile(file, append(text, "more\n"...), 0o600))
	assert.Contains(t, golden(file, value)[0], "differs")
	require.NoError(t, os.WriteFile(file, text[:len(text)-4], 0o600))
	assert.Contains(t, golden(file, value)[0], "differs")
	assert.Len(t, golden(file, func() {}), 1)
}
