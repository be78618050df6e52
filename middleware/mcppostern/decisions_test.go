package mcppostern_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
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

// Every request is one decision, under a name of a closed set.
func TestDecisions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, modes()["stateless"])
	good := w.Token(tokentest.Scope("photos:read", "albums:read"))
	for _, row := range []struct {
		r    *http.Request
		want string
	}{
		{call(older, good, "harmless"), "tools/call harmless ok"},
		{call(newest, good, "harmless"), "tools/call harmless ok"},
		{call(older, good, "dangerous"), "tools/call dangerous scope"},
		{call(older, "", "dangerous"), "tools/call dangerous missing"},
		{call(older, good, "made up"), "tools/call (no rule) denied"},
		{call(older, good, "dangerous "), "tools/call (no rule) denied"},
		{call(older, good, strings.Repeat("x", 5000)), "tools/call (no rule) denied"},
		{request(older, good, message(older, "resources/read", `"uri":"photos://album/17"`)), "resources/read photos://album/{id} ok"},
		{request(older, good, message(older, "resources/read", `"uri":"photos://album/`+strings.Repeat("7", 5000)+`"`)), "resources/read (no rule) denied"},
		{request(older, good, message(older, "resources/read", `"uri":"file:///etc/passwd"`)), "resources/read (no rule) denied"},
		{request(older, good, message(older, "prompts/get", `"name":"x"`)), "prompts/get (no rule) denied"},
		{request(older, good, message(older, "evil/method", "")), "(no rule) denied"},
		{request(older, good, message(older, "tools/list", "")), "tools/list ok"},
		{request(older, good, "{"), "(unreadable) request"},
		{request(older, "", "{"), "(unreadable) missing"},
		{request(oldest, good, "["+message(oldest, "tools/list", "")+"]"), "(batch) ok"},
		{request(older, good, `{"jsonrpc":"2.0","id":1,"result":{}}`), "(response) ok"},
		{bare(http.MethodGet, good, ""), "GET ok"}, {bare(http.MethodDelete, good, ""), "DELETE ok"},
		{bare(http.MethodPut, good, ""), "(other methods of HTTP) ok"}, {bare("EVIL", "", ""), "(other methods of HTTP) missing"},
	} {
		w.do(row.r)
		assert.Equal(t, []string{row.want}, w.told())
	}
}

// An outage is no verdict, whatever is asked for and however.
func TestOutage(t *testing.T) {
	t.Parallel()
	for mode, set := range modes() {
		w := newWorld(t, set)
		w.GoDown()
		for _, r := range []*http.Request{
			call(older, w.Token(), "harmless"), call(newest, w.Token(), "unlisted"), request(older, w.Token(), "{"),
			bare(http.MethodGet, w.Token(), "x"), bare(http.MethodDelete, w.Token(), "x"), bare(http.MethodPut, w.Token(), "x"),
		} {
			resp := w.do(r)
			assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode, mode)
			assert.NotEmpty(t, resp.Header.Get("Retry-After"), mode)
			assert.Empty(t, text(t, resp), mode)
		}
	}
}

// Behind a route of a Mux that is public, the Guard finds the credentials.
func TestBehindAMux(t *testing.T) {
	t.Parallel()
	w := newWorld(t, modes()["stateless"])
	verifier, err := token.NewVerifier(w.Config())
	require.NoError(t, err)
	for _, policy := range []scope.Policy{scope.Public, scope.Authenticated} {
		mux := middleware.New(verifier, nil).NewMux()
		mux.Handle("/mcp", policy, w.handler)
		outside := &world{server: w.server, handler: mux}
		assert.Equal(t, http.StatusOK, outside.do(call(older, w.Token(tokentest.Scope("photos:read")), "harmless")).StatusCode)
		assert.Equal(t, http.StatusForbidden, outside.do(call(older, w.Token(), "harmless")).StatusCode)
		assert.Equal(t, http.StatusUnauthorized, outside.do(call(older, "", "harmless")).StatusCode)
		assert.Equal(t, "[] []", w.server.ran()[0].header)
	}
}

// A rehearsal refuses nothing, and tells what it would have.
func TestRehearsal(t *testing.T) {
	t.Parallel()
	for mode, set := range modes() {
		set.guard.Rehearsal = true
		w := newWorld(t, set)
		session := ""
		if !set.opts.Stateless {
			session = w.begin(t, w.Token(tokentest.Subject("alice")))
		}
		for _, raw := range []string{"", w.Token(tokentest.Subject("alice")), w.Token(tokentest.Subject("bob"))} {
			r := call(older, raw, "dangerous")
			if session != "" {
				inSession(r, session)
			}
			assert.Equal(t, http.StatusOK, w.do(r).StatusCode, mode)
			assert.Equal(t, []string{"tool dangerous"}, w.server.names(), mode)
		}
		resp := w.do(request(older, "", "{"))
		assert.Equal(t, http.StatusBadRequest, resp.StatusCode, mode)
		assert.NotContains(t, text(t, resp), "one meaning", "this is the SDK's answer")
		for _, d := range w.decisions {
			assert.NoError(t, d.Err)
		}
		assert.Error(t, w.decisions[len(w.decisions)-1].Rehearsed)
		assert.Contains(t, w.guard.String(), "REHEARSAL")
	}
}

// What reaches the server by another way than a Guard is refused, and so is what
// another message was decided about.
func TestOtherWaysIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, modes()["stateless"])
	ours, theirs := mcp.NewInMemoryTransports()
	_, err := w.server.Connect(t.Context(), theirs, nil)
	require.NoError(t, err)
	_, err = mcp.NewClient(&mcp.Implementation{Name: "stdio"}, nil).Connect(t.Context(), ours, nil)
	assert.ErrorContains(t, err, "has not passed the guard")
	unguarded := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return w.server.Server }, &mcp.StreamableHTTPOptions{Stateless: true, DisableLocalhostProtection: true})
	around := &world{server: w.server, handler: unguarded}
	assert.Contains(t, text(t, around.do(call(older, w.Token(tokentest.Scope("photos:read")), "harmless"))), "has not passed the guard")
	assert.Empty(t, w.server.names())
}

// If the SDK read a message differently from this package, it would not run.
func TestWhatRunsIsWhatWasDecided(t *testing.T) {
	t.Parallel()
	w := newWorld(t, modes()["stateless"])
	sdk := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return w.server.Server }, &mcp.StreamableHTTPOptions{Stateless: true, DisableLocalhostProtection: true})
	body := ""
	differently := &world{server: w.server, handler: mcppostern.Over(w.guard, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		r.Body = io.NopCloser(strings.NewReader(body))
		sdk.ServeHTTP(rw, r)
	}))}
	reader := w.Token(tokentest.Scope("photos:read"))
	for _, row := range [][3]string{
		{"tools/call", `"name":"harmless"`, "tool harmless"}, {"tools/call", `"name":"dangerous"`, ""}, {"tools/list", ``, ""}, {"prompts/get", `"name":"harmless"`, ""},
		{"resources/read", `"uri":"harmless"`, ""}, {"completion/complete", `"ref":{"type":"ref/prompt","name":"harmless"},"argument":{"name":"a","value":"b"}`, ""},
	} {
		body = message(older, row[0], row[1])
		said := text(t, differently.do(call(older, reader, "harmless")))
		if row[2] != "" {
			assert.Equal(t, []string{row[2]}, w.server.names())
			continue
		}
		assert.Contains(t, said, "not the one that was decided about", body)
		assert.Empty(t, w.server.names())
	}
}

// Two Guards may serve one server, each by its own rules.
func TestTwoGuards(t *testing.T) {
	t.Parallel()
	w := newWorld(t, modes()["stateless"])
	verifier, err := token.NewVerifier(w.Config())
	require.NoError(t, err)
	strict := rules()
	strict.Tools["harmless"] = scope.All("admin")
	second, err := mcppostern.New(middleware.New(verifier, nil), strict, nil).Handler(w.server.Server, &mcp.StreamableHTTPOptions{Stateless: true, DisableLocalhostProtection: true})
	require.NoError(t, err)
	other := &world{server: w.server, handler: second}
	reader := w.Token(tokentest.Scope("photos:read"))
	assert.Equal(t, http.StatusForbidden, other.do(call(older, reader, "harmless")).StatusCode)
	assert.Equal(t, http.StatusOK, w.do(call(older, reader, "harmless")).StatusCode)
	assert.Equal(t, []string{"tool harmless"}, w.server.names())
}

func TestNewPanics(t *testing.T) {
	t.Parallel()
	auth := middleware.New(refuseAll{}, nil)
	ok := map[string]scope.Policy{"a": scope.Authenticated}
	for name, f := range map[string]func(){
		"nil":         func() { mcppostern.New(nil, mcppostern.Rules{Tools: ok}, nil) },
		"zero policy": func() { mcppostern.New(auth, mcppostern.Rules{Tools: map[string]scope.Policy{"a": {}}}, nil) },
		"no name":     func() { mcppostern.New(auth, mcppostern.Rules{Prompts: map[string]scope.Policy{"": scope.User}}, nil) },
		"bad text": func() {
			mcppostern.New(auth, mcppostern.Rules{Tools: map[string]scope.Policy{"\xff": scope.User}}, nil)
		},
		"long name": func() {
			mcppostern.New(auth, mcppostern.Rules{Tools: map[string]scope.Policy{strings.Repeat("x", 513): scope.User}}, nil)
		},
		"template": func() {
			mcppostern.New(auth, mcppostern.Rules{Resources: map[string]scope.Policy{"a://{": scope.User}}, nil)
		},
		"method": func() { mcppostern.New(auth, mcppostern.Rules{Methods: map[string]scope.Policy{"a": {}}}, nil) },
	} {
		err := func() (err error) {
			defer func() { err, _ = recover().(error) }()
			f()
			return nil
		}()
		assert.ErrorIs(t, err, token.ErrConfig, name)
		assert.NotContains(t, fmt.Sprint(err), "\n", name)
	}
}

// otherScheme takes tokens of another scheme than Bearer.
type otherScheme struct{ *token.Verifier }

func (otherScheme) Schemes() []token.Scheme { return []token.Scheme{{Name: "Other"}} }

func (o otherScheme) Authenticate(ctx context.Context, p token.Presentation) (*token.Token, error) {
	p.Scheme = "Bearer"
	return o.Verifier.Authenticate(ctx, p)
}

// Nothing here or in the SDK needs the scheme Bearer.
func TestOtherSchemes(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	verifier, err := token.NewVerifier(issuer.Config())
	require.NoError(t, err)
	s := newServer(nil)
	handler, err := mcppostern.New(middleware.New(otherScheme{verifier}, nil), rules(), nil).Handler(s.Server, &mcp.StreamableHTTPOptions{DisableLocalhostProtection: true})
	require.NoError(t, err)
	other := &world{server: s, handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "Bearer", "Other", 1))
		handler.ServeHTTP(w, r)
	})}
	raw := issuer.Token(tokentest.Scope("photos:read"), tokentest.Subject("alice"))
	session := other.begin(t, raw)
	assert.Equal(t, http.StatusOK, other.do(inSession(call(older, raw, "harmless"), session)).StatusCode)
	seen := s.ran()
	require.Len(t, seen, 1)
	assert.Equal(t, "alice [] []", seen[0].subject+" "+seen[0].header)
	assertDenied(t, other.do(inSession(call(older, issuer.Token(tokentest.Scope("photos:read"), tokentest.Subject("bob")), "harmless"), session)))
	bearer := &world{server: s, handler: handler}
	assert.Equal(t, http.StatusUnauthorized, bearer.do(call(older, raw, "harmless")).StatusCode)
}

// What is answered to a token is for its caller's client to cache, and for no
// cache on the way, also where the program says something else.
func TestCachesOfOthers(t *testing.T) {
	t.Parallel()
	for _, said := range []string{"", "public", "private"} {
		for mode, set := range modes() {
			set.server = &mcp.ServerOptions{SetCacheable: func(_ context.Context, _ mcp.Request, c *mcp.Cacheable) { c.TTLMs, c.CacheScope = 60000, said }}
			set.rules = func(r *rulesOf) {
				r.Methods, r.Resources["photos://all"] = map[string]scope.Policy{"tools/list": scope.Public}, scope.Optional
			}
			w := newWorld(t, set)
			raw, session := w.Token(tokentest.Scope("albums:read")), ""
			if !set.opts.Stateless {
				session = w.begin(t, raw)
			}
			for _, method := range []string{"prompts/list", "resources/list", "resources/templates/list", "resources/read", "server/discover"} {
				version := older
				if method == "server/discover" && mode != "stateful" {
					version = newest
				} else if method == "server/discover" {
					continue
				}
				params := ""
				if method == "resources/read" {
					params = `"uri":"photos://album/7"`
				}
				r := request(version, raw, message(version, method, params))
				if version == newest {
					r.Header.Set("Mcp-Method", method)
				} else if session != "" {
					inSession(r, session)
				}
				assert.Contains(t, text(t, w.do(r)), `"cacheScope":"private"`, "%s %s %q", mode, method, said)
			}
			if session != "" { // its owner's token is needed for everything
				assert.Contains(t, text(t, w.do(inSession(request(older, raw, message(older, "tools/list", "")), session))), `"cacheScope":"private"`, mode)
				continue
			}
			open := `"cacheScope":"` + cmp.Or(said, "public") + `"`
			assert.Contains(t, text(t, w.do(request(older, "", message(older, "tools/list", "")))), open, mode)
			assert.Contains(t, text(t, w.do(request(older, "", message(older, "resources/read", `"uri":"photos://all"`)))), open, mode)
			assert.Contains(t, text(t, w.do(request(older, raw, message(older, "resources/read", `"uri":"photos://all"`)))), `"cacheScope":"private"`, mode)
		}
	}
}

// One message of a batch whose rule is a rehearsal takes nothing from the rules of
// the others, nor from whose session it is.
func TestRehearsedRules(t *testing.T) {
	t.Parallel()
	for mode, set := range modes() {
		set.rules = func(r *rulesOf) { r.Tools["open"] = scope.All("new").Rehearsed() }
		w := newWorld(t, set)
		reader, session := w.Token(tokentest.Scope("photos:read")), ""
		if !set.opts.Stateless {
			session = w.begin(t, reader)
		}
		post := func(raw, body string) int {
			r := request(oldest, raw, body)
			if session != "" {
				inSession(r, session)
			}
			return w.do(r).StatusCode
		}
		open := message(oldest, "tools/call", `"name":"open"`)
		second := strings.Replace(message(oldest, "tools/call", `"name":"dangerous"`), `"id":1`, `"id":2`, 1)
		assert.Equal(t, http.StatusForbidden, post(reader, "["+open+","+second+"]"), mode)
		assert.Equal(t, http.StatusForbidden, post(reader, "["+second+","+open+"]"), mode)
		if session != "" {
			assert.Equal(t, http.StatusUnauthorized, post("", open), mode)
			assert.Equal(t, http.StatusForbidden, post(w.Token(tokentest.Subject("mallory")), open), mode)
		}
		assert.Empty(t, w.server.names())
		assert.Equal(t, http.StatusOK, post(reader, open), mode)
		assert.Equal(t, []string{"tool open"}, w.server.names(), mode)
	}
}
