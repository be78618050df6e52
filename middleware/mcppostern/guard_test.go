package mcppostern_test

import (
	"net/http"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token/tokentest"
)

const metadataURL = "https://api.example.com/.well-known/oauth-protected-resource"

// versions are the protocol versions that a mode serves, without a session.
func versions(mode string) []string {
	switch mode {
	case "stateful":
		return nil
	case "both":
		return []string{newest}
	default:
		return []string{newest, older, oldest, ""}
	}
}

// A rule for each tool, over every family of the protocol.
func TestTools(t *testing.T) {
	t.Parallel()
	for mode, set := range modes() {
		w := newWorld(t, set)
		reader, writer := w.Token(tokentest.Scope("photos:read")), w.Token(tokentest.Scope("photos:write", "photos:delete"))
		session := ""
		if !set.opts.Stateless {
			session = w.begin(t, reader)
		}
		for _, version := range append(versions(mode), older) {
			name := mode + " " + version
			do := func(raw, tool string) *http.Response {
				r := call(version, raw, tool)
				if version != newest && session != "" {
					inSession(r, session)
				}
				return w.do(r)
			}
			resp := do(reader, "harmless")
			assert.Equal(t, http.StatusOK, resp.StatusCode, name)
			assert.Contains(t, text(t, resp), "done harmless", name)
			assert.Equal(t, http.StatusForbidden, do(reader, "dangerous").StatusCode, name)
			assertDenied(t, do(reader, "unlisted"))
			assert.Equal(t, http.StatusUnauthorized, do("", "harmless").StatusCode, name)
			assert.Equal(t, []string{"tool harmless"}, w.server.names(), name)
			assert.Equal(t, http.StatusOK, do(writer, "dangerous").StatusCode, name)
			assert.Equal(t, []string{"tool dangerous"}, w.server.names(), name)
		}
	}
}

// The challenges of tools are those of any route.
func TestChallenges(t *testing.T) {
	t.Parallel()
	rm := `resource_metadata="` + metadataURL + `"`
	w := newWorld(t, settings{
		guard: middleware.Config{Resource: scope.Resource{Metadata: metadataURL}},
		opts:  mcp.StreamableHTTPOptions{Stateless: true},
	})
	get := func(raw string) string {
		resp := w.do(call(newest, raw, "dangerous"))
		assert.Empty(t, text(t, resp))
		assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
		return resp.Status[:4] + resp.Header.Get("WWW-Authenticate")
	}
	t.Run("C_MCP-5 statuses of the three refusals", func(t *testing.T) {
		assert.Equal(t, `401 Bearer realm="api", `+rm, get(""))
		assert.Equal(t, `401 Bearer realm="api", error="invalid_token", error_description="The access token is malformed", `+rm, get("x.y"))
		r := call(newest, "", "dangerous")
		r.Header.Set("Authorization", "Bearer")
		assert.Equal(t, http.StatusBadRequest, w.do(r).StatusCode)
	})
	t.Run("C_MCP-6 every scope of a tool in one challenge", func(t *testing.T) {
		want := `403 Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="photos:write photos:delete", ` + rm
		assert.Equal(t, want, get(w.Token(tokentest.Scope("photos:read"))))
	})
	t.Run("C_MCP-4 the token is for this server", func(t *testing.T) {
		assert.Contains(t, get(w.Token(tokentest.Audience("https://other.example.com"))), `401 Bearer realm="api", error="invalid_token"`)
	})
	t.Run("a token in the query is not looked at", func(t *testing.T) {
		r := call(newest, "", "harmless")
		r.URL.RawQuery = "access_token=" + w.Token(tokentest.Scope("photos:read"))
		assert.Equal(t, http.StatusUnauthorized, w.do(r).StatusCode)
	})
	assert.Empty(t, w.server.names())
}

// Prompts, resources, templates, completions and subscriptions.
func TestWhatElseHasNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, settings{})
	all := []string{"photos:read", "albums:read", "raw:read"}
	session := w.begin(t, w.Token())
	for _, row := range []struct{ method, params, scope, ran string }{
		{"prompts/get", `"name":"describe"`, "photos:read", "prompt describe"},
		{"resources/read", `"uri":"photos://all"`, "photos:read", "read photos://all"},
		{"resources/read", `"uri":"photos://album/7"`, "albums:read", "read photos://album/7"},
		{"resources/read", `"uri":"photos://a/b/raw"`, "raw:read", "read photos://a/b/raw"},
		{"resources/subscribe", `"uri":"photos://all"`, "photos:read", "subscribe photos://all"},
		{"completion/complete", `"ref":{"type":"ref/prompt","name":"describe"},"argument":{"name":"a","value":"b"}`, "photos:read", "complete describe"},
		{"completion/complete", `"ref":{"type":"ref/resource","uri":"photos://album/{id}"},"argument":{"name":"a","value":"b"}`, "albums:read", "complete photos://album/{id}"},
	} {
		name := row.method + row.params
		without := []string{}
		for _, s := range all {
			if s != row.scope {
				without = append(without, s)
			}
		}
		resp := w.do(inSession(request(older, w.Token(tokentest.Scope(without...)), message(older, row.method, row.params)), session))
		assert.Equal(t, http.StatusForbidden, resp.StatusCode, name)
		assert.Contains(t, resp.Header.Get("WWW-Authenticate"), `scope="`+row.scope+`"`, name)
		assert.Empty(t, w.server.names(), name)
		resp = w.do(inSession(request(older, w.Token(tokentest.Scope(row.scope)), message(older, row.method, row.params)), session))
		assert.Equal(t, http.StatusOK, resp.StatusCode, name)
		assert.Equal(t, []string{row.ran}, w.server.names(), name)
	}
	everything := w.Token(tokentest.Scope(append(all, "photos:write", "photos:delete")...))
	for _, row := range [][2]string{
		{"prompts/get", `"name":"unlisted"`}, {"resources/read", `"uri":"photos://none"`}, {"resources/read", `"uri":"PHOTOS://all"`},
		{"resources/read", `"uri":"photos://album/7/../../all"`}, {"resources/read", `"uri":"photos://%61ll"`},
		{"completion/complete", `"ref":{"type":"ref/prompt","name":"other"}`}, {"made/up", ``}, {"", ``}, {"GET", ``}, {"DELETE", ``}, {"Tools/list", ``},
	} {
		assertDenied(t, w.do(inSession(request(older, everything, message(older, row[0], row[1])), session)))
	}
	assert.Empty(t, w.server.names())
}

// A URI that several templates match needs what each of them asks for.
func TestSeveralTemplates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, settings{
		opts: mcp.StreamableHTTPOptions{Stateless: true}, config: vary(),
		rules: func(r *rulesOf) { r.Resources["photos://{+any}"] = scope.All("any:read") },
	})
	read := func(scopes ...string) *http.Response {
		return w.do(request(older, w.Token(tokentest.Scope(scopes...)), message(older, "resources/read", `"uri":"photos://album/7"`)))
	}
	assert.Equal(t, http.StatusForbidden, read("albums:read").StatusCode)
	assert.Equal(t, http.StatusForbidden, read("any:read").StatusCode)
	assert.Equal(t, http.StatusOK, read("any:read", "albums:read").StatusCode)
}

func TestMethodsOfRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, settings{
		opts: mcp.StreamableHTTPOptions{Stateless: true},
		rules: func(r *rulesOf) {
			r.Methods = map[string]scope.Policy{"tools/list": scope.Public, "tools/call": scope.All("mcp"), "resources/list": scope.All("list")}
		},
	})
	resp := w.do(request(older, "", message(older, "tools/list", "")))
	require.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Contains(t, text(t, resp), "harmless")
	assert.Equal(t, http.StatusUnauthorized, w.do(request(older, "", message(older, "prompts/list", ""))).StatusCode)
	assert.Equal(t, http.StatusForbidden, w.do(request(older, w.Token(), message(older, "resources/list", ""))).StatusCode)
	assert.Equal(t, http.StatusForbidden, w.do(call(older, w.Token(tokentest.Scope("photos:read")), "harmless")).StatusCode)
	assert.Equal(t, http.StatusOK, w.do(call(older, w.Token(tokentest.Scope("photos:read", "mcp")), "harmless")).StatusCode)
	assert.Equal(t, http.StatusUnauthorized, w.do(call(older, "", "open")).StatusCode, "tools/call needs a token of every tool")
}
