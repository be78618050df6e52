package browser_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/photos/internal/browser"
)

const page = `<!doctype html><html><head><title>not read</title><style>p > a {}</style></head><body>
<h1>Hello</h1><p>a &lt; b</p><img src="data:," alt="a dog">
<form method="post" action="/sent"><input type="hidden" name="csrf" value="x&amp;y">
<input name="user" required><button name="go" value="1">Go <b>on</b></button><button name="go" value="0">Stop</button></form></body></html>`

func serve(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, page) })
	mux.HandleFunc("POST /sent", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		http.SetCookie(w, &http.Cookie{Name: "sent", Value: "yes"})
		http.Redirect(w, r, "/done?"+string(body)+"&origin="+r.Header.Get("Origin"), http.StatusSeeOther)
	})
	mux.HandleFunc("GET /done", func(w http.ResponseWriter, r *http.Request) {
		cookie, _ := r.Cookie("sent")
		fmt.Fprintf(w, "<p>%v</p>", cookie)
	})
	mux.HandleFunc("GET /again", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/done", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("GET /loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusSeeOther) })
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestForms(t *testing.T) {
	t.Parallel()
	url := serve(t)
	b, err := browser.New()
	require.NoError(t, err)
	p, err := b.Open(t.Context(), url)
	require.NoError(t, err)
	assert.Equal(t, "Hello a < b Go on Stop", p.Text)
	assert.Equal(t, []string{"a dog"}, p.Images)

	p, err = b.Submit(t.Context(), p, map[string]string{"user": "my secret"}, "Go on")
	require.NoError(t, err)
	query := p.URL.Query()
	assert.Equal(t, "x&y", query.Get("csrf"))
	assert.Equal(t, "my secret", query.Get("user"))
	assert.Equal(t, "1", query.Get("go"))
	assert.Equal(t, url, query.Get("origin"))
	assert.Equal(t, "sent=yes", p.Text, "cookies are kept")
	assert.Len(t, b.Sent(), 3)
	assert.Len(t, b.HostsThatSaw("my secret"), 1)
	assert.Empty(t, b.HostsThatSaw("another secret"))
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	url := serve(t)
	b, err := browser.New()
	require.NoError(t, err)
	p, err := b.Open(t.Context(), url)
	require.NoError(t, err)
	_, err = b.Submit(t.Context(), p, map[string]string{"password": "x"}, "Go on")
	assert.Error(t, err, "a field that is not there")
	_, err = b.Submit(t.Context(), p, nil, "Cancel")
	assert.Error(t, err, "a button that is not there")
	_, err = b.Open(t.Context(), url+"/again")
	assert.Error(t, err, "a redirect that repeats the request")
	_, err = b.Open(t.Context(), url+"/loop")
	assert.Error(t, err, "redirects without end")
	p, err = b.Open(t.Context(), url+"/done")
	require.NoError(t, err)
	_, err = b.Submit(t.Context(), p, nil, "Go on")
	assert.Error(t, err, "no form")
	_, err = b.Submit(t.Context(), browser.Page{}, nil, "Go on")
	assert.Error(t, err, "no page")
}
