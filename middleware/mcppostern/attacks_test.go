package mcppostern_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/middleware/mcppostern"
	"github.com/postern-go/postern/token/tokentest"
)

// A harmless name in the header and a dangerous one in the body, in every version
// and mode: the body is what runs, and what is decided about.
func TestNamesInHeaders(t *testing.T) {
	t.Parallel()
	coded := "=?base64?" + base64.StdEncoding.EncodeToString([]byte("dangerous")) + "?="
	for mode, set := range modes() {
		w := newWorld(t, set)
		reader := w.Token(tokentest.Scope("photos:read"))
		for _, version := range []string{"", oldest, "2025-06-18", older, newest, "2099-01-01", "2026-07-28\t", "x"} {
			for _, header := range [][2]string{
				{"tools/call", "harmless"}, {"tools/list", "harmless"}, {"tools/call", coded}, {"prompts/get", "describe"}, {"", ""},
			} {
				r := call("", reader, "dangerous")
				if version == newest {
					r = call(newest, reader, "dangerous")
				}
				r.Header.Set("Mcp-Protocol-Version", version)
				r.Header["Mcp-Method"], r.Header["Mcp-Name"] = []string{header[0]}, []string{header[1]}
				assert.Equal(t, http.StatusForbidden, w.do(r).StatusCode, "%s %s %v", mode, version, header)
			}
		}
		assert.Empty(t, w.server.names(), mode)
	}
}

// Under the newest version the SDK refuses a header that is not the body's.
func TestHeadersThatDiffer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, modes()["both"])
	r := call(newest, w.Token(tokentest.Scope("photos:read")), "harmless")
	r.Header.Set("Mcp-Name", "dangerous")
	assert.Equal(t, http.StatusBadRequest, w.do(r).StatusCode)
	assert.Empty(t, w.server.names())
}

// Each message of a batch is decided about, and the batch is refused whole.
func TestBatches(t *testing.T) {
	t.Parallel()
	one := func(tool string) string { return message(oldest, "tools/call", `"name":"`+tool+`"`) }
	two := func(tool string) string { return strings.Replace(one(tool), `"id":1`, `"id":2`, 1) }
	w := newWorld(t, modes()["stateless"])
	reader := w.Token(tokentest.Scope("photos:read"))
	for _, version := range []string{"", oldest, "2025-06-18", older, newest} {
		for _, body := range []string{
			"[" + one("harmless") + "," + two("dangerous") + "]", "[" + two("dangerous") + "," + one("harmless") + "]",
			"[" + one("harmless") + "," + two("unlisted") + "]", "[" + one("open") + "," + two("dangerous") + "]",
			`[{"jsonrpc":"2.0","id":9,"result":{}},` + two("dangerous") + "]", "[" + one("dangerous") + "]",
		} {
			r := request(version, reader, body)
			r.Header.Set("Mcp-Method", "tools/call")
			r.Header.Set("Mcp-Name", "harmless")
			assert.Equal(t, http.StatusForbidden, w.do(r).StatusCode, "%s %s", version, body)
		}
	}
	assert.Empty(t, w.server.names())
	assert.Equal(t, http.StatusUnauthorized, w.do(request(oldest, "", "["+one("open")+","+two("harmless")+"]")).StatusCode)
	assert.Equal(t, http.StatusOK, w.do(request(oldest, reader, "["+one("harmless")+","+two("open")+"]")).StatusCode)
	assert.Equal(t, []string{"tool harmless", "tool open"}, sorted(w.server.names()))
}

// Text that one decoder reads differently from another is refused.
func TestBodiesWithTwoMeanings(t *testing.T) {
	t.Parallel()
	good := message(oldest, "tools/call", `"name":"harmless"`)
	edit := func(from, to string) string { return strings.Replace(good, from, to, 1) }
	deep := strings.Repeat("[", 70) + strings.Repeat("]", 70)
	bodies := map[string]string{
		"nothing": "", "white space": " \n", "no JSON": "tools/call", "null": "null", "string": `"tools/call"`, "number": "1",
		"empty object": "{}", "empty batch": "[]", "batch of no messages": "[1]", "nested batch": "[[" + good + "]]", "batch with null": "[" + good + ",null]",
		"trailing text": good + "x", "two messages": good + good, "trailing comma": strings.TrimSuffix(good, "}") + ",}", "byte order mark": "\ufeff" + good,
		"NUL at the end": good + "\x00", "NUL before": "\x00" + good, "unclosed": strings.TrimSuffix(good, "}"),
		"two methods":           edit(`"method":`, `"method":"tools/call","method":`),
		"two methods, escaped":  edit(`"method":`, `"m\u0065thod":"ping","method":`),
		"two params":            edit(`"params":`, `"params":{"name":"dangerous"},"params":`),
		"two names":             edit(`"name":`, `"name":"dangerous","name":`),
		"two names, escaped":    edit(`"name":`, `"n\u0061me":"dangerous","name":`),
		"two ids":               edit(`"id":1`, `"id":1,"id":2`),
		"twice in arguments":    edit(`"name":`, `"arguments":{"a":1,"a":2},"name":`),
		"twice below":           edit(`"name":`, `"arguments":{"a":[{"b":1,"b":2}]},"name":`),
		"method in other case":  edit(`"method":`, `"Method":"ping","method":`),
		"params in other case":  edit(`"params":`, `"PARAMS":{"name":"dangerous"},"params":`),
		"name in other case":    edit(`"name":`, `"Name":"dangerous","name":`),
		"only Method":           edit(`"method":`, `"Method":`),
		"only Name":             edit(`"name":`, `"NAME":`),
		"long s":                edit(`"params":`, `"param\u017f":{"name":"dangerous"},"params":`),
		"invalid UTF-8":         edit("harmless", "harmless\xff"),
		"invalid UTF-8 below":   edit(`"name":`, `"arguments":{"a":"`+"\xc0\x80"+`"},"name":`),
		"lone surrogate":        edit("harmless", `harmless\ud800`),
		"two low halves":        edit("harmless", `harmless\udc00\udc00`),
		"halves in wrong order": edit("harmless", `harmless\udc00\ud800`),
		"control character":     edit("harmless", "harm\nless"), "unknown escape": edit("harmless", `harm\less`), "half an escape": edit("harmless", `harmless\u00`),
		"deep":    edit(`"name":`, `"arguments":`+deep+`,"name":`),
		"no name": edit(`"name":"harmless"`, ``), "name null": edit(`"harmless"`, `null`), "name is a number": edit(`"harmless"`, `1`),
		"name is an array": edit(`"harmless"`, `["harmless"]`), "name is an object": edit(`"harmless"`, `{"name":"harmless"}`),
		"method null": edit(`"tools/call"`, `null`), "method is a number": edit(`"tools/call"`, `1`), "method is an array": edit(`"tools/call"`, `["tools/call"]`),
		"params is an array": edit(`{"name":"harmless"}`, `["harmless"]`), "params null": edit(`{"name":"harmless"}`, `null`), "params twice nested": edit(`{"name":"harmless"}`, `[{"name":"harmless"}]`),
		"number with a zero": edit(`"id":1`, `"id":01`), "number with a plus": edit(`"id":1`, `"id":+1`), "NaN": edit(`"id":1`, `"id":NaN`), "hexadecimal": edit(`"id":1`, `"id":0x1`),
		"comment": edit(`"id":1`, `/**/"id":1`), "single quotes": strings.ReplaceAll(good, `"`, `'`), "many": "[" + strings.Repeat(good+",", 64) + good + "]",
		"UTF-16": "\xfe\xff\x00{\x00}", "colon missing": edit(`"id":1`, `"id" 1`), "name unquoted": edit(`"id":1`, `id:1`), "true with more": edit(`"id":1`, `"id":truex`),
	}
	for mode, set := range modes() {
		w := newWorld(t, set)
		reader := w.Token(tokentest.Scope("photos:read", "photos:write", "photos:delete"))
		for name, body := range bodies {
			for _, version := range []string{oldest, older, newest} {
				resp := w.do(request(version, reader, body))
				assert.Equal(t, http.StatusBadRequest, resp.StatusCode, "%s: %s", mode, name)
				assert.Equal(t, `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"The request body is not a JSON-RPC message with one meaning"}}`, text(t, resp), name)
				assert.Equal(t, http.StatusUnauthorized, w.do(request(version, "", body)).StatusCode, "strangers learn nothing")
			}
		}
		assert.Empty(t, w.server.names())
		for _, line := range w.told() {
			assert.Contains(t, []string{"(unreadable) request", "(unreadable) missing"}, line)
		}
	}
}

// A name is found again among few and among many.
func TestRepeatedNamesInLargeObjects(t *testing.T) {
	t.Parallel()
	for _, size := range []int{2, 15, 16, 17, 18, 33, 500} {
		members := make([]string, size)
		for i := range members {
			members[i] = fmt.Sprintf(`"m%d":{"a":%d}`, i, i)
		}
		good := "{" + strings.Join(members, ",") + "}"
		assert.NoError(t, mcppostern.Valid("["+good+","+good+"]"))
		for _, first := range []int{0, size / 2, size - 2} {
			bad := "{" + strings.Join(append(slices.Clone(members), fmt.Sprintf(`"m%d":0`, first)), ",") + "}"
			assert.ErrorIs(t, mcppostern.Valid("["+good+","+bad+"]"), mcppostern.ErrDuplicate, "%d of %d", first, size)
		}
	}
}

// References with two meanings, and lists of resources without an end.
func TestReferencesWithTwoMeanings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, modes()["stateless"])
	raw := w.Token(tokentest.Scope("photos:read", "albums:read", "raw:read"))
	uris := strings.TrimSuffix(strings.Repeat(`"photos://all",`, 65), ",")
	for method, params := range map[string][]string{
		"completion/complete": {
			``, `"ref":null`, `"ref":"ref/prompt"`, `"ref":{"name":"describe"}`, `"ref":{"type":"ref/tool","name":"describe"}`,
			`"ref":{"type":"ref/prompt","name":"describe","uri":"photos://all"}`, `"ref":{"type":"ref/resource","name":"describe","uri":"photos://all"}`,
			`"ref":{"type":"ref/prompt","uri":"photos://all"}`, `"ref":{"type":"ref/prompt","Type":"ref/resource","name":"describe"}`,
			`"ref":{"type":"ref/prompt","name":"describe","Name":"x"}`, `"Ref":{},"ref":{"type":"ref/prompt","name":"describe"}`,
		},
		"resources/read": {``, `"uri":null`, `"URI":"photos://all"`, `"uri":"photos://all","Uri":"x"`},
		"prompts/get":    {``, `"name":{}`},
		"subscriptions/listen": {
			`"notifications":{"resourceSubscriptions":[1]}`, `"notifications":{"resourceSubscriptions":[["photos://all"]]}`,
			`"notifications":{"ResourceSubscriptions":["photos://all"]}`, `"Notifications":{}`, `"notifications":{"resourceSubscriptions":[` + uris + `]}`,
			`"notifications":{"resourceSubscriptions":[` + uris[:64*len(`"photos://all",`)-1] + `]}`,
		},
	} {
		for _, p := range params {
			assert.Equal(t, http.StatusBadRequest, w.do(request(older, raw, message(older, method, p))).StatusCode, "%s %s", method, p)
		}
	}
	assert.Empty(t, w.server.names())
}

// A body is read up to the limit and no further.
func TestLargeBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, settings{opts: mcp.StreamableHTTPOptions{Stateless: true, MaxRequestBodyBytes: 1000}})
	reader := w.Token(tokentest.Scope("photos:read"))
	body := func(n int) string {
		empty := message(older, "tools/call", `"name":"harmless","arguments":{"a":""}`)
		return strings.Replace(empty, `"a":""`, `"a":"`+strings.Repeat("x", n-len(empty))+`"`, 1)
	}
	for name, hide := range map[string]bool{"with a length": false, "chunked": true} {
		do := func(raw string, n int) *http.Response {
			r := request(older, raw, body(n))
			if hide {
				r.ContentLength = -1
			}
			return w.do(r)
		}
		assert.Equal(t, http.StatusOK, do(reader, 1000).StatusCode, name)
		resp := do(reader, 1001)
		assert.Equal(t, http.StatusRequestEntityTooLarge, resp.StatusCode, name)
		assert.Equal(t, `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"The message is too large"}}`, text(t, resp), name)
		assert.Equal(t, http.StatusUnauthorized, do("", 1001).StatusCode, name)
	}
}

// unread is a body that is too large by its length, and costs nothing.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) { u.t.Error("the body was read"); return 0, io.EOF }
func (unread) Close() error               { return nil }

func TestLargeBodiesAreNotRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, modes()["stateless"])
	r := request(older, w.Token(), "")
	r.Body, r.ContentLength = unread{t}, mcp.DefaultMaxRequestBodyBytes+1
	assert.Equal(t, http.StatusRequestEntityTooLarge, w.do(r).StatusCode)
}

// brokenBody fails in the middle.
type brokenBody struct{ strings.Reader }

func (*brokenBody) Close() error             { return nil }
func (*brokenBody) Read([]byte) (int, error) { return 0, http.ErrHandlerTimeout }

func TestBodiesThatBreakOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, modes()["stateless"])
	r := request(older, w.Token(), "")
	r.Body = &brokenBody{}
	resp := w.do(r)
	assert.Equal(t, http.StatusBadRequest, resp.StatusCode)
	assert.Equal(t, `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"The request body could not be read"}}`, text(t, resp))
}
