package browsertest_test

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// guide is what the story prints for the person in front of the browser.
type guide struct{ printing, authServer, user, password, decisions, photos, token string }

// startTimeout bounds building the program and playing the story.
const startTimeout = 3 * time.Minute

// serve runs the story with -serve until the test ends.
func serve(t *testing.T) guide {
	t.Helper()
	program := filepath.Join(t.TempDir(), "photos")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./examples/photos")
	build.Dir = filepath.Join("..", "..", "..")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)

	run := exec.Command(program, "-serve")
	run.Stderr = os.Stderr
	stdout, err := run.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, run.Start())
	text := make(chan string, 1)
	go func() { text <- readGuide(stdout) }()
	t.Cleanup(func() { stop(t, run) })
	select {
	case told := <-text:
		return parseGuide(t, told)
	case <-time.After(startTimeout):
		t.Fatal("the story did not get to its end in time")
		return guide{}
	}
}

// readGuide reads to the token in the guide, or to the end. It goes on
// reading afterwards, so that the program never waits for its reader.
func readGuide(r io.Reader) string {
	var text strings.Builder
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		text.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "TOKEN=") {
			go io.Copy(io.Discard, r) //nolint:errcheck // nobody reads on
			break
		}
	}
	return text.String()
}

func parseGuide(t *testing.T, text string) guide {
	t.Helper()
	field := func(name string) string {
		found := regexp.MustCompile(`(?m)^  ` + name + ` +(\S+)$`).FindStringSubmatch(text)
		require.NotNil(t, found, "no %q in:\n%s", name, text)
		return found[1]
	}
	return guide{
		printing: field("printing service"), authServer: field("authorization server"), user: field("user name"), password: field("password"),
		decisions: field("decisions, live"), photos: field(`photo service \(HTTP\)`),
		token: regexp.MustCompile(`(?m)^TOKEN=(\S+)$`).FindStringSubmatch(text)[1],
	}
}

// stop ends the program as Ctrl-C does, which it should survive in good order.
func stop(t *testing.T, run *exec.Cmd) {
	t.Helper()
	_ = run.Process.Signal(syscall.SIGINT)
	late := time.AfterFunc(20*time.Second, func() { _ = run.Process.Kill() })
	defer late.Stop()
	var failed *exec.ExitError
	if err := run.Wait(); errors.As(err, &failed) {
		t.Errorf("the story did not end in good order: %v", failed)
	}
}
