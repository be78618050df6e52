package mcppostern_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware/mcppostern"
)

// seeds are bodies near those that decoders read differently.
func seeds() []string {
	call := message(oldest, "tools/call", `"name":"harmless"`)
	return []string{
		call, "[" + call + "]", "[" + call + "," + strings.Replace(call, "harmless", "dangerous", 1) + "]", call + "x", "null", "[[]]",
		strings.Replace(call, `"name":`, `"name":"dangerous","name":`, 1), strings.Replace(call, `"name":`, `"NAME":"dangerous","name":`, 1),
		strings.Replace(call, `"params":`, `"params":{"name":"dangerous"},"params":`, 1), strings.Replace(call, "harmless", `harm\u006cess\ud83d\ude00`, 1),
		strings.Replace(call, "harmless", `\ud800`, 1), strings.Replace(call, `"name"`, `"na\u006de"`, 1), strings.Replace(call, `"name"`, `"name\u0000"`, 1),
		message(oldest, "resources/read", `"uri":"photos://all"`), message(oldest, "prompts/get", `"name":"describe","arguments":{"a":"b"}`),
		message(oldest, "completion/complete", `"ref":{"type":"ref/prompt","name":"describe"},"argument":{"name":"a","value":"b"}`),
		message(oldest, "completion/complete", `"ref":{"type":"ref/resource","uri":"photos://album/{id}"},"argument":{"name":"a","value":"b"}`),
		message(oldest, "subscriptions/listen", `"notifications":{"resourceSubscriptions":["photos://all","x"]}`),
		`{"jsonrpc":"2.0","method":"notifications/initialized"}`, `{"jsonrpc":"2.0","id":"a","result":{}}`, `{"jsonrpc":"2.0","id":1e2,"method":"ping"}`,
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`,
	}
}

// FuzzBody holds the reader against the decoder of the SDK: whatever runs was
// decided about, and what is read as one message runs as nothing else.
func FuzzBody(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	var mu sync.Mutex
	var runs []mcppostern.Target
	server := newServer(nil).Server
	server.AddReceivingMiddleware(func(mcp.MethodHandler) mcp.MethodHandler {
		return func(_ context.Context, method string, r mcp.Request) (mcp.Result, error) {
			mu.Lock()
			defer mu.Unlock()
			runs = append(runs, mcppostern.Runs(method, r)...)
			return nil, errors.New("it is enough to know")
		}
	})
	sdk := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &mcp.StreamableHTTPOptions{Stateless: true, DisableLocalhostProtection: true})
	f.Fuzz(func(t *testing.T, body string) {
		judged, err := mcppostern.Read(body)
		if err != nil {
			return
		}
		mu.Lock()
		runs = nil
		mu.Unlock()
		sdk.ServeHTTP(httptest.NewRecorder(), request(oldest, "", body))
		mu.Lock()
		defer mu.Unlock()
		for _, r := range runs {
			assert.Contains(t, judged, r, "%q", body)
		}
	})
}

// FuzzJSON holds the reader against encoding/json: it accepts the same texts,
// but for those it has a reason to refuse.
func FuzzJSON(f *testing.F) {
	for _, s := range append(seeds(), `{"a":1,"\u0061":2}`, `[1,-0,0.5e+7,1E-2,true,false,null,"\"\\\/\b\f\n\r\t"]`, `[[[[]]]]`, `{"":{"":{}}}`, "\"\u2028\"") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		switch err := mcppostern.Valid(text); {
		case err == nil:
			require.True(t, json.Valid([]byte(text)), "%q", text)
			require.True(t, utf8.ValidString(text))
			require.False(t, repeats(json.NewDecoder(strings.NewReader(text))), "%q", text)
		case errors.Is(err, mcppostern.ErrDuplicate):
		case errors.Is(err, mcppostern.ErrDepth):
			require.Greater(t, strings.Count(text, "[")+strings.Count(text, "{"), 64)
		case errors.Is(err, mcppostern.ErrUTF8):
			require.True(t, !utf8.ValidString(text) || strings.Contains(strings.ToLower(text), `\ud`), "%q", text)
		default:
			require.False(t, json.Valid([]byte(text)), "%q", text)
		}
	})
}

// repeats reports whether a member name of an object occurs twice.
func repeats(d *json.Decoder) bool {
	type level struct {
		names map[string]bool // nil for an array
		value bool            // the next token is a value
	}
	var open []level
	for {
		tok, err := d.Token()
		if err != nil {
			return false
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			l := level{}
			if tok == json.Delim('{') {
				l.names = map[string]bool{}
			}
			open = append(open, l)
			continue
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		default:
			if l := len(open) - 1; l >= 0 && open[l].names != nil && !open[l].value {
				if open[l].names[tok.(string)] {
					return true
				}
				open[l].names[tok.(string)], open[l].value = true, true
				continue
			}
		}
		if l := len(open) - 1; l >= 0 {
			open[l].value = false
		}
	}
}
