package authserver_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/postern-go/postern/examples/photos/internal/authserver"
	"github.com/postern-go/postern/examples/photos/internal/browser"
)

const (
	photos     = "https://photos.example"
	archive    = "https://archive.example"
	secret     = "printing:secret/with+odd characters%"
	passphrase = "a walk by the sea"
)

// hashed is faster to check than a password should be.
var hashed = sync.OnceValues(func() (authserver.Password, error) { return authserver.HashPassword(passphrase, 1000) })

// world is an authorization server, a client of it, and a user with a browser.
type world struct {
	t        *testing.T
	srv      *authserver.Server
	issuer   string
	client   oauth2.Config
	browser  *browser.Browser
	clock    atomic.Int64 // ahead of the real time
	mu       sync.Mutex
	received []url.Values // what the client's redirect URI has been sent
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t}
	client := httptest.NewServer(http.HandlerFunc(w.callback))
	t.Cleanup(client.Close)
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { handler.ServeHTTP(rw, r) }))
	t.Cleanup(server.Close)
	w.issuer = server.URL
	password, err := hashed()
	require.NoError(t, err)
	w.srv, err = authserver.New(authserver.Config{
		Issuer: w.issuer, Users: users(password), Clients: clients(client.URL + "/callback"),
		Resources: resources(), Time: w.now,
	})
	require.NoError(t, err)
	handler = w.srv.Handler()
	w.client = oauth2.Config{
		ClientID: "printing", ClientSecret: secret, RedirectURL: client.URL + "/callback", Scopes: []string{"photos:read"},
		Endpoint: oauth2.Endpoint{
			AuthURL: w.issuer + "/authorize", TokenURL: w.issuer + "/token", AuthStyle: oauth2.AuthStyleInHeader,
		},
	}
	w.browser, err = browser.New()
	require.NoError(t, err)
	return w
}

func users(p authserver.Password) []authserver.User {
	return []authserver.User{{Name: "olivia", Password: p, Subject: "user-1", FullName: "Olivia Owner", Email: "olivia@example.com"}}
}

func clients(callback string) []authserver.Client {
	return []authserver.Client{
		{
			ID: "printing", Secret: secret, Name: "Prints", RedirectURIs: []string{callback},
			Delegated: []string{"openid", "profile", "photos:read"},
		},
		{ID: "other", Secret: "other secret", Name: "Other", RedirectURIs: []string{callback}, Delegated: []string{"photos:read"}},
		{ID: "statistics", Secret: "statistics secret", Name: "Statistics", Own: []string{"photos:count"}},
	}
}

func resources() []authserver.Resource {
	return []authserver.Resource{
		{ID: photos, Name: "Photos", Scopes: []authserver.Scope{
			{Name: "photos:read", Meaning: "look at your photos"},
			{Name: "photos:write", Meaning: "add photos"},
			{Name: "photos:count", Meaning: "count photos"},
		}},
		{ID: archive, Name: "Archive", Scopes: []authserver.Scope{{Name: "photos:read", Meaning: "look at old photos"}}},
	}
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.clock.Load())) }

func (w *world) callback(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.received = append(w.received, r.URL.Query())
	fmt.Fprint(rw, "<p>back at the client</p>")
}

// answer is the last thing the client's redirect URI has been sent.
func (w *world) answer() url.Values {
	w.mu.Lock()
	defer w.mu.Unlock()
	require.NotEmpty(w.t, w.received, "the browser was not sent back to the client")
	return w.received[len(w.received)-1]
}

func (w *world) calledBack() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.received)
}

// authURL is a good authorization request, after edit.
func (w *world) authURL(verifier string, edit func(url.Values)) string {
	u, err := url.Parse(w.client.AuthCodeURL("the-state", oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("resource", photos)))
	require.NoError(w.t, err)
	query := u.Query()
	if edit != nil {
		edit(query)
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// signIn brings the browser as far as the consent page.
func (w *world) signIn(authURL string) browser.Page {
	w.t.Helper()
	page, err := w.browser.Open(w.t.Context(), authURL)
	require.NoError(w.t, err)
	require.Equal(w.t, "/signin", page.URL.Path, page.Text)
	page, err = w.browser.Submit(w.t.Context(), page, map[string]string{"username": "olivia", "password": passphrase}, "Sign in")
	require.NoError(w.t, err)
	require.Equal(w.t, "/consent", page.URL.Path, page.Text)
	return page
}

// code is a code that the user has granted to the request, after edit.
func (w *world) code(verifier string, edit func(url.Values)) string {
	w.t.Helper()
	page := w.signIn(w.authURL(verifier, edit))
	_, err := w.browser.Submit(w.t.Context(), page, nil, "Allow")
	require.NoError(w.t, err)
	require.NotEmpty(w.t, w.answer().Get("code"), "%v", w.answer())
	return w.answer().Get("code")
}

func (w *world) exchange(code, verifier string) (*oauth2.Token, error) {
	return w.client.Exchange(context.Background(), code, oauth2.VerifierOption(verifier))
}

// post sends a form to the token endpoint.
func (w *world) post(form url.Values, edit func(*http.Request)) (*http.Response, map[string]any) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.issuer+"/token", strings.NewReader(form.Encode()))
	require.NoError(w.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth("statistics", url.QueryEscape("statistics secret"))
	if edit != nil {
		edit(req)
	}
	return w.do(req)
}

func (w *world) get(path, bearer string) (*http.Response, map[string]any) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.issuer+path, nil)
	require.NoError(w.t, err)
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	return w.do(req)
}

func (w *world) do(req *http.Request) (*http.Response, map[string]any) {
	w.t.Helper()
	resp, err := http.DefaultClient.Do(req)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	var body map[string]any
	_ = json.NewDecoder(resp.Body).Decode(&body) // refusals have no body
	return resp, body
}

// claims reads a token without checking it, which only a test may do.
func claims(t *testing.T, raw string) (header, payload map[string]any) {
	t.Helper()
	parts := strings.Split(raw, ".")
	require.Len(t, parts, 3)
	for i, into := range []*map[string]any{&header, &payload} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, into))
	}
	return header, payload
}
