package mcppostern_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/middleware/mcppostern"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// BenchmarkCall compares a tool call behind a Guard with the same request behind
// one policy. Both handlers read the body and do nothing else, as the SDK's own
// work would hide the difference.
func BenchmarkCall(b *testing.B) {
	issuer := tokentest.NewIssuer(b, nil)
	verifier, err := token.NewVerifier(issuer.Config())
	require.NoError(b, err)
	auth := middleware.New(verifier, nil)
	reads := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.ReadAll(r.Body) })
	byTool := mcppostern.Over(mcppostern.New(auth, rules(), nil), reads)
	onePolicy := auth.Require(scope.All("photos:read"))(reads)
	raw := issuer.Token(tokentest.Scope("photos:read"))
	for kind, arguments := range map[string]string{
		"a few words":  `"album":"sea","title":"Harbour at dawn"`,
		"1 KB of text": `"album":"sea","text":"` + strings.Repeat("x", 1000) + `"`,
		"1 KB of JSON": `"album":"sea","list":[` + strings.Repeat(`{"id":17,"title":"Harbour"},`, 38) + `0]`,
	} {
		body := message(newest, "tools/call", `"name":"harmless","arguments":{`+arguments+`}`)
		for name, h := range map[string]http.Handler{"one policy": onePolicy, "by tool": byTool} {
			b.Run(kind+"/"+name, func(b *testing.B) {
				r := request(newest, raw, body)
				w := &sink{header: http.Header{}}
				b.ReportAllocs()
				for b.Loop() {
					r.Body = io.NopCloser(strings.NewReader(body))
					h.ServeHTTP(w, r)
					if w.status > 299 {
						b.Fatal(w.status)
					}
				}
			})
		}
	}
}

// sink takes an answer.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(status int)      { s.status = status }
