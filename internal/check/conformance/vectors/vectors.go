// Package vectors finds published test vectors for tests. They are data of
// others and no part of this repository: a folder beside it may hold them, and
// those of Wycheproof are fetched as a Go module otherwise.
package vectors

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Wycheproof is the version of the vectors that the tests were written for. It
// is pinned because their expectations name vectors by number, and it is no
// requirement of the module: users of the library do not download it.
const Wycheproof = "github.com/c2sp/wycheproof@v0.0.0-20260902155932-3fa63dd0344a"

// folder is the environment variable that says where the vectors lie.
const folder = "POSTERN_VECTORS"

// ReadWycheproof decodes one file of Wycheproof into v. Without the file, and
// without a network to fetch it from, the test is skipped, or fails where the
// variable CI is "true": there it would go unnoticed that it never runs.
func ReadWycheproof(tb testing.TB, name string, v any) {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(local(tb), "wycheproof", name))
	if os.IsNotExist(err) {
		data, err = os.ReadFile(filepath.Join(fetched(tb), "testvectors_v1", name))
	}
	decode(tb, data, err, v)
}

// Read decodes a file of the folder beside the repository into v, and skips
// the test if there is no such folder. There is no module to fetch these from.
func Read(tb testing.TB, name string, v any) {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(local(tb), filepath.FromSlash(name)))
	if os.IsNotExist(err) && os.Getenv(folder) == "" {
		tb.Skipf("no vectors: set %s to the folder that has %s", folder, name)
	}
	decode(tb, data, err, v)
}

func decode(tb testing.TB, data []byte, err error, v any) {
	tb.Helper()
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		tb.Fatalf("vectors: %v", err)
	}
}

// local is the folder with vectors, which need not exist.
func local(tb testing.TB) string {
	tb.Helper()
	if dir := os.Getenv(folder); dir != "" {
		return dir
	}
	root, err := moduleRoot()
	if err != nil {
		tb.Fatalf("vectors: %v", err)
	}
	return filepath.Join(root, "..", "shared", "vectors")
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if filepath.Dir(dir) == dir {
			return "", os.ErrNotExist
		}
		dir = filepath.Dir(dir)
	}
}

func fetched(tb testing.TB) string {
	tb.Helper()
	dir, err := download()
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		tb.Fatalf("vectors: %v", err)
	default:
		tb.Skipf("no vectors: %v", err)
	}
	return dir
}

// download fetches the module of vectors once and tells where it lies. It runs
// outside of this module, so that go.mod and go.sum stay as they are.
var download = sync.OnceValues(func() (string, error) {
	cmd := exec.Command("go", "mod", "download", "-json", Wycheproof)
	cmd.Dir = os.TempDir()
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	output, err := cmd.Output()
	var module struct{ Dir, Error string }
	if jsonErr := json.NewDecoder(bytes.NewReader(output)).Decode(&module); err == nil {
		err = jsonErr
	}
	return module.Dir, err
})
