package layout_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ban is an import that must not be reached, directly or through others.
type ban struct {
	from   func(rel string) bool
	to     string // an import path, with all below it
	reason string
}

const (
	whyNoGRPC    = "a service that speaks HTTP only must not link grpc"
	whyNoTesting = "a service must not link what is for its tests: testing registers flags, test kits hold private keys"
	whyNoYAML    = "a service that takes no settings from a file must not link a reader of YAML"
	whyPeers     = "HTTP and gRPC share policies and the table of answers, and neither drags in the other"
	whyDown      = "packages import downwards: keys, then tokens, then policies, then transports"
)

var bans = []ban{
	{speaksNoGRPC, "google.golang.org/grpc", whyNoGRPC},
	{speaksNoGRPC, "google.golang.org/protobuf", whyNoGRPC},
	{speaksNoGRPC, "google.golang.org/genproto", whyNoGRPC},
	{readsNoSettings, "go.yaml.in/yaml", whyNoYAML},
	{readsNoSettings, module + "/token/settings", whyNoYAML},
	{isLibrary, "testing", whyNoTesting},
	{isLibrary, "net/http/httptest", whyNoTesting},
	{isLibrary, "github.com/stretchr/testify", whyNoTesting},
	{isLibrary, module + "/token/tokentest", whyNoTesting},
	{isExample, module + "/token/tokentest", whyNoTesting},
	{isLibrary, module + "/grpcauth/grpcauthtest", whyNoTesting},
	{only("token/tokentest"), module + "/token/tokentest/refusals", "the issuer stands below the suites that use it"},
	{only("token/tokentest/refusals"), module + "/token/tokentest/rehearse", "the suites do not know each other"},
	{only("token/tokentest/rehearse"), module + "/token/tokentest/refusals", "the suites do not know each other"},
	{isTestKit, "github.com/stretchr/testify", "a test kit must not choose the assertion library of its users"},
	{only("middleware"), module + "/grpcauth", whyPeers},
	{only("grpcauth"), module + "/middleware", whyPeers},
	{only("jwks"), module + "/token", whyDown},
	{only("jwks", "token", "token/mtls", "token/introspect"), module + "/scope", whyDown},
	{only("jwks", "token", "token/mtls", "token/introspect", "scope"), module + "/middleware", whyDown},
	{only("jwks", "token", "token/mtls", "token/introspect", "scope"), module + "/grpcauth", whyDown},
	{only("jwks", "token", "token/mtls", "token/introspect", "scope"), module + "/internal/challenge", "outcomes become answers in the transports, and nowhere below"},
	{only("internal/jws", "internal/claims", "internal/rejection"), module + "/token", whyDown},
	{only("internal/strict"), module, "the readers of hostile bytes stand alone, to be audited alone"},
	{isLibrary, module + "/internal/check", "the tools of the project are no part of it"},
	{isTestKit, module + "/internal/check", "the tools of the project are no part of it"},
	{isLibrary, module + "/examples", "examples show the module and are no part of it"},
	{isLibrary, "golang.org/x/oauth2", "the module checks tokens; how to get one is the business of its users"},
	{isLibrary, "net/http/pprof", "it registers handlers on the default mux of the process"},
	{isLibrary, "expvar", "it registers handlers on the default mux of the process"},
	{isLibrary, "plugin", "a security library loads no code at run time"},
}

// speaksNoGRPC is every package that a service links besides grpcauth and those
// below it.
func speaksNoGRPC(rel string) bool {
	return isLibrary(rel) && !isUnder(rel, "grpcauth") || isUnder(rel, "token/tokentest")
}

// readsNoSettings is every package that a service links besides token/settings.
func readsNoSettings(rel string) bool {
	return isLibrary(rel) && rel != "token/settings" || isTestKit(rel)
}

func only(names ...string) func(string) bool {
	return func(rel string) bool { return slices.Contains(names, rel) }
}

func TestForbiddenImports(t *testing.T) {
	t.Parallel()
	for _, b := range bans {
		for _, p := range packagesWhere(t, b.from) {
			assert.Emptyf(t, reached(p, b.to), "%s reaches %s: %s", p.rel(), b.to, b.reason)
		}
	}
}

// reached lists the dependencies of p at or below path.
func reached(p pkg, path string) []string {
	return slices.DeleteFunc(slices.Clone(p.Deps), func(dep string) bool { return !isUnder(dep, path) })
}

func isUnder(importPath, path string) bool {
	return importPath == path || strings.HasPrefix(importPath, path+"/")
}

// thirdParty is what each package may import from other modules. All others
// get by with the standard library and this module.
var thirdParty = map[string][]string{
	"jwks":                          {"github.com/go-jose/go-jose/v4"},
	"internal/signing":              {"github.com/go-jose/go-jose/v4"},
	"token":                         {"github.com/go-jose/go-jose/v4/json"},
	"token/settings":                {"go.yaml.in/yaml/v3"},
	"token/tokentest/internal/mint": {"github.com/go-jose/go-jose/v4"},
	"grpcauth":                      {"google.golang.org/grpc", "google.golang.org/protobuf", "google.golang.org/genproto/googleapis/rpc/errdetails"},
	"grpcauth/grpcauthtest":         {"google.golang.org/grpc", "google.golang.org/protobuf"},

	"grpcauth/protopolicy":            {"google.golang.org/protobuf"},
	"grpcauth/protopolicy/postern/v1": {"google.golang.org/protobuf"},
}

func TestThirdPartyImports(t *testing.T) {
	t.Parallel()
	for _, p := range packagesWhere(t, func(rel string) bool { return !isExample(rel) }) {
		for _, path := range p.Imports {
			if isStandard(path) || isUnder(path, module) {
				continue
			}
			allowed := slices.ContainsFunc(thirdParty[p.rel()], func(a string) bool { return isUnder(path, a) })
			assert.Truef(t, allowed, "%s imports %s: each dependency is a risk that every user takes", p.rel(), path)
		}
	}
}

// TestUnsafe keeps unsafe where it can be read in one go.
func TestUnsafe(t *testing.T) {
	t.Parallel()
	var with []string
	for _, p := range packages(t) {
		for _, path := range p.files(p.GoFiles, p.TestGoFiles, p.XTestGoFiles) {
			file := parse(t, path)
			uses := slices.ContainsFunc(file.Imports, func(s *ast.ImportSpec) bool { return s.Path.Value == `"unsafe"` })
			if uses && !ast.IsGenerated(file) {
				with = append(with, p.rel()+"/"+filepath.Base(path))
			}
		}
	}
	assert.Equal(t, []string{"internal/zerocopy/zerocopy.go"}, with, "memory safety is what a parser of hostile bytes lives on")
}

func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// TestServiceBinary looks at whole programs, as services are, rather than at
// packages: what they link is what counts.
func TestServiceBinary(t *testing.T) {
	t.Parallel()
	unwanted := []string{
		"google.golang.org/grpc", "google.golang.org/protobuf", "testing", "github.com/stretchr/testify",
		module + "/token/tokentest", module + "/grpcauth", "golang.org/x/oauth2", "golang.org/x/net", module + "/token/settings", "go.yaml.in/yaml",
	}
	for _, rel := range []string{"jwks", "token", "scope", "middleware"} {
		t.Run(rel, func(t *testing.T) {
			t.Parallel()
			deps := depsOfProgram(t, fmt.Sprintf("package main\n\nimport _ %q\n\nfunc main() {}\n", module+"/"+rel))
			require.Contains(t, deps, module+"/"+rel)
			for _, dep := range deps {
				for _, path := range unwanted {
					assert.Falsef(t, isUnder(dep, path), "a program that imports only %s links %s", rel, dep)
				}
			}
		})
	}
}

func depsOfProgram(t *testing.T, source string) []string {
	t.Helper()
	program := overlay(t, source)
	return strings.Fields(string(mustGo(t, "list", "-deps", "-overlay="+program.overlay, program.path)))
}

// program is a main package that is in the module for the go command only.
type program struct {
	path    string // for the go command
	overlay string // the value of its flag of that name
}

// overlay puts a program into the module without writing there, so that it is
// built with the module's own requirements and leaves nothing behind.
func overlay(t *testing.T, source string) program {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "main.go")
	require.NoError(t, os.WriteFile(file, []byte(source), 0o600))
	place := filepath.Join(root(), "docs") // exists and has no code; vet changes into it
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(place, "main.go"): file}})
	require.NoError(t, err)
	list := filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(list, replace, 0o600))
	return program{path: "./docs", overlay: list}
}
