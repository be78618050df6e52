package main

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// asCommand makes this test binary the command itself.
const asCommand = "PHOTOSERVICE_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

func process(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	return cmd
}

func TestEndsOnSignals(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			cmd := process(t, "-listen", "127.0.0.1:0", "-grpc-listen", "127.0.0.1:0",
				"-issuer", "https://login.example.com", "-audience", "https://photos.example")
			stdout, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			lines := bufio.NewScanner(stdout)
			url := said(t, lines, "HTTP on ")
			said(t, lines, "gRPC on ")
			resp, err := http.Get(url + "/healthz")
			require.NoError(t, err)
			_ = resp.Body.Close()
			assert.Equal(t, http.StatusOK, resp.StatusCode)
			require.NoError(t, cmd.Process.Signal(signal))
			assert.NoError(t, cmd.Wait(), "exit code 0")
		})
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]int{
		"-h":                0,
		"-issuer https://a": 2,
		"-issuer http://login.example.com -audience x":                             1,
		"-issuer https://a -audience x -listen nowhere":                            1,
		"-issuer https://a -audience x -resource https://photos.example -metadata": 1, // no audience
		"-issuer https://a -resource https://photos.example/../x -metadata":        2,
	} {
		cmd := process(t, strings.Fields(args)...)
		_ = cmd.Run()
		assert.Equal(t, want, cmd.ProcessState.ExitCode(), args)
	}
}

func said(t *testing.T, lines *bufio.Scanner, what string) string {
	t.Helper()
	for lines.Scan() {
		if where, ok := strings.CutPrefix(lines.Text(), what); ok {
			return where
		}
	}
	t.Fatalf("the service did not say %q", what)
	return ""
}
