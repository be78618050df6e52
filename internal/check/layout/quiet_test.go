package layout_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mute is what a library must not use: it has no say in what a process prints,
// logs or when it ends. A selector of "" means the whole package.
var mute = map[string][]string{
	"log":      {""},
	"log/slog": {"Debug", "DebugContext", "Info", "InfoContext", "Warn", "WarnContext", "Error", "ErrorContext", "Log", "LogAttrs", "Default", "SetDefault", "With"},
	"fmt":      {"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"},
	"os":       {"Stdin", "Stdout", "Stderr", "Exit", "Getenv", "LookupEnv", "Environ", "Args"},
	"net/http": {"DefaultClient", "DefaultServeMux", "Get", "Head", "Post", "PostForm", "Handle", "HandleFunc"},
	"flag":     {""},
}

// notMute are exceptions from mute, with their reason.
var notMute = map[string]string{
	"internal/fetch/reach.go uses os.Environ": "says in an error that proxies of the environment are not used; decides nothing by it",
}

// mayPanic lists the functions that panic, by the exported names whose
// documentation says so, or with the reason why it cannot be caused. All of
// them are about mistakes in the program, none about what a caller sends.
var mayPanic = map[string]panics{
	"grpcauth.New":                          {documented: []string{"New"}},
	"grpcauth.run.returned":                 {reason: "carries on the panic of a stream of grpc to the goroutine it belongs to"},
	"jwks.smallOrderPoints":                 {reason: "a table of literals, read when the program starts"},
	"middleware.New":                        {documented: []string{"New"}},
	"middleware.Middleware.Require":         {documented: []string{"Middleware.Require"}},
	"middleware.Mux.Handle":                 {documented: []string{"Mux.Handle"}},
	"middleware.Mux.HandleMetadata":         {documented: []string{"Mux.HandleMetadata"}},
	"middleware.ServeMetadata":              {documented: []string{"ServeMetadata"}},
	"scope.Policy.Or":                       {documented: []string{"Policy.Or"}},
	"scope.literals":                        {documented: []string{"ClientID", "Issuer", "AllOf", "AnyOf", "HasDetail", "Details", "ACR", "ACRBy"}},
	"scope.acrLiterals":                     {documented: []string{"ACR", "ACRBy"}},
	"scope.ACRBy":                           {documented: []string{"ACRBy"}},
	"scope.MaxAge":                          {documented: []string{"MaxAge"}},
	"scope.mustHave":                        {documented: []string{"Claims", "Func", "ACRBy"}},
	"scope.actorLiterals":                   {documented: []string{"ActorIn"}},
	"scope.Details":                         {documented: []string{"Details"}},
	"scope.HasDetail":                       {documented: []string{"HasDetail"}},
	"scope.Tenant":                          {documented: []string{"Tenant"}},
	"scope.scopeRule":                       {documented: []string{"All", "Any"}},
	"scope.LogTo":                           {documented: []string{"LogTo"}},
	"scope.NewTable":                        {documented: []string{"NewTable"}},
	"scope.Table.Policy":                    {documented: []string{"Table.Policy"}},
	"scope.textReader.made":                 {reason: "passes on a panic that is not about the text of a policy, which no constructor in the table causes"},
	"token.ByIssuer":                        {documented: []string{"ByIssuer"}},
	"middleware.FromSubprotocol":            {documented: []string{"FromSubprotocol"}},
	"middleware.Middleware.RequireDecision": {documented: []string{"Middleware.RequireDecision"}},
}

type panics struct {
	documented []string
	reason     string
}

func TestLibraryIsQuiet(t *testing.T) {
	t.Parallel()
	unheard := maps.Clone(notMute)
	for _, p := range packagesWhere(t, isLibrary) {
		for _, path := range p.files(p.GoFiles) {
			for _, fault := range noise(parse(t, path)) {
				use := fmt.Sprintf("%s/%s uses %s", p.rel(), filepath.Base(path), fault)
				if notMute[use] == "" {
					assert.Fail(t, "the library must be quiet", use)
				}
				delete(unheard, use)
			}
		}
	}
	assert.Empty(t, unheard, "these need no exception")
}

// TestPanics compares the functions that panic with those that may.
func TestPanics(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	docs := map[string]string{}
	for _, p := range packagesWhere(t, isLibrary) {
		for _, path := range p.files(p.GoFiles) {
			for name, d := range declarations(parse(t, path)) {
				docs[p.rel()+"."+name] = d.doc
				if d.panics {
					found[p.rel()+"."+name] = true
				}
			}
		}
	}
	for name := range found {
		assert.Containsf(t, mayPanic, name, "%s panics: return an error", name)
	}
	for name, p := range mayPanic {
		assert.Truef(t, found[name], "%s is listed and does not panic", name)
		assert.Truef(t, p.reason != "" || len(p.documented) > 0, "%s is listed without a reason", name)
		for _, by := range p.documented {
			rel, _, _ := strings.Cut(name, ".")
			assert.Containsf(t, docs[rel+"."+by], "panics", "the comment of %s.%s says when it panics", rel, by)
		}
	}
}

// TestNoiseIsFound holds the search itself to what it must find.
func TestNoiseIsFound(t *testing.T) {
	t.Parallel()
	const source = `package p
import ("fmt"; l "log"; "log/slog"; "net/http"; "os")
// F panics.
func F() { fmt.Println(); l.Fatal(); slog.Info(""); os.Exit(1); println(); panic(1); _ = http.DefaultClient; _ = slog.StringValue }
func (t *T[X]) M() { defer func() { panic(2) }() }
var V = func() int { panic(3) }()
type T[X any] struct{}
`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", source, parser.ParseComments)
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"log", "fmt.Println", "slog.Info", "os.Exit", "println", "http.DefaultClient"}, noise(file))
	var panicking []string
	for name, d := range declarations(file) {
		if d.panics {
			panicking = append(panicking, name)
		}
	}
	assert.ElementsMatch(t, []string{"F", "T.M", "V"}, panicking)
}

func parse(t *testing.T, path string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
	require.NoError(t, err)
	return f
}

// noise lists the uses in f of what is mute.
func noise(f *ast.File) (faults []string) {
	imported := importsOf(f)
	for _, path := range imported {
		if slices.Contains(mute[path], "") {
			faults = append(faults, path)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && slices.Contains(mute[imported[x.Name]], n.Sel.Name) {
				faults = append(faults, fmt.Sprintf("%s.%s", x.Name, n.Sel.Name))
			}
		case *ast.CallExpr:
			if name := builtin(n); name == "print" || name == "println" {
				faults = append(faults, name)
			}
		}
		return true
	})
	return faults
}

// importsOf is the imports of a file, by the name they have in it.
func importsOf(f *ast.File) map[string]string {
	imported := map[string]string{}
	for _, spec := range f.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		name := filepath.Base(path)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imported[name] = path
	}
	return imported
}

func builtin(call *ast.CallExpr) string {
	if name, ok := call.Fun.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// declaration is a function or variable at the top level of a file.
type declaration struct {
	doc    string
	panics bool
}

// declarations are those of f by name, methods with that of their type.
func declarations(f *ast.File) map[string]declaration {
	found := map[string]declaration{}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			found[functionName(d)] = declaration{d.Doc.Text(), callsPanic(d)}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok {
					found[v.Names[0].Name] = declaration{v.Doc.Text(), callsPanic(v)}
				}
			}
		}
	}
	return found
}

func functionName(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return d.Name.Name
	}
	receiver := d.Recv.List[0].Type
	for {
		switch r := receiver.(type) {
		case *ast.StarExpr:
			receiver = r.X
		case *ast.IndexExpr:
			receiver = r.X
		case *ast.Ident:
			return r.Name + "." + d.Name.Name
		default:
			return d.Name.Name
		}
	}
}

func callsPanic(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && builtin(call) == "panic" {
			found = true
		}
		return true
	})
	return found
}
