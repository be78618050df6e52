//go:build unix

package browsertest_test

import (
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/contrib"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

//go:embed page.html
var page string

// connection is what a script learns of a WebSocket, and answer of a call.
type (
	connection struct {
		Subprotocol, Message, Reason string
		Code                         int
	}
	answer struct {
		Status          int
		Text, Challenge string
	}
)

type result struct {
	Brief, Alone, Refused connection
	Events                string
	Good, Bad, None       answer
}

// website serves the page, and gets its result.
type website struct {
	*httptest.Server
	API    string
	Tokens map[string]string
	result chan result
}

func newWebsite(t *testing.T, mint func() map[string]string) *website {
	t.Helper()
	s := &website{result: make(chan result, 1)}
	mux := http.NewServeMux()
	parsed := template.Must(template.New("page").Parse(page))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		s.Tokens = mint() // now, however long the browser took to start
		assert.NoError(t, parsed.Execute(w, s))
	})
	mux.HandleFunc("POST /result", func(_ http.ResponseWriter, r *http.Request) {
		var got result
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&got))
		s.result <- got
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// service is the API for scripts of the origin. Tokens end on the second.
func service(t *testing.T, issuer *tokentest.Issuer, origin string) string {
	t.Helper()
	cfg := issuer.Config()
	cfg.Leeway = time.Nanosecond
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	auth := middleware.New(verifier, nil)
	mux := http.NewServeMux()
	mux.Handle("/socket", contrib.WebSocket(auth, origin))
	mux.Handle("/events", contrib.Events(auth))
	mux.Handle("/", contrib.PosternMux(auth))
	srv := httptest.NewServer(contrib.CORS(auth.RequireDecision(mux), origin))
	t.Cleanup(srv.Close)
	return srv.URL
}

// open shows a page in a browser of its own until the test ends.
func open(t *testing.T, url string) {
	t.Helper()
	args := []string{"--headless", "--disable-gpu", "--no-first-run", "--disable-component-update", "--user-data-dir=" + t.TempDir()}
	if os.Geteuid() == 0 { // Chromium's sandbox does not work for root
		args = append(args, "--no-sandbox")
	}
	browser := exec.Command(findBrowser(t), append(args, "--remote-debugging-port=0", url)...)
	browser.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // it starts others
	require.NoError(t, browser.Start())
	t.Cleanup(func() {
		_ = syscall.Kill(-browser.Process.Pid, syscall.SIGKILL)
		_ = browser.Wait()
	})
}

func findBrowser(t *testing.T) string {
	t.Helper()
	names := []string{"chromium", "chromium-browser", "google-chrome"}
	if named := os.Getenv("CHROMIUM"); named != "" {
		names = []string{named}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatalf("none of %v is here; install Debian's package chromium, or name a browser by CHROMIUM=PATH", names)
	return ""
}

// tokens are for the scripts of a page. The brief one ends while they watch.
func tokens(issuer *tokentest.Issuer) func() map[string]string {
	reader := tokentest.Scope("orders:read")
	return func() map[string]string {
		return map[string]string{
			"good": issuer.Token(reader), "bad": issuer.Token(),
			"brief": issuer.Token(reader, tokentest.ExpiresIn(4*time.Second)),
		}
	}
}

// visit opens the page of the site, and returns what its script has seen.
func (s *website) visit(t *testing.T) result {
	t.Helper()
	open(t, s.URL)
	select {
	case got := <-s.result:
		return got
	case <-time.After(time.Minute):
		t.Fatal("the page has not told its result")
		return result{}
	}
}

const short = `Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="orders:read"`

// A script of the right origin gets everything, and sees why it is refused.
func TestScripts(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	site := newWebsite(t, tokens(issuer))
	site.API = service(t, issuer, site.URL)
	assert.Equal(t, result{
		Brief:   connection{"orders.v1", "alice: hello", "the access token has expired", 1008},
		Alone:   connection{Code: 1006}, // a browser wants a subprotocol back
		Refused: connection{Code: 1006}, // and tells a script no status
		Events:  "data: an order of alice",
		Good:    answer{200, "an order of alice", ""},
		Bad:     answer{403, "", short},
		None:    answer{401, "", `Bearer realm="api"`},
	}, site.visit(t))
}

// A script of another origin gets nothing, even with a good token.
func TestScriptsOfAnotherOrigin(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	site := newWebsite(t, tokens(issuer))
	site.API = service(t, issuer, "https://shop.example.com")
	closed := connection{Code: 1006}
	assert.Equal(t, result{Brief: closed, Alone: closed, Refused: closed}, site.visit(t))
}
