package api_test

import (
	"flag"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the API as it is as the new listing")

const file = "api.txt"

const head = `# The exported API: a line for each name, method and field. A change is accepted by
#
#	go test ./internal/check/api -update
`

func TestAPI(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString(head)
	for _, p := range publicPackages(t) {
		text.WriteString("\n")
		for _, line := range listing(p) {
			text.WriteString(line + "\n")
		}
	}
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(text.String()), 0o644))
	}
	accepted, err := os.ReadFile(file)
	require.NoError(t, err)
	gone, added := difference(string(accepted), text.String())
	assert.Empty(t, gone, "gone from the API, which breaks users: "+howToAccept)
	assert.Empty(t, added, "new in the API: "+howToAccept)
	assert.True(t, text.String() == string(accepted), "the listing is not in order: "+howToAccept)
}

const howToAccept = "if it is meant, run go test ./internal/check/api -update, and tell it in CHANGELOG.md"

func difference(before, after string) (gone, added []string) {
	return without(before, after), without(after, before)
}

// without are the lines of text that are not in other, each with its package.
func without(text, other string) (lines []string) {
	known := map[string]bool{}
	for _, line := range withPackage(other) {
		known[line] = true
	}
	return slices.DeleteFunc(withPackage(text), func(line string) bool { return known[line] })
}

func withPackage(text string) (lines []string) {
	var pkg string
	for _, line := range strings.Split(text, "\n") {
		below, ok := strings.CutPrefix(line, "\t")
		if !ok {
			pkg = line
			continue
		}
		lines = append(lines, pkg+": "+below)
	}
	return lines
}

// TestListing holds the listing itself to what it must show.
func TestListing(t *testing.T) {
	t.Parallel()
	const source = `package p
import "io"
const C = 2
const Typed Kind = iota
const hidden = 1
type Kind uint8
func (Kind) String() string { return "" }
func (*Kind) set() {}
var V, w = map[string]io.Reader{}, 0
func F[T any](first T, rest ...*Struct) (n int, err error) { return }
func f() {}
type Struct struct { A, b int; Tagged string ` + "`json:\"t\"`" + `; io.Reader; inner }
type inner struct{ Promoted bool }
func (inner) M() {}
type Plain struct { X *Kind }
type Iface interface { io.Closer; M(io.Reader) Plain; sealed() }
type Open interface { M() }
type Alias = io.Writer
type Generic[K comparable, V any] struct{ Values map[K]V }
func (g *Generic[K, V]) Get(K) V { panic(0) }
type Func func(io.Writer) error
`
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, "p.go", source, 0)
	require.NoError(t, err)
	checked, err := (&types.Config{Importer: importer.ForCompiler(fset, "source", nil)}).Check("example.com/p", fset, []*ast.File{parsed}, nil)
	require.NoError(t, err)
	assert.Equal(t, strings.Split(strings.TrimSpace(`
example.com/p
	type Alias = io.Writer
	const C untyped int = 2
	func F[T any](first T, rest ...*Struct) (n int, err error)
	type Func func(io.Writer) error
	type Generic[K comparable, V any] struct
	type Generic[K comparable, V any] struct: Values map[K]V
	func (*Generic) Get(K) V
	type Iface interface, that other packages cannot implement
	type Iface interface: Close() error
	type Iface interface: M(io.Reader) Plain
	type Kind uint8
	func (Kind) String() string
	type Open interface
	type Open interface: M()
	type Plain struct
	type Plain struct: X *Kind
	type Struct struct
	type Struct struct: A int
	type Struct struct: Promoted bool
	type Struct struct: Reader io.Reader
	type Struct struct: Tagged string `+"`json:\"t\"`"+`
	func (Struct) M()
	func (Struct) Read(p []byte) (n int, err error)
	const Typed Kind = 0
	var V map[string]io.Reader
`), "\n"), listing(checked))
}
