package mcppostern_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
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

// Both directions, and rules that can never be met.
func TestAudit(t *testing.T) {
	t.Parallel()
	verifier, err := token.NewVerifier(tokentest.NewIssuer(t, nil).Config())
	require.NoError(t, err)
	auth := middleware.New(verifier, nil)
	r := rules()
	delete(r.Tools, "dangerous")
	delete(r.Resources, "photos://album/{id}")
	r.Tools["gone"], r.Tools["groups"] = scope.Authenticated, scope.AnyOf("groups", "a")
	r.Prompts["old"], r.Resources["photos://none"], r.Resources["photos://x/{y}"] = scope.Authenticated, scope.Authenticated, scope.Authenticated
	guard := mcppostern.New(auth, r, nil)
	server := newServer(nil)
	_, err = guard.Handler(server.Server, nil)
	require.ErrorIs(t, err, token.ErrConfig)
	assert.Equal(t, err.Error(), guard.Audit(t.Context(), server.Server).Error())
	lines := strings.Split(err.Error(), "\n")
	want := []string{
		"prompt old has a rule", "resource photos://album/{id} has no rule", "resource photos://none has a rule", "resource photos://x/{y} has a rule",
		"tool dangerous has no rule", "tool gone has a rule", "tool groups has a rule", "tools/call groups can never be served",
	}
	require.Len(t, lines, len(want), err.Error())
	for i, line := range lines {
		assert.Contains(t, line, want[i])
	}
	assert.ErrorIs(t, guard.Audit(t.Context(), nil), token.ErrConfig)
	_, err = mcppostern.New(auth, r, &mcppostern.Config{OffersVary: true}).Handler(server.Server, nil)
	assert.NoError(t, err)
}

// A server that offers many things on several pages, one that offers nothing, and
// one without any capability.
func TestAuditOfServers(t *testing.T) {
	t.Parallel()
	auth := middleware.New(refuseAll{}, nil)
	for name, opts := range map[string]*mcp.ServerOptions{"pages": {PageSize: 1}, "none": {Capabilities: &mcp.ServerCapabilities{}}} {
		empty := mcp.NewServer(&mcp.Implementation{Name: "x"}, &mcp.ServerOptions{Capabilities: opts.Capabilities})
		assert.NoError(t, mcppostern.New(auth, mcppostern.Rules{}, nil).Audit(t.Context(), empty), name)
		assert.NoError(t, mcppostern.New(auth, rules(), nil).Audit(t.Context(), newServer(opts).Server), name)
	}
	// A server that does not list cannot be audited.
	silent := newServer(nil)
	silent.AddReceivingMiddleware(func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, r mcp.Request) (mcp.Result, error) {
			if method == "tools/list" {
				return nil, errors.New("no")
			}
			return next(ctx, method, r)
		}
	})
	assert.ErrorIs(t, mcppostern.New(auth, rules(), nil).Audit(t.Context(), silent.Server), token.ErrConfig)
}

// The function for new sessions is not told of the audit, and no tool can be
// called in its session.
func TestAuditIsNoSession(t *testing.T) {
	t.Parallel()
	var told atomic.Int32
	w := newWorld(t, settings{server: &mcp.ServerOptions{SupportedProtocolVersions: []string{older}, InitializedHandler: func(context.Context, *mcp.InitializedRequest) { told.Add(1) }}})
	assert.Zero(t, told.Load())
	session := w.begin(t, w.Token())
	w.do(inSession(request(older, w.Token(), message(older, "ping", "")), session)) // which is read later
	assert.Equal(t, int32(1), told.Load())
}

// A tool that is added later is refused until it has a rule, and the audit says so.
func TestToolsThatAreAddedLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t, modes()["stateless"])
	w.server.AddTool(&mcp.Tool{Name: "later", InputSchema: map[string]any{"type": "object"}}, w.server.tool)
	assertDenied(t, w.do(call(newest, w.Token(tokentest.Scope("photos:read")), "later")))
	assert.Empty(t, w.server.names())
	assert.ErrorContains(t, w.guard.Audit(t.Context(), w.server.Server), "tool later has no rule")
	w.server.RemoveTools("later")
	assert.NoError(t, w.guard.Audit(t.Context(), w.server.Server))
}

// Methods of the program's own have a rule or are refused.
func TestOwnMethods(t *testing.T) {
	t.Parallel()
	type params struct{ mcp.ParamsBase }
	type result struct{ mcp.ResultBase }
	w := newWorld(t, settings{opts: mcp.StreamableHTTPOptions{Stateless: true}, rules: func(r *rulesOf) {
		r.Methods = map[string]scope.Policy{"acme/search": scope.All("search")}
	}})
	for _, method := range []string{"acme/search", "acme/other"} {
		require.NoError(t, mcp.AddReceivingCustomMethod(w.server.Server, method, func(ctx context.Context, _ *mcp.ServerSession, _ *params) (*result, error) {
			w.server.note(ctx, method, nil)
			return &result{}, nil
		}))
	}
	assert.Equal(t, http.StatusForbidden, w.do(request(older, w.Token(), message(older, "acme/search", ""))).StatusCode)
	assertDenied(t, w.do(request(older, w.Token(tokentest.Scope("search")), message(older, "acme/other", ""))))
	assert.Equal(t, http.StatusOK, w.do(request(older, w.Token(tokentest.Scope("search")), message(older, "acme/search", `"Name":1,"name":[]`))).StatusCode)
	assert.Equal(t, "search", w.server.ran()[0].scopes)
}
