package layout_test

import (
	"encoding/json"
	"path"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// requirement is a module that go.mod may name. Requirements are minimums: the
// oldest good release, since each is forced on every user. Raising one means
// changing it here, with the reason.
type requirement struct{ version, reason string }

var requirements = map[string]requirement{
	"github.com/go-jose/go-jose/v4":             {"v4.1.4", "reads keys and decodes custom claims; the oldest release that was examined"},
	"google.golang.org/grpc":                    {"v1.79.3", "grpcauth; older ones take a :path without a leading slash (CVE-2026-33186)"},
	"google.golang.org/genproto/googleapis/rpc": {"v0.0.0-20251202230838-ff82c1b0f217", "google.rpc.ErrorInfo in the answers of grpcauth; what grpc requires"},
	"google.golang.org/protobuf":                {"v1.36.10", "details in the answers of grpcauth; what grpc requires"},
	"golang.org/x/oauth2":                       {"v0.34.0", "the client in examples/photos; what grpc's own modules use"},
	"golang.org/x/time":                         {"v0.9.0", "rate limits in examples/photos"},
	"github.com/stretchr/testify":               {"v1.11.1", "tests"},
	"github.com/davecgh/go-spew":                {"v1.1.1", "by way of testify"},
	"github.com/pmezard/go-difflib":             {"v1.0.0", "by way of testify"},
	"go.yaml.in/yaml/v3":                        {"v3.0.5", "reads settings from files, in token/settings alone; the oldest release that requires no other module"},
	"gopkg.in/yaml.v3":                          {"v3.0.1", "by way of testify"},
	"golang.org/x/net":                          {"v0.48.0", "by way of grpc"},
	"golang.org/x/sys":                          {"v0.39.0", "by way of grpc"},
	"golang.org/x/text":                         {"v0.32.0", "by way of grpc"},
}

// goMod is what `go mod edit -json` says of a go.mod.
type goMod struct {
	Module  struct{ Path string }
	Go      string
	Require []struct {
		Path, Version string
		Indirect      bool
	}
	Replace []struct {
		Old, New struct{ Path, Version string }
	}
	Exclude   []any
	Toolchain string
}

func readGoMod(t *testing.T, file string) (m goMod) {
	t.Helper()
	require.NoError(t, json.Unmarshal(mustGo(t, "mod", "edit", "-json", file), &m))
	return m
}

func TestGoMod(t *testing.T) {
	t.Parallel()
	m := readGoMod(t, "go.mod")
	assert.Equal(t, module, m.Module.Path)
	assert.Equal(t, "1.25.0", m.Go, "the go line is a floor for every user")
	assert.Empty(t, m.Toolchain, "a toolchain line would choose for users")
	assert.Empty(t, m.Replace, "a replace has no effect for users, so the tests would test something else")
	assert.Empty(t, m.Exclude, "an exclude has no effect for users, so the tests would test something else")
	seen := map[string]bool{}
	for _, r := range m.Require {
		seen[r.Path] = true
		want, ok := requirements[r.Path]
		if assert.Truef(t, ok, "%s is required: each requirement needs a reason here", r.Path) {
			assert.Equalf(t, want.version, r.Version, "%s: %s", r.Path, want.reason)
		}
	}
	for path := range requirements {
		assert.Truef(t, seen[path], "%s is listed here and not required any more", path)
	}
}

// TestNestedModules holds the modules that keep heavy dependencies out of the
// root: they build against this tree, and replace nothing else. What they need of
// this repository, the root or another nested module, they find at its place.
func TestNestedModules(t *testing.T) {
	t.Parallel()
	for _, file := range sourceFiles(t) {
		if path.Base(file) != "go.mod" || file == "go.mod" {
			continue
		}
		m := readGoMod(t, file)
		assert.Equalf(t, module+"/"+path.Dir(file), m.Module.Path, "%s is named after its place", file)
		var replaced, needed []string
		for _, r := range m.Replace {
			replaced = append(replaced, r.Old.Path)
			assert.Truef(t, isUnder(r.Old.Path, module), "%s replaces %s, which is not of this repository", file, r.Old.Path)
			assert.Equalf(t, relative(r.Old.Path), path.Join(path.Dir(file), r.New.Path), "%s replaces %s by another place", file, r.Old.Path)
		}
		for _, r := range m.Require {
			if isUnder(r.Path, module) {
				needed = append(needed, r.Path)
			}
		}
		assert.ElementsMatchf(t, needed, replaced, "%s builds against this tree where it needs the repository", file)
	}
}

// ofNested are the requirements of the nested modules that their users get.
// Like those of the root they are minimums.
var ofNested = map[string]map[string]requirement{
	"scope/openapipostern/go.mod": {
		"github.com/getkin/kin-openapi": {"v0.153.0", "resolves and validates documents; the oldest release that was examined"},
		"go.yaml.in/yaml/v4":            {"v4.0.0", "the parser of kin-openapi, asked first for names that are there twice; what kin-openapi requires"},
	},
	"scope/otelpostern/go.mod": {
		"go.opentelemetry.io/otel":        {"v1.41.0", "the oldest release that was examined; newer ones need a newer Go in the end"},
		"go.opentelemetry.io/otel/metric": {"v1.41.0", "as above"},
		"go.opentelemetry.io/otel/trace":  {"v1.41.0", "as above"},
		// Of the tests:
		"go.opentelemetry.io/otel/sdk":        {"v1.41.0", "readers for tests"},
		"go.opentelemetry.io/otel/sdk/metric": {"v1.41.0", "readers for tests"},
	},
	"scope/prompostern/go.mod": {
		"github.com/prometheus/client_golang": {"v1.23.2", "the oldest release that was examined"},
		"github.com/prometheus/client_model":  {"v0.6.2", "tests; what client_golang requires"},
	},
	"middleware/mcppostern/go.mod": {
		"github.com/modelcontextprotocol/go-sdk": {"v1.8.0", "the first release that speaks version 2026-07-28 of the protocol, and the oldest that was examined"},
		"github.com/yosida95/uritemplate/v3":     {"v3.0.2", "matches resource templates as the SDK does; what the SDK requires"},
	},
	"token/dpop/valkey/go.mod": {
		"github.com/valkey-io/valkey-go": {"v1.0.79", "the release that was examined and measured"},
		// Of the tests:
		"github.com/alicebob/miniredis/v2": {"v2.40.0", "a server in memory whose time a test moves"},
	},
}

// TestRequirementsOfNested keeps the nested modules as small as what they are
// about: each of their requirements is forced on the services that use them.
// Prometheus' parser and query engine are for the tests in examples/alerts.
func TestRequirementsOfNested(t *testing.T) {
	t.Parallel()
	for file, allowed := range ofNested {
		m := readGoMod(t, file)
		assert.Equalf(t, "1.25.0", m.Go, "%s: the go line is a floor for every user", file)
		direct := map[string]string{}
		for _, r := range m.Require {
			assert.Falsef(t, isUnder(r.Path, "google.golang.org/grpc"), "%s: %s", file, whyNoGRPC)
			if !r.Indirect && r.Path != module && r.Path != "github.com/stretchr/testify" {
				direct[r.Path] = r.Version
			}
		}
		want := map[string]string{}
		for path, r := range allowed {
			want[path] = r.version
		}
		assert.Equalf(t, want, direct, "%s: each requirement needs a reason here", file)
	}
}
