package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestUpToDate generates again what the go:generate lines say, and compares.
func TestUpToDate(t *testing.T) {
	t.Parallel()
	directive := regexp.MustCompile(`(?m)^//go:generate go run -C \S*internal/check/protogen \. (.*)$`)
	found := 0
	for _, doc := range []string{"grpcauth/protopolicy/postern/v1/doc.go", "examples/internal/photospb/doc.go"} {
		text, err := os.ReadFile(filepath.Join("../../..", doc))
		require.NoError(t, err)
		for _, m := range directive.FindAllStringSubmatch(string(text), -1) {
			found++
			args := strings.Fields(strings.ReplaceAll(m[1], "-I", ""))
			roots, file := args[:len(args)-1], args[len(args)-1]
			name, code, err := generate(roots, file)
			require.NoError(t, err)
			committed, err := os.ReadFile(filepath.Join(roots[0], name))
			require.NoError(t, err)
			assert.Equal(t, string(committed), string(code), "%s: run go generate", name)
		}
	}
	assert.Equal(t, 2, found)
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"a.proto"}, {"-I", "."}, {"-I", ".", "a.proto", "b.proto"}, {"-I", t.TempDir(), "none.proto"}} {
		assert.Error(t, run(args), args)
	}
}
