package layout_test

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// workflow is what counts in a workflow of the forge.
type workflow struct {
	Permissions map[string]string
	Jobs        map[string]struct {
		Container string
		Timeout   int `yaml:"timeout-minutes"`
		Steps     []struct{ Uses, Run string }
	}
}

// TestWorkflow holds the forge to .ci/run: what decides there is what everyone
// can run. An action is pinned by its commit, since a tag can be moved by
// anyone who takes over its repository, and nothing may write.
func TestWorkflow(t *testing.T) {
	t.Parallel()
	var w workflow
	require.NoError(t, yaml.Unmarshal([]byte(read(t, ".github/workflows/ci.yml")), &w))
	assert.Equal(t, map[string]string{"contents": "read"}, w.Permissions)
	job := w.Jobs["run"]
	assert.Equal(t, "golang:latest", job.Container, "the newest Go, on Debian")
	assert.Positive(t, job.Timeout)
	require.NotEmpty(t, job.Steps)
	assert.Equal(t, "bash .ci/run", job.Steps[len(job.Steps)-1].Run)
	pinned := regexp.MustCompile(`^[\w.-]+/[\w.-]+@[0-9a-f]{40}$`)
	for _, step := range job.Steps {
		if step.Uses != "" {
			assert.Regexp(t, pinned, step.Uses)
		}
	}
}

// TestDependencyUpdates finds modules that no update would reach.
func TestDependencyUpdates(t *testing.T) {
	t.Parallel()
	var settings struct {
		Updates []struct {
			Ecosystem   string `yaml:"package-ecosystem"`
			Directory   string
			Directories []string
			Limit       *int `yaml:"open-pull-requests-limit"`
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(read(t, ".github/dependabot.yml")), &settings))
	covered := map[string][]string{}
	for _, u := range settings.Updates {
		for _, dir := range append(u.Directories, u.Directory) {
			if dir != "" {
				covered[u.Ecosystem] = append(covered[u.Ecosystem], dir)
			}
		}
		if u.Ecosystem == "gomod" && u.Directory == "/" {
			require.NotNil(t, u.Limit)
			assert.Zero(t, *u.Limit, "requirements of the library are minimums")
		}
	}
	assert.ElementsMatch(t, directoriesOf(t, "go.mod"), covered["gomod"])
	assert.ElementsMatch(t, directoriesOf(t, "package.json"), covered["npm"])
	assert.Equal(t, []string{"/"}, covered["github-actions"])
}

// directoriesOf are those with a file of that name, as "/examples/bench".
func directoriesOf(t *testing.T, name string) (dirs []string) {
	t.Helper()
	for _, file := range sourceFiles(t) {
		if path.Base(file) == name && !slices.Contains(strings.Split(file, "/"), "node_modules") {
			dirs = append(dirs, path.Join("/", path.Dir(file)))
		}
	}
	require.NotEmpty(t, dirs)
	return dirs
}

// TestTemplates holds the forms for reports to what keeps their authors from
// harm: no token in public, and no hole in the guard.
func TestTemplates(t *testing.T) {
	t.Parallel()
	assert.Contains(t, read(t, ".github/ISSUE_TEMPLATE/config.yml"), "https://"+module+"/security/policy")
	refused := read(t, ".github/ISSUE_TEMPLATE/refused.md")
	assert.Contains(t, refused, "Never paste a token")
	assert.Contains(t, refused, module+"/examples/explain@latest")
	for _, name := range []string{"ISSUE_TEMPLATE/fault.md", "pull_request_template.md"} {
		assert.Contains(t, read(t, ".github/"+name), "reported privately: see SECURITY.md")
	}
}
