package mcppostern_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/middleware/mcppostern"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

func bare(method, raw, session string) *http.Request {
	r := httptest.NewRequest(method, "/mcp", nil)
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Mcp-Protocol-Version", older)
	r.Header.Set("Mcp-Session-Id", session)
	if raw != "" {
		r.Header.Set("Authorization", "Bearer "+raw)
	}
	return r
}

// A session is of use to its own subject and client, by every HTTP method.
func TestC_MCP_12_SessionsOfOthers(t *testing.T) {
	t.Parallel()
	resumable := settings{
		opts:  mcp.StreamableHTTPOptions{EventStore: mcp.NewMemoryEventStore(nil)},
		rules: func(r *rulesOf) { r.Methods = map[string]scope.Policy{mcppostern.ResumeStream: scope.Authenticated} },
	}
	for mode, set := range map[string]settings{"stateful": {}, "both": modes()["both"], "resumable": resumable} {
		w := newWorld(t, set)
		all := tokentest.Scope("photos:read", "photos:write", "photos:delete")
		session := w.begin(t, w.Token(all, tokentest.Subject("alice"), tokentest.ClientID("app")))
		for name, raw := range map[string]string{
			"another user": w.Token(all, tokentest.Subject("mallory"), tokentest.ClientID("app")),
			"other client": w.Token(all, tokentest.Subject("alice"), tokentest.ClientID("evil")),
			"a machine":    w.Token(all, tokentest.Subject("app"), tokentest.ClientID("app")),
		} {
			name = mode + " " + name
			resumed := bare(http.MethodGet, raw, session)
			resumed.Header.Set("Last-Event-ID", "x_0")
			for _, r := range []*http.Request{
				inSession(call(older, raw, "harmless"), session), inSession(call(older, raw, "open"), session),
				inSession(request(older, raw, message(older, "tools/list", "")), session),
				inSession(request(older, raw, `{"jsonrpc":"2.0","id":1,"result":{}}`), session),
				inSession(request(older, raw, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`), session),
				bare(http.MethodGet, raw, session), bare(http.MethodDelete, raw, session),
			} {
				assertDenied(t, w.do(r))
			}
			if mode == "resumable" {
				assertDenied(t, w.do(resumed))
			}
			assert.Empty(t, w.server.names(), name)
		}
		assert.Equal(t, http.StatusUnauthorized, w.do(bare(http.MethodDelete, "", session)).StatusCode)
		own := w.Token(all, tokentest.Subject("alice"), tokentest.ClientID("app"))
		assert.Equal(t, http.StatusOK, w.do(inSession(call(older, own, "harmless"), session)).StatusCode, "a newer token of the same caller")
		assert.Equal(t, http.StatusNoContent, w.do(bare(http.MethodDelete, own, session)).StatusCode)
		assert.Equal(t, http.StatusNotFound, w.do(inSession(call(older, own, "harmless"), session)).StatusCode)
	}
}

// A session that has ended is forgotten, however it ends.
func TestSessionsThatEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, settings{opts: mcp.StreamableHTTPOptions{SessionTimeout: time.Minute}})
		first := w.begin(t, w.Token())
		w.begin(t, w.Token())
		assert.Equal(t, 2, mcppostern.Owners(w.guard))
		assert.Equal(t, http.StatusNoContent, w.do(bare(http.MethodDelete, w.Token(), first)).StatusCode)
		synctest.Wait()
		assert.Equal(t, 1, mcppostern.Owners(w.guard))
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		assert.Zero(t, mcppostern.Owners(w.guard))
	})
}

// The issuer is part of who someone is.
func TestSessionsAcrossIssuers(t *testing.T) {
	t.Parallel()
	one, other := tokentest.NewIssuer(t, nil), tokentest.NewIssuer(t, &tokentest.Options{Identifier: "https://other.test"})
	auths := map[string]token.Authenticator{}
	for _, i := range []*tokentest.Issuer{one, other} {
		v, err := token.NewVerifier(i.Config())
		require.NoError(t, err)
		auths[i.Identifier()] = v
	}
	s := newServer(nil)
	handler, err := mcppostern.New(middleware.New(token.ByIssuer(auths), nil), rules(), nil).Handler(s.Server, &mcp.StreamableHTTPOptions{DisableLocalhostProtection: true})
	require.NoError(t, err)
	w := &world{server: s, handler: handler}
	session := w.begin(t, one.Token())
	assertDenied(t, w.do(inSession(request(older, other.Token(), message(older, "tools/list", "")), session)))
	assert.Equal(t, http.StatusOK, w.do(inSession(request(older, one.Token(), message(older, "tools/list", "")), session)).StatusCode)
}

// A session stands for no token, and what a token may do is asked at every call.
func TestC_MCP_9_EveryRequestOfASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, settings{})
	wide, narrow := w.Token(tokentest.Scope("photos:read", "photos:write", "photos:delete")), w.Token(tokentest.Scope("photos:read"))
	session := w.begin(t, wide)
	assert.Equal(t, http.StatusOK, w.do(inSession(call(older, wide, "dangerous"), session)).StatusCode)
	for _, r := range []*http.Request{
		inSession(call(older, "", "harmless"), session), bare(http.MethodGet, "", session), bare(http.MethodDelete, "", session),
		inSession(request(older, "", `{"jsonrpc":"2.0","id":1,"result":{}}`), session),
	} {
		assert.Equal(t, http.StatusUnauthorized, w.do(r).StatusCode)
	}
	assert.Equal(t, http.StatusForbidden, w.do(inSession(call(older, narrow, "dangerous"), session)).StatusCode, "a narrowed token on an old session")
	assert.Equal(t, []string{"tool dangerous"}, w.server.names())
	assert.Equal(t, http.StatusOK, w.do(inSession(call(older, narrow, "harmless"), session)).StatusCode)
	seen := w.server.ran()
	require.Len(t, seen, 1)
	assert.Equal(t, "photos:read", seen[0].scopes, "the token of this request")
	assert.Equal(t, "[] []", seen[0].header)
}

// Handlers of every kind see the token of their own request, and never the
// field it came in.
func TestTokenOfThisRequest(t *testing.T) {
	t.Parallel()
	for mode, set := range modes() {
		for kept, keep := range map[string]bool{"": false, " credentials kept": true} {
			set := set
			set.guard.KeepCredentials = keep
			w := newWorld(t, set)
			session := ""
			if !set.opts.Stateless {
				session = w.begin(t, w.Token(tokentest.Scope("first"), tokentest.Subject("alice")))
			}
			for _, row := range [][2]string{
				{"tools/call", `"name":"harmless"`}, {"resources/read", `"uri":"photos://all"`}, {"prompts/get", `"name":"describe"`},
				{"completion/complete", `"ref":{"type":"ref/prompt","name":"describe"},"argument":{"name":"a","value":"b"}`},
				{"resources/subscribe", `"uri":"photos://all"`},
			} {
				r := request(older, w.Token(tokentest.Scope("photos:read"), tokentest.Subject("alice")), message(older, row[0], row[1]))
				r.Header.Set("DPoP", "proof")
				if session != "" {
					inSession(r, session)
				}
				require.Equal(t, http.StatusOK, w.do(r).StatusCode, "%s %s", mode, row[0])
				seen := w.server.ran()
				require.Len(t, seen, 1, row[0])
				assert.Equal(t, "alice photos:read", seen[0].subject+" "+seen[0].scopes, mode+kept)
				assert.Equal(t, "[] []", seen[0].header, mode+kept)
				assert.Contains(t, seen[0].user, "alice")
			}
		}
	}
}

// A public tool sees no token, also where the context is that of a request with
// one.
func TestPublicTools(t *testing.T) {
	t.Parallel()
	w := newWorld(t, modes()["stateless"])
	assert.Equal(t, http.StatusOK, w.do(call(older, "", "open")).StatusCode)
	assert.Equal(t, http.StatusOK, w.do(call(older, w.Token(), "open")).StatusCode)
	assert.Equal(t, []ran{{what: "tool open", header: "[] []"}, {what: "tool open", header: "[] []"}}, w.server.ran())
	stateful := newWorld(t, settings{})
	session := stateful.begin(t, stateful.Token())
	assert.Equal(t, http.StatusUnauthorized, stateful.do(inSession(call(older, "", "open"), session)).StatusCode, "a session is its owner's")
	assert.Equal(t, http.StatusOK, stateful.do(inSession(call(older, stateful.Token(), "open"), session)).StatusCode)
}

// Tokens that name no one begin no session.
func TestNamelessSessions(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	cfg := issuer.Config()
	cfg.Profile = token.LegacyProfile()
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	s := newServer(nil)
	handler, err := mcppostern.New(middleware.New(verifier, nil), rules(), nil).Handler(s.Server, &mcp.StreamableHTTPOptions{DisableLocalhostProtection: true})
	require.NoError(t, err)
	w := &world{server: s, handler: handler}
	raw := issuer.Token(tokentest.WithoutClaim("sub"), tokentest.WithoutClaim("client_id"))
	resp := w.do(request("", raw, message("", "initialize", `"protocolVersion":"`+older+`","capabilities":{},"clientInfo":{"name":"t","version":"1"}`)))
	session := resp.Header.Get("Mcp-Session-Id")
	assert.Contains(t, text(t, resp), "The session cannot belong to this caller")
	assert.Equal(t, http.StatusNotFound, w.do(inSession(request(older, raw, message(older, "tools/list", "")), session)).StatusCode)
}

// An answer, and the context of the tool that makes it, end with the token: the
// stream of a POST, that of a GET, and a subscription.
func TestStreamsEndWithTheirToken(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		mode    string
		request func(raw, session string) *http.Request
		tool    bool
	}{
		"POST in a session": {"stateful", func(raw, s string) *http.Request { return inSession(call(older, raw, "harmless"), s) }, true},
		"POST without":      {"stateless", func(raw, _ string) *http.Request { return call(newest, raw, "harmless") }, true},
		"GET":               {"stateful", func(raw, s string) *http.Request { return bare(http.MethodGet, raw, s) }, false},
		"subscription": {"both", func(raw, _ string) *http.Request {
			r := request(newest, raw, message(newest, "subscriptions/listen", `"notifications":{"toolsListChanged":true}`))
			r.Header.Set("Mcp-Method", "subscriptions/listen")
			return r
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, modes()[row.mode])
				var cause error
				var ended time.Duration
				began := time.Now()
				w.server.wait = func(ctx context.Context) {
					<-ctx.Done()
					cause, ended = context.Cause(ctx), time.Since(began)
				}
				raw := w.Token(tokentest.Scope("photos:read"), tokentest.ExpiresIn(time.Minute))
				session := ""
				if row.mode == "stateful" {
					session = w.begin(t, raw)
				}
				resp := w.do(row.request(raw, session))
				assert.Equal(t, http.StatusOK, resp.StatusCode)
				life := time.Minute + 30*time.Second // with the leeway
				assert.Equal(t, life, time.Since(began))
				synctest.Wait()
				if row.tool {
					assert.ErrorIs(t, cause, token.ErrExpired)
					assert.Equal(t, life, ended)
				}
				if session != "" {
					assert.Equal(t, http.StatusNoContent, w.do(bare(http.MethodDelete, w.Token(), session)).StatusCode)
				}
			})
		})
	}
}

// Options that would leave something unguarded are errors.
func TestOptions(t *testing.T) {
	t.Parallel()
	auth := middleware.New(refuseAll{}, nil)
	public := rules()
	public.Methods = map[string]scope.Policy{"initialize": scope.Public}
	optional := rules()
	optional.Methods = map[string]scope.Policy{"initialize": scope.Optional}
	rehearsed := rules()
	rehearsed.Methods = map[string]scope.Policy{"initialize": scope.User.Rehearsed()}
	for name, row := range map[string]struct {
		rules mcppostern.Rules
		opts  *mcp.StreamableHTTPOptions
		good  bool
	}{
		"zero":                           {rules(), nil, true},
		"no limit":                       {rules(), &mcp.StreamableHTTPOptions{MaxRequestBodyBytes: -1}, false},
		"sessions of strangers":          {public, nil, false},
		"sessions of perhaps strangers":  {optional, nil, false},
		"sessions in a rehearsal":        {rehearsed, nil, false},
		"strangers without sessions":     {public, &mcp.StreamableHTTPOptions{Stateless: true}, true},
		"replay without a rule":          {rules(), &mcp.StreamableHTTPOptions{EventStore: mcp.NewMemoryEventStore(nil)}, false},
		"no replay, since no session is": {rules(), &mcp.StreamableHTTPOptions{EventStore: mcp.NewMemoryEventStore(nil), Stateless: true}, true},
	} {
		_, err := mcppostern.New(auth, row.rules, nil).Handler(newServer(nil).Server, row.opts)
		assert.Equal(t, row.good, err == nil, name)
		assert.Equal(t, row.good, !errors.Is(err, token.ErrConfig), name)
	}
	_, err := mcppostern.New(auth, rules(), nil).Handler(nil, nil)
	assert.ErrorIs(t, err, token.ErrConfig)
}

type refuseAll struct{}

func (refuseAll) Authenticate(context.Context, token.Presentation) (*token.Token, error) {
	return nil, token.ErrInvalid
}
