package mcppostern_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// The SDK gives a handler the context of the first request of its session. All
// that the context says must be of this request: a guard that the handler calls
// in the process would judge the first token by what another guard has hidden
// there.
func TestContextOfThisRequest(t *testing.T) {
	t.Parallel()
	type ownKey struct{}
	for mode, set := range modes() {
		w := newWorld(t, set)
		verifier, err := token.NewVerifier(w.Config())
		require.NoError(t, err)
		inner := middleware.New(verifier, nil).Require(scope.All("photos:write"))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		var status int
		var scopes []string
		var own any
		w.server.wait = func(ctx context.Context) {
			rec := httptest.NewRecorder()
			inner.ServeHTTP(rec, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
			status, scopes, own = rec.Code, nil, ctx.Value(ownKey{})
			if info := auth.TokenInfoFromContext(ctx); info != nil {
				scopes = info.Scopes
			}
		}
		wide, narrow := w.Token(tokentest.Scope("photos:read", "photos:write", "photos:delete")), w.Token(tokentest.Scope("photos:read"))
		session, outer := "", w.handler
		number := 0
		w.handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			number++
			outer.ServeHTTP(rw, r.WithContext(context.WithValue(r.Context(), ownKey{}, number)))
		})
		if !set.opts.Stateless {
			session = w.begin(t, wide)
		}
		do := func(raw, tool string) {
			r := call(older, raw, tool)
			if session != "" {
				inSession(r, session)
			}
			require.Equal(t, http.StatusOK, w.do(r).StatusCode, mode)
			assert.Equal(t, number, own, "%s: a value of the program", mode)
		}
		do(narrow, "harmless")
		assert.Equal(t, http.StatusForbidden, status, "%s: a guard within", mode)
		assert.Equal(t, []string{"photos:read"}, scopes, mode)
		do(wide, "dangerous")
		assert.Equal(t, http.StatusOK, status, "%s: a guard within", mode)
		if session == "" {
			do(wide, "open")
			assert.Empty(t, scopes, "%s: a public tool", mode)
			do("", "open")
			assert.Equal(t, http.StatusUnauthorized, status, "%s: a guard within", mode)
		}
	}
}

// A receiving middleware of the program that was added after the Guard's is
// further out. It must not take the first caller for this one.
func TestMiddlewareFurtherOut(t *testing.T) {
	t.Parallel()
	for mode, set := range modes() {
		w := newWorld(t, set)
		var seen []string
		var scopes [][]string
		w.server.AddReceivingMiddleware(func(next mcp.MethodHandler) mcp.MethodHandler {
			return func(ctx context.Context, method string, r mcp.Request) (mcp.Result, error) {
				if have, ok := token.FromContext(ctx); ok {
					seen = append(seen, have.Raw())
				}
				if info := auth.TokenInfoFromContext(ctx); info != nil && method == "tools/call" {
					scopes = append(scopes, info.Scopes)
				}
				return next(ctx, method, r)
			}
		})
		first, second := w.Token(tokentest.Scope("photos:read", "photos:write")), w.Token(tokentest.Scope("photos:read"))
		r := call(older, second, "harmless")
		if !set.opts.Stateless {
			r = inSession(r, w.begin(t, first))
		}
		assert.Equal(t, http.StatusOK, w.do(r).StatusCode, mode)
		assert.False(t, slices.Contains(seen, first), "%s: the token of another request", mode)
		for _, s := range scopes {
			assert.Equal(t, []string{"photos:read"}, s, mode)
		}
	}
}

// What a middleware further out puts into the context is newer than what is in
// that of the request.
func TestValuesFromFurtherOut(t *testing.T) {
	t.Parallel()
	type span struct{}
	for mode, set := range modes() {
		w := newWorld(t, set)
		w.server.AddReceivingMiddleware(func(next mcp.MethodHandler) mcp.MethodHandler {
			return func(ctx context.Context, method string, r mcp.Request) (mcp.Result, error) {
				return next(context.WithValue(ctx, span{}, method), method, r)
			}
		})
		var seen any
		w.server.wait = func(ctx context.Context) { seen = ctx.Value(span{}) }
		raw := w.Token(tokentest.Scope("photos:read"))
		r := call(older, raw, "harmless")
		if !set.opts.Stateless {
			r = inSession(r, w.begin(t, raw))
		}
		w.do(r.WithContext(context.WithValue(r.Context(), span{}, "POST")))
		assert.Equal(t, "tools/call", seen, mode)
	}
}

// A time limit of the program is not the end of a token.
func TestDeadlinesOfTheProgram(t *testing.T) {
	t.Parallel()
	for mode, set := range modes() {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, set)
			raw := w.Token(tokentest.Scope("photos:read"))
			for limit, want := range map[time.Duration]error{time.Second: context.DeadlineExceeded, time.Hour: token.ErrExpired} {
				var cause error
				w.server.wait = func(ctx context.Context) {
					<-ctx.Done()
					cause = context.Cause(ctx)
				}
				r, session := call(older, raw, "harmless"), ""
				if !set.opts.Stateless {
					session = w.begin(t, raw)
					inSession(r, session)
				}
				ctx, stop := context.WithTimeout(r.Context(), limit)
				w.do(r.WithContext(ctx))
				stop()
				synctest.Wait()
				assert.ErrorIs(t, cause, want, mode)
				raw = w.Token(tokentest.Scope("photos:read"))
				if session != "" {
					w.do(bare(http.MethodDelete, raw, session))
				}
			}
		})
	}
}

// search has parameters of a type of the SDK's.
type search struct{ mcp.ResultBase }

// Parameters of a method of the program's own may be missing, and of a type that
// names something in a method of the protocol.
func TestMethodsOfTheProgram(t *testing.T) {
	t.Parallel()
	set := modes()["stateless"]
	set.rules = func(r *rulesOf) { r.Methods = map[string]scope.Policy{"acme/search": scope.All("search")} }
	w := newWorld(t, set)
	ran := 0
	require.NoError(t, mcp.AddReceivingCustomMethod(w.server.Server, "acme/search", func(context.Context, *mcp.ServerSession, *mcp.SubscribeParams) (*search, error) {
		ran++
		return &search{}, nil
	}))
	require.NoError(t, mcp.AddReceivingCustomMethod(w.server.Server, "acme/tool", func(context.Context, *mcp.ServerSession, *mcp.CallToolParamsRaw) (*search, error) {
		ran++
		return &search{}, nil
	}))
	for _, body := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"acme/search"}`, `{"jsonrpc":"2.0","id":1,"method":"acme/search","params":null}`,
		message(older, "acme/search", ""), message(older, "acme/search", `"uri":"photos://all"`),
	} {
		ran = 0
		assert.Equal(t, http.StatusForbidden, w.do(request(older, w.Token(), body)).StatusCode)
		assert.Zero(t, ran)
		resp := w.do(request(older, w.Token(tokentest.Scope("search")), body))
		assert.Equal(t, http.StatusOK, resp.StatusCode)
		assert.Equal(t, 1, ran, "%s: %s", body, text(t, resp))
		assertDenied(t, w.do(request(older, w.Token(tokentest.Scope("search")), `{"jsonrpc":"2.0","id":1,"method":"acme/tool","params":{"name":"harmless"}}`)))
	}
}

// A session outlives the token that began it, for its owner with another one.
// What runs then ends with that one.
func TestSessionsOutliveTheirFirstToken(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"stateful", "both"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, modes()[mode])
			var ended error
			var left time.Duration
			w.server.wait = func(ctx context.Context) {
				ended = ctx.Err()
				deadline, _ := ctx.Deadline()
				left = time.Until(deadline)
			}
			first := w.Token(tokentest.Scope("photos:read"), tokentest.ExpiresIn(time.Minute))
			session := w.begin(t, first)
			time.Sleep(2 * time.Minute)
			for _, r := range []*http.Request{
				inSession(call(older, first, "harmless"), session), bare(http.MethodGet, first, session), bare(http.MethodDelete, first, session),
			} {
				assert.Equal(t, http.StatusUnauthorized, w.do(r).StatusCode, r.Method)
			}
			assert.Empty(t, w.server.names())
			second := w.Token(tokentest.Scope("photos:read"), tokentest.ExpiresIn(time.Minute))
			assert.Equal(t, http.StatusOK, w.do(inSession(call(older, second, "harmless"), session)).StatusCode)
			assert.Equal(t, []string{"tool harmless"}, w.server.names())
			assert.NoError(t, ended)
			assert.Equal(t, time.Minute+30*time.Second, left) // with the leeway
			assert.Equal(t, http.StatusNoContent, w.do(bare(http.MethodDelete, second, session)).StatusCode)
		})
	}
}
