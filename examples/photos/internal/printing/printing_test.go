package printing_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/postern-go/postern/examples/photos/internal/printing"
)

// visit is a browser at a printing service, between an authorization server
// and an API that answer what they are told to.
type visit struct {
	t      *testing.T
	url    string
	issuer string
	client *http.Client

	mu          sync.Mutex
	tokenStatus int
	apiStatus   int
	library     string
	exchanges   []url.Values // that the token endpoint has seen
	bearers     []string     // that the API has seen
	got         []*oauth2.Token
}

func newVisit(t *testing.T) *visit {
	t.Helper()
	v := &visit{t: t, tokenStatus: http.StatusOK, apiStatus: http.StatusOK, library: `{"photos": []}`}
	issuer, api := v.serve(v.token), v.serve(v.api)
	var service http.Handler
	v.url = v.serve(func(w http.ResponseWriter, r *http.Request) { service.ServeHTTP(w, r) })
	v.issuer = issuer
	service = printing.New(printing.Config{
		URL: v.url, Issuer: issuer, ClientID: "printing", ClientSecret: "secret", API: api,
		Resource: "https://photos.example", GotToken: func(tok *oauth2.Token) { v.got = append(v.got, tok) },
	}).Handler()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	v.client = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return v
}

func (v *visit) serve(h http.HandlerFunc) string {
	srv := httptest.NewServer(h)
	v.t.Cleanup(srv.Close)
	return srv.URL
}

func (v *visit) token(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	_ = r.ParseForm()
	v.exchanges = append(v.exchanges, r.PostForm)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(v.tokenStatus)
	fmt.Fprint(w, `{"access_token": "the-token", "token_type": "Bearer", "expires_in": 600}`)
}

func (v *visit) api(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.bearers = append(v.bearers, r.Header.Get("Authorization"))
	w.WriteHeader(v.apiStatus)
	fmt.Fprint(w, v.library)
}

func (v *visit) get(path string) (status int, location, body string) {
	v.t.Helper()
	resp, err := v.client.Get(v.url + path)
	require.NoError(v.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(v.t, err)
	return resp.StatusCode, resp.Header.Get("Location"), string(text)
}

// connect begins an authorization and returns its request.
func (v *visit) connect() url.Values {
	v.t.Helper()
	status, location, _ := v.get("/connect")
	require.Equal(v.t, http.StatusSeeOther, status)
	u, err := url.Parse(location)
	require.NoError(v.t, err)
	return u.Query()
}

// answer is the good answer to an authorization request.
func (v *visit) answer(asked url.Values) url.Values {
	return url.Values{"code": {"the-code"}, "state": {asked.Get("state")}, "iss": {v.issuer}}
}

func TestConnect(t *testing.T) {
	t.Parallel()
	v := newVisit(t)
	asked := v.connect()
	assert.Equal(t, "S256", asked.Get("code_challenge_method"))
	assert.Equal(t, "https://photos.example", asked.Get("resource"))
	assert.Equal(t, v.url+"/callback", asked.Get("redirect_uri"))
	status, location, _ := v.get("/callback?" + v.answer(asked).Encode())
	assert.Equal(t, http.StatusSeeOther, status)
	assert.Equal(t, "/prints", location)
	require.Len(t, v.exchanges, 1)
	assert.Equal(t, "the-code", v.exchanges[0].Get("code"))
	assert.Equal(t, asked.Get("code_challenge"), oauth2.S256ChallengeFromVerifier(v.exchanges[0].Get("code_verifier")))
	require.Len(t, v.got, 1)
	status, _, _ = v.get("/prints")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, []string{"Bearer the-token"}, v.bearers)
}

// An answer that does not belong to a question asked in this browser never
// reaches the token endpoint.
func TestForeignAnswers(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*visit, url.Values){
		"wrong state":    func(_ *visit, q url.Values) { q.Set("state", "guessed") },
		"no state":       func(_ *visit, q url.Values) { q.Del("state") },
		"wrong issuer":   func(_ *visit, q url.Values) { q.Set("iss", "https://evil.example") },
		"no issuer":      func(_ *visit, q url.Values) { q.Del("iss") },
		"other browser":  func(v *visit, _ url.Values) { v.client.Jar = nil },
		"answered twice": func(v *visit, q url.Values) { v.get("/callback?" + q.Encode()); v.exchanges = nil },
		"refused before": func(v *visit, q url.Values) {
			v.get("/callback?" + url.Values{"error": {"access_denied"}, "state": q["state"], "iss": q["iss"]}.Encode())
		},
		"asked again": func(v *visit, _ url.Values) { v.connect() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVisit(t)
			q := v.answer(v.connect())
			edit(v, q)
			status, _, _ := v.get("/callback?" + q.Encode())
			assert.Equal(t, http.StatusBadRequest, status)
			assert.Empty(t, v.exchanges)
		})
	}
}

func TestRefusedAccess(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]struct {
		status int
		text   string
	}{
		"access_denied": {http.StatusForbidden, "You did not allow us"},
		"server_error":  {http.StatusBadGateway, "did not give us access"},
	} {
		v := newVisit(t)
		q := v.answer(v.connect())
		q.Del("code")
		q.Set("error", code)
		status, _, body := v.get("/callback?" + q.Encode())
		assert.Equal(t, want.status, status)
		assert.Contains(t, body, want.text)
		assert.Empty(t, v.got)
	}
}

func TestTokenEndpointFails(t *testing.T) {
	t.Parallel()
	v := newVisit(t)
	v.tokenStatus = http.StatusBadRequest
	status, _, _ := v.get("/callback?" + v.answer(v.connect()).Encode())
	assert.Equal(t, http.StatusBadGateway, status)
	status, location, _ := v.get("/prints")
	assert.Equal(t, http.StatusSeeOther, status)
	assert.Equal(t, "/", location)
}

func TestAPIAnswers(t *testing.T) {
	t.Parallel()
	for api, want := range map[int]int{401: 401, 403: 502, 429: 502, 500: 502, 503: 502} {
		v := newVisit(t)
		v.get("/callback?" + v.answer(v.connect()).Encode())
		v.apiStatus = api
		status, _, body := v.get("/prints")
		assert.Equal(t, want, status)
		assert.NotContains(t, body, "the-token")
	}
}

// What the API sends is shown and never believed.
func TestPrintsShowWhatIsSafe(t *testing.T) {
	t.Parallel()
	v := newVisit(t)
	library, err := json.Marshal(map[string]any{
		"photos": []map[string]any{
			{"id": "p1", "title": "<script>alert(1)</script>", "image": []byte("<svg xmlns='x'/>")},
			{"id": "p2", "title": "page", "image": []byte("<html>")},
		},
		"albums": []map[string]any{{"title": "Winter", "photo_ids": []string{"p1", "missing"}}},
	})
	require.NoError(t, err)
	v.library = string(library)
	v.get("/callback?" + v.answer(v.connect()).Encode())
	status, _, body := v.get("/prints")
	require.Equal(t, http.StatusOK, status)
	assert.NotContains(t, body, "<script>")
	assert.Contains(t, body, "Winter")
	assert.Contains(t, body, "Not in an album")
	assert.Contains(t, body, `<img src="data:image/svg`)
	assert.Equal(t, 1, strings.Count(body, "<img"), "only pictures become pictures")
}
