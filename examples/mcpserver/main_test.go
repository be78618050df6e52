package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token/tokentest"
)

// bearer sends a token with every request.
type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if b != "" {
		r.Header.Set("Authorization", "Bearer "+string(b))
	}
	return http.DefaultTransport.RoundTrip(r)
}

// connect is a client of the Go SDK that asks for a version.
func (w *world) connect(t *testing.T, version string, edits ...tokentest.Edit) *mcp.ClientSession {
	t.Helper()
	raw := w.Token(append([]tokentest.Edit{tokentest.Subject("alice")}, edits...)...)
	client := mcp.NewClient(&mcp.Implementation{Name: "go", Version: "v1"}, nil)
	s, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{
		Endpoint: w.resource, HTTPClient: &http.Client{Transport: bearer(raw)}, MaxRetries: -1,
	}, &mcp.ClientSessionOptions{ProtocolVersion: version})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// The tools, by the client of the Go SDK in both families.
func TestTools(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2025-06-18", "2025-11-25", "2026-07-28"} {
		w := newWorld(t, "/mcp")
		reader := w.connect(t, version, tokentest.Scope("photos:read"))
		writer := w.connect(t, version, tokentest.Scope("photos:read", "photos:write"))
		fresh := w.connect(t, version, tokentest.Scope("photos:write"), tokentest.Claim("auth_time", time.Now().Unix()))
		old := w.connect(t, version, tokentest.Scope("photos:write"), tokentest.Claim("auth_time", time.Now().Add(-6*time.Minute).Unix()))
		assert.Equal(t, version, reader.InitializeResult().ProtocolVersion)
		assert.Equal(t, version != "2026-07-28", reader.ID() != "", "older clients have sessions")
		call := func(s *mcp.ClientSession, tool string, arguments map[string]any) (any, error) {
			res, err := s.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: arguments})
			if err != nil {
				return nil, err
			}
			return res.StructuredContent, nil
		}
		photo := map[string]any{"album": "sea", "title": "Harbour at dawn"}
		_, err := call(reader, "add_photo", photo)
		assert.Error(t, err)
		added, err := call(writer, "add_photo", photo)
		require.NoError(t, err, version)
		photo["by"] = "alice"
		assert.Equal(t, photo, added)
		list, err := call(writer, "list_photos", nil)
		require.NoError(t, err)
		assert.Equal(t, map[string]any{"photos": []any{photo}}, list)
		read, err := writer.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "photos://album/sea"})
		require.NoError(t, err)
		assert.JSONEq(t, `[{"album":"sea","title":"Harbour at dawn","by":"alice"}]`, read.Contents[0].Text)
		for _, s := range []*mcp.ClientSession{reader, writer, old} {
			_, err = call(s, "delete_album", map[string]any{"album": "sea"})
			assert.Error(t, err)
		}
		gone, err := call(fresh, "delete_album", map[string]any{"album": "sea"})
		require.NoError(t, err)
		assert.Equal(t, map[string]any{"photos": 1.0}, gone)
		assert.Contains(t, w.log.String(), `route="tools/call delete_album"`)
	}
}

// What a client without a token is told, and what it finds there.
func TestTheWayIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "/mcp")
	post := func(body, raw string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.resource, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json, text/event-stream")
		resp, err := (&http.Client{Transport: bearer(raw)}).Do(r)
		require.NoError(t, err)
		t.Cleanup(func() { _ = resp.Body.Close() })
		return resp
	}
	metadata := strings.Replace(w.resource, "/mcp", "/.well-known/oauth-protected-resource/mcp", 1)
	call := func(tool string) string {
		return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + tool + `"}}`
	}
	t.Run("C_MCP-3 a 401 names the scopes of the tool", func(t *testing.T) {
		resp := post(call("add_photo"), "")
		assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
		assert.Equal(t, `Bearer realm="photos", scope="photos:write", resource_metadata="`+metadata+`"`, resp.Header.Get("WWW-Authenticate"))
	})
	t.Run("step-up", func(t *testing.T) {
		resp := post(call("delete_album"), w.Token(tokentest.Subject("alice"), tokentest.Scope("photos:write")))
		assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
		assert.Contains(t, resp.Header.Get("WWW-Authenticate"), `error="insufficient_user_authentication"`)
		assert.Contains(t, resp.Header.Get("WWW-Authenticate"), `max_age="300"`)
	})
	t.Run("C_MCP-1 metadata with the authorization server", func(t *testing.T) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, metadata, nil)
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer func() { _ = resp.Body.Close() }()
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		assert.JSONEq(t, `{"resource":"`+w.resource+`","authorization_servers":["`+w.Identifier()+`"],"scopes_supported":["photos:read","photos:write"],
			"bearer_methods_supported":["header"],"resource_name":"Photos"}`, string(text))
	})
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"no resource": {"-issuer", "https://login.example.com"}, "no issuer": {"-resource", "https://photos.example.com/mcp"},
		"http": {"-issuer", "https://login.example.com", "-resource", "http://photos.example.com/mcp"},
		"rest": {"-issuer", "https://login.example.com", "-resource", "https://photos.example.com/mcp", "more"},
	} {
		var out bytes.Buffer
		_, err := parse(args, &out)
		assert.Error(t, err, name)
		assert.Contains(t, out.String(), "mcpserver: ", name)
	}
	_, err := parse([]string{"-h"}, io.Discard)
	assert.ErrorIs(t, err, flag.ErrHelp)
}

// run serves until its context ends.
func TestRun(t *testing.T) {
	t.Parallel()
	for resource, path := range map[string]string{"https://photos.example.com/mcp": "/mcp", "https://photos.example.com": "/"} {
		o, err := parse([]string{"-listen", "127.0.0.1:0", "-issuer", "https://login.example.com", "-resource", resource}, io.Discard)
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		out := &lines{}
		done := make(chan error, 1)
		go func() { done <- run(ctx, o, out, io.Discard) }()
		require.Eventually(t, func() bool { return strings.Contains(out.String(), "MCP on http://127.0.0.1:") }, 10*time.Second, time.Millisecond)
		stop()
		assert.NoError(t, <-done)
		assert.Contains(t, out.String(), path+"\n")
	}
}

func TestLibrary(t *testing.T) {
	t.Parallel()
	var l library
	assert.ErrorIs(t, l.add(photo{Album: "sea"}), errNoTitle)
	assert.ErrorIs(t, l.add(photo{Album: strings.Repeat("x", 201), Title: "t"}), errNoTitle)
	require.NoError(t, l.add(photo{Album: "hills", Title: "t"}))
	for range most - 1 {
		require.NoError(t, l.add(photo{Album: "sea", Title: "t"}))
	}
	for _, album := range []string{"sea", "hills", "moor"} {
		assert.ErrorIs(t, l.add(photo{Album: album, Title: "t"}), errFull)
	}
	assert.Len(t, l.list(""), most)
	_, err := l.remove("nowhere")
	assert.ErrorIs(t, err, errNoAlbum)
	n, err := l.remove("sea")
	assert.NoError(t, err)
	assert.Equal(t, most-1, n)
	assert.Empty(t, l.list("sea"))
	assert.NoError(t, l.add(photo{Album: "moor", Title: "t"}))
}
