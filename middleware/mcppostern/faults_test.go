package mcppostern_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/middleware/mcppostern"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// brokenStore is an EventStore that fails once it is broken.
type brokenStore struct {
	*mcp.MemoryEventStore
	broken bool
}

var errDatabase = errors.New("dial tcp 10.0.0.5:6379: connection refused")

func (s *brokenStore) Open(ctx context.Context, session, stream string) error {
	if s.broken {
		return errDatabase
	}
	return s.MemoryEventStore.Open(ctx, session, stream)
}

// What is wrong with the program's store is for its log, and not for callers.
func TestFaultsOfTheStore(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	for name, logger := range map[string]*slog.Logger{"a logger": slog.New(slog.NewTextHandler(&log, nil)), "none": nil} {
		broken := &brokenStore{MemoryEventStore: mcp.NewMemoryEventStore(nil)}
		w := newWorld(t, settings{
			opts:  mcp.StreamableHTTPOptions{EventStore: broken, Logger: logger},
			rules: func(r *rulesOf) { r.Methods = map[string]scope.Policy{mcppostern.ResumeStream: scope.Authenticated} },
		})
		raw := w.Token(tokentest.Scope("photos:read"))
		session := w.begin(t, raw)
		broken.broken = true
		for _, r := range []*http.Request{inSession(call(older, raw, "harmless"), session), call(older, raw, "harmless")} {
			resp := w.do(r)
			assert.Equal(t, http.StatusInternalServerError, resp.StatusCode, name)
			assert.NotContains(t, text(t, resp), "10.0.0.5", name)
		}
		assert.Empty(t, w.server.names())
	}
	assert.Contains(t, log.String(), errDatabase.Error())
}

// A rule that panics lets nothing through, and the panic is that of a handler,
// which net/http survives: the SDK runs tools where it would end the process.
func TestPanickingRules(t *testing.T) {
	t.Parallel()
	for mode, set := range modes() {
		set.rules = func(r *rulesOf) {
			r.Tools["harmless"] = scope.Authenticated.And(scope.Func("faulty", func(*token.Token) error { panic("faulty") }))
		}
		w := newWorld(t, set)
		session := ""
		if !set.opts.Stateless {
			session = w.begin(t, w.Token())
		}
		r := call(older, w.Token(), "harmless")
		if session != "" {
			inSession(r, session)
		}
		assert.Panics(t, func() { w.do(r) }, mode)
		assert.Equal(t, http.StatusUnauthorized, w.do(call(older, "", "harmless")).StatusCode)
		assert.Empty(t, w.server.names(), mode)
	}
}

// A Forwarder sends the token of the call, not of the call that began the session.
func TestForwardedTokens(t *testing.T) {
	t.Parallel()
	var seen []string
	service := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = append(seen, r.Header.Get("Authorization")) }))
	t.Cleanup(service.Close)
	forwarder, err := middleware.NewForwarder(nil, service.URL)
	require.NoError(t, err)
	for mode, set := range modes() {
		for _, tool := range []string{"harmless", "open"} {
			w := newWorld(t, set)
			w.server.wait = func(ctx context.Context) {
				for _, transport := range []http.RoundTripper{http.DefaultTransport, forwarder} {
					r, err := http.NewRequestWithContext(ctx, http.MethodGet, service.URL, nil)
					if assert.NoError(t, err) {
						resp, err := transport.RoundTrip(r)
						assert.NoError(t, err)
						_ = resp.Body.Close()
					}
				}
			}
			raw, session := w.Token(tokentest.Scope("photos:read")), ""
			want := "Bearer " + raw
			if set.opts.Stateless && tool == "open" {
				want = ""
			}
			r := call(older, raw, tool)
			if !set.opts.Stateless {
				session = w.begin(t, w.Token(tokentest.Scope("photos:read", "photos:write")))
				inSession(r, session)
			}
			seen = nil
			require.Equal(t, http.StatusOK, w.do(r).StatusCode)
			assert.Equal(t, []string{"", want}, seen, "%s %s", mode, tool)
		}
	}
}

// The SDK's protection of servers on loopback, against pages that reach them by a
// name of their own, looks at the context of the request, of the first as well.
func TestProtectionOfLoopback(t *testing.T) {
	t.Parallel()
	for mode, set := range modes() {
		w := newWorld(t, set)
		set.opts.DisableLocalhostProtection = false
		handler, err := w.guard.Handler(w.server.Server, &set.opts)
		require.NoError(t, err)
		service := httptest.NewServer(handler)
		for host, want := range map[string]int{"": http.StatusOK, "evil.example": http.StatusForbidden} {
			for _, method := range []string{"initialize", "ping"} {
				params := `"protocolVersion":"` + older + `","capabilities":{},"clientInfo":{"name":"t","version":"1"}`
				r := request("", w.Token(), message("", method, params))
				r.URL, err = url.Parse(service.URL)
				require.NoError(t, err)
				r.RequestURI, r.Host = "", host
				resp, err := http.DefaultClient.Do(r)
				require.NoError(t, err)
				assert.Equal(t, want, resp.StatusCode, "%s %s %q: %s", mode, method, host, text(t, resp))
				_ = resp.Body.Close()
			}
		}
		service.Close()
	}
}
