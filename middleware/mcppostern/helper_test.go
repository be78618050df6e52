package mcppostern_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
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

const (
	newest = "2026-07-28"
	older  = "2025-11-25"
	oldest = "2025-03-26" // with batches
)

// rules are those of the server in these tests.
func rules() mcppostern.Rules {
	return mcppostern.Rules{
		Tools: map[string]scope.Policy{
			"harmless": scope.All("photos:read"), "dangerous": scope.All("photos:write", "photos:delete"), "open": scope.Public,
		},
		Resources: map[string]scope.Policy{
			"photos://all": scope.All("photos:read"), "photos://album/{id}": scope.All("albums:read"), "photos://{+path}/raw": scope.All("raw:read"),
		},
		Prompts: map[string]scope.Policy{"describe": scope.All("photos:read")},
	}
}

// ran is one run of a handler, with what it saw.
type ran struct {
	what, subject, scopes, header, user string
	err                                 error
}

// server is an MCP server that writes down what it runs.
type server struct {
	*mcp.Server
	mu    sync.Mutex
	calls []ran
	wait  func(context.Context) // of tools
}

func newServer(opts *mcp.ServerOptions) *server {
	s := &server{}
	if opts == nil {
		opts = &mcp.ServerOptions{}
	}
	opts.CompletionHandler = func(ctx context.Context, r *mcp.CompleteRequest) (*mcp.CompleteResult, error) {
		s.note(ctx, "complete "+r.Params.Ref.Name+r.Params.Ref.URI, r.Extra)
		return &mcp.CompleteResult{Completion: mcp.CompletionResultDetails{Values: []string{"x"}}}, nil
	}
	opts.SubscribeHandler = func(ctx context.Context, r *mcp.SubscribeRequest) error {
		s.note(ctx, "subscribe "+r.Params.URI, r.Extra)
		return nil
	}
	opts.UnsubscribeHandler = func(context.Context, *mcp.UnsubscribeRequest) error { return nil }
	s.Server = mcp.NewServer(&mcp.Implementation{Name: "photos", Version: "v1"}, opts)
	for _, name := range []string{"harmless", "dangerous", "open"} {
		s.AddTool(&mcp.Tool{Name: name, InputSchema: json.RawMessage(`{"type":"object"}`)}, s.tool)
	}
	read := func(ctx context.Context, r *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
		s.note(ctx, "read "+r.Params.URI, r.Extra)
		return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{URI: r.Params.URI, Text: "pixels"}}}, nil
	}
	s.AddResource(&mcp.Resource{URI: "photos://all", Name: "all"}, read)
	s.AddResourceTemplate(&mcp.ResourceTemplate{URITemplate: "photos://album/{id}", Name: "album"}, read)
	s.AddResourceTemplate(&mcp.ResourceTemplate{URITemplate: "photos://{+path}/raw", Name: "raw"}, read)
	s.AddPrompt(&mcp.Prompt{Name: "describe"}, func(ctx context.Context, r *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		s.note(ctx, "prompt "+r.Params.Name, r.Extra)
		return &mcp.GetPromptResult{Messages: []*mcp.PromptMessage{}}, nil
	})
	return s
}

func (s *server) tool(ctx context.Context, r *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	s.note(ctx, "tool "+r.Params.Name, r.Extra)
	if s.wait != nil {
		s.wait(ctx)
	}
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "done " + r.Params.Name}}}, nil
}

func (s *server) note(ctx context.Context, what string, extra *mcp.RequestExtra) {
	r := ran{what: what, err: ctx.Err()}
	if t, ok := token.FromContext(ctx); ok {
		r.subject, r.scopes = t.Subject(), strings.Join(t.Scopes(), " ")
	}
	if extra != nil {
		r.header = fmt.Sprint(extra.Header["Authorization"], extra.Header["Dpop"])
		if extra.TokenInfo != nil {
			r.user = extra.TokenInfo.UserID
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, r)
}

// ran are the runs so far, which are forgotten.
func (s *server) ran() []ran {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.calls
	s.calls = nil
	return calls
}

// names are what ran so far.
func (s *server) names() (names []string) {
	for _, r := range s.ran() {
		names = append(names, r.what)
	}
	return names
}

// world is an issuer and a guarded server.
type world struct {
	*tokentest.Issuer
	server    *server
	guard     *mcppostern.Guard
	handler   http.Handler
	mu        sync.Mutex
	decisions []scope.Decision
}

type settings struct {
	guard  middleware.Config
	config mcppostern.Config
	opts   mcp.StreamableHTTPOptions
	server *mcp.ServerOptions
	rules  func(*mcppostern.Rules)
}

func newWorld(tb testing.TB, set settings) *world {
	tb.Helper()
	w := &world{Issuer: tokentest.NewIssuer(tb, nil), server: newServer(set.server)}
	verifier, err := token.NewVerifier(w.Config())
	require.NoError(tb, err)
	note := func(_ context.Context, d scope.Decision) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.decisions = append(w.decisions, d)
	}
	set.guard.Trace = &scope.Trace{Allowed: note, Refused: note}
	r := rules()
	if set.rules != nil {
		set.rules(&r)
	}
	w.guard = mcppostern.New(middleware.New(verifier, &set.guard), r, &set.config)
	set.opts.DisableLocalhostProtection = true
	w.handler, err = w.guard.Handler(w.server.Server, &set.opts)
	require.NoError(tb, err)
	return w
}

// told are the decisions so far as "route outcome", which are forgotten.
func (w *world) told() (lines []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range w.decisions {
		outcome := "ok"
		if d.Err != nil {
			outcome = token.Outcome(d.Err)
		}
		lines = append(lines, d.Route+" "+outcome)
	}
	w.decisions = nil
	return lines
}

// request is a POST of a message as clients of a version make it.
func request(version, raw, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	if version != "" {
		r.Header.Set("Mcp-Protocol-Version", version)
	}
	if raw != "" {
		r.Header.Set("Authorization", "Bearer "+raw)
	}
	return r
}

func (w *world) do(r *http.Request) *http.Response {
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec.Result()
}

func text(tb testing.TB, resp *http.Response) string {
	tb.Helper()
	all, err := io.ReadAll(resp.Body)
	require.NoError(tb, err)
	return string(all)
}

// message is a call as text, with the fields of the newest version if asked for.
func message(version, method, params string) string {
	meta := ""
	if version == newest {
		meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`
		if params != "" {
			meta += ","
		}
	}
	return `{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":{` + meta + params + `}}`
}

// call is a call of a tool, with the header fields of the newest version.
func call(version, raw, tool string) *http.Request {
	r := request(version, raw, message(version, "tools/call", `"name":"`+tool+`"`))
	if version == newest {
		r.Header.Set("Mcp-Method", "tools/call")
		r.Header.Set("Mcp-Name", tool)
	}
	return r
}

// begin starts a session.
func (w *world) begin(tb testing.TB, raw string) (session string) {
	tb.Helper()
	resp := w.do(request("", raw, message("", "initialize", `"protocolVersion":"`+older+`","capabilities":{},"clientInfo":{"name":"t","version":"1"}`)))
	require.Equal(tb, http.StatusOK, resp.StatusCode, text(tb, resp))
	session = resp.Header.Get("Mcp-Session-Id")
	require.NotEmpty(tb, session)
	resp = w.do(inSession(request(older, raw, `{"jsonrpc":"2.0","method":"notifications/initialized"}`), session))
	require.Equal(tb, http.StatusAccepted, resp.StatusCode)
	return session
}

func inSession(r *http.Request, session string) *http.Request {
	r.Header.Set("Mcp-Session-Id", session)
	return r
}

// all are the modes in which a server may be.
func modes() map[string]settings {
	return map[string]settings{
		"stateless": {opts: mcp.StreamableHTTPOptions{Stateless: true}},
		"stateful":  {},
		"both":      {config: mcppostern.Config{BothFamilies: true}},
		"json":      {opts: mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true}},
	}
}

func assertDenied(tb testing.TB, resp *http.Response) {
	tb.Helper()
	assert.Equal(tb, http.StatusForbidden, resp.StatusCode)
	assert.Empty(tb, resp.Header.Values("WWW-Authenticate"))
	assert.Empty(tb, text(tb, resp))
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

type rulesOf = mcppostern.Rules

// vary is for rules of things that the server does not have.
func vary() mcppostern.Config { return mcppostern.Config{OffersVary: true} }
