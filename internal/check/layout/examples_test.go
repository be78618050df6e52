package layout_test

import (
	"go/ast"
	"go/doc"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// withoutExample lists what needs no Example, with the reason. "*" stands for
// any part of a name; "func() T" for every function that makes a T.
var withoutExample = map[string]string{
	"*.Error":                          "implements error",
	"*.Unwrap":                         "implements what errors.Is looks for",
	"*.String":                         "implements fmt.Stringer",
	"token.Token.Format":               "implements fmt.Formatter",
	"token.Token.LogValue":             "implements slog.LogValuer",
	"token.Presentation.Format":        "implements fmt.Formatter",
	"token.Presentation.LogValue":      "implements slog.LogValuer",
	"token.Presentation.MarshalJSON":   "implements json.Marshaler",
	"jwks.RemoteConfig.Format":         "implements fmt.Formatter",
	"jwks.Status.MarshalJSON":          "implements json.Marshaler",
	"middleware.Mux.ServeHTTP":         "implements http.Handler",
	"middleware.Metadata.Validate":     "called by Describe; on its own for settings from a file",
	"middleware.Description.ServeHTTP": "implements http.Handler",
	"middleware.Forwarder.*":           "called by http.Client",
	"grpcauth.Forwarder.*":             "called by grpc",
	"grpcauth.Interceptor.Unary":       "installed by ServerOptions, which has one",
	"grpcauth.Interceptor.Stream":      "installed by ServerOptions, which has one",
	"jwks.RemoteConfig.Validate":       "called by NewRemote; on its own for settings from a file",
	"*.Config.Validate":                "called by New; on its own for settings from a file",
	"token.Token.*":                    "each method gives one claim; the Examples of Verifier and FromContext show the type",
	"token.IsOutcome":                  "for authors of an Authenticator",
	"scope.Policy.Is*":                 "for authors of transports",
	"scope.Policy.Scopes":              "for authors of transports",
	"scope.Valid":                      "called by Parse, which has one",
	"middleware.Mux.Routes":            "the list behind String, which has one",
	"token/tokentest.func() Edit":      "each edits one thing; the Example of Issuer.Token shows how they are used",
	"token/tokentest.Issuer.*":         "each makes the issuer behave in one way; Rotate and GoDown have one",
	"token/tokentest.SigningKey.*":     "for attacks with keys of one's own",
	"token/tokentest.Route.Request":    "called by Open, which has one",
	"token/tokentest/*.func() Shape":   "each is one server; the Example of Shape shows how they are used",
	"token/tokentest.EditDraft":        "for the packages below tokentest",
	"token/tokentest/refusals.Report":  "prints the results of Run, which has one",
	"token.Request.Format":             "implements fmt.Formatter",
	"token.Request.LogValue":           "implements slog.LogValuer",
	"token.Request.MarshalJSON":        "implements json.Marshaler",
	"token.FromSet":                    "only this module can call it, since the type of its argument is internal",
	"token.NewChecks":                  "only this module can call it, since the type of its argument is internal",
	"token.Checks.*":                   "only this module can make them",
	"token/introspect.Config.Format":   "implements fmt.Formatter",
	"*.Authenticator.Describe":         "called by token.Relaxations and token.Postures",
	"*.Status.MarshalJSON":             "implements json.Marshaler",
	"token/dpop.Transport.*":           "called by http.Client",
	"token/dpop.Attempt.Format":        "implements fmt.Formatter",
	"grpcauth.ProofCredentials.*":      "called by grpc",
}

// TestExamples wants an Example for every exported function and method: one
// that is named after it or calls it. It must run and have output for the go
// command to compare, unless it is of a test kit, most of which needs a
// *testing.T that no Example has.
func TestExamples(t *testing.T) {
	t.Parallel()
	imp := exportDataImporter(t)
	needed := map[string]bool{}
	for _, p := range packagesWhere(t, isPublic) {
		checked, err := imp.Import(p.ImportPath)
		require.NoError(t, err)
		shown := shownByExamples(t, p)
		for _, e := range entryPoints(checked) {
			if shown.has(e, isTestKit(p.rel())) {
				continue
			}
			excuses := excusesFor(p.rel(), e)
			assert.NotEmptyf(t, excuses, "%s.%s has no Example that runs", p.rel(), e.name)
			for _, pattern := range excuses {
				needed[pattern] = true
			}
		}
	}
	for pattern, reason := range withoutExample {
		assert.Truef(t, needed[pattern], "%s is excused from having an Example and needs no excuse", pattern)
		assert.NotEmptyf(t, reason, pattern)
	}
}

func excusesFor(rel string, e entryPoint) (patterns []string) {
	// A "*" of package path stops at a slash, which names of packages have.
	flat := strings.NewReplacer("/", ":")
	for pattern := range withoutExample {
		for _, name := range []string{e.name, "func() " + e.makes} {
			if ok, _ := path.Match(flat.Replace(pattern), flat.Replace(rel+"."+name)); ok {
				patterns = append(patterns, pattern)
			}
		}
	}
	return patterns
}

// entryPoint is an exported function, or an exported method of an exported type.
type entryPoint struct {
	name  string // "Func" or "Type.Method"
	makes string // of a function: the type of this package that it returns
}

func entryPoints(p *types.Package) (found []entryPoint) {
	for _, name := range p.Scope().Names() {
		object := p.Scope().Lookup(name)
		if !object.Exported() {
			continue
		}
		switch object := object.(type) {
		case *types.Func:
			found = append(found, newEntryPoint(name, object))
		case *types.TypeName:
			if named, ok := object.Type().(*types.Named); ok {
				for m := range named.Methods() {
					if m.Exported() {
						found = append(found, newEntryPoint(name+"."+m.Name(), m))
					}
				}
			}
		}
	}
	return found
}

func newEntryPoint(name string, f *types.Func) entryPoint {
	e := entryPoint{name: name}
	s := f.Signature()
	if s.Results().Len() == 1 {
		if made, ok := s.Results().At(0).Type().(*types.Named); ok && made.Obj().Pkg() == f.Pkg() {
			e.makes = made.Obj().Name()
		}
	}
	return e
}

// shown is what the Examples of a package show: "Func" or "Type.Method" where
// one has that name, "Func" or ".Method" where one calls it.
type shown struct{ running, compiled map[string]bool }

func (s shown) has(e entryPoint, compiledIsEnough bool) bool {
	names := s.running
	if compiledIsEnough {
		names = s.compiled
	}
	_, method, isMethod := strings.Cut(e.name, ".")
	return names[e.name] || isMethod && names["."+method]
}

func shownByExamples(t *testing.T, p pkg) shown {
	t.Helper()
	var files []*ast.File
	imported := map[string]bool{}
	for _, path := range p.files(p.TestGoFiles, p.XTestGoFiles) {
		file := parse(t, path)
		files = append(files, file)
		for name := range importsOf(file) {
			imported[name] = true
		}
	}
	s := shown{map[string]bool{}, map[string]bool{}}
	for _, e := range doc.Examples(files...) {
		for _, name := range append(called(e.Code, p.Name, imported), exampleOf(e.Name)) {
			s.compiled[name] = true
			if e.Output != "" || e.EmptyOutput {
				s.running[name] = true
			}
		}
	}
	return s
}

// called lists what the code uses of the package, as "Func", and of values, as
// ".Method". What it uses of other packages does not count.
func called(code ast.Node, name string, imported map[string]bool) (names []string) {
	ast.Inspect(code, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		switch x, ok := s.X.(*ast.Ident); {
		case ok && x.Name == name && x.Obj == nil:
			names = append(names, s.Sel.Name)
		case !ok || x.Obj != nil || !imported[x.Name]:
			names = append(names, "."+s.Sel.Name)
		}
		return true
	})
	return names
}

// exampleOf is what an Example is named after, without the suffix that begins
// with a small letter.
func exampleOf(name string) string {
	parts := slices.DeleteFunc(strings.Split(name, "_"), func(part string) bool { return !token.IsExported(part) })
	return strings.Join(parts, ".")
}
