package authserver_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
)

// victim is a browser that has come as far as the sign-in page, or with in as
// far as the consent page, and does what it is told from there on.
type victim struct {
	*world
	client  *http.Client
	request string
	csrf    string
}

func newVictim(t *testing.T, in bool) *victim {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	v := &victim{world: newWorld(t), client: &http.Client{Jar: jar}}
	v.read(v.client.Get(v.authURL(oauth2.GenerateVerifier(), nil)))
	if in {
		v.read(v.post("/signin", nil, url.Values{
			"csrf": {v.csrf}, "request": {v.request}, "username": {"olivia"}, "password": {passphrase},
		}))
	}
	return v
}

func (v *victim) read(resp *http.Response, err error) *http.Response {
	v.t.Helper()
	require.NoError(v.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(v.t, err)
	v.request = resp.Request.URL.Query().Get("request")
	v.csrf = between(string(body), `name="csrf" value="`, `"`)
	return resp
}

func (v *victim) post(path string, header http.Header, form url.Values) (*http.Response, error) {
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.issuer+path, strings.NewReader(form.Encode()))
	require.NoError(v.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name := range header {
		req.Header.Set(name, header.Get(name))
	}
	return v.client.Do(req)
}

func between(s, before, after string) string {
	_, s, _ = strings.Cut(s, before)
	s, _, _ = strings.Cut(s, after)
	return s
}

// A page of somebody else's can make the browser post a form, cookies and all.
// Each case lacks one thing that only a form of the server's own has.
func TestForgedForms(t *testing.T) {
	t.Parallel()
	for _, form := range []struct {
		path   string
		in     bool
		fields url.Values
	}{
		{"/signin", false, url.Values{"username": {"olivia"}, "password": {passphrase}}},
		{"/consent", true, url.Values{"decision": {"allow"}}},
	} {
		for name, c := range map[string]struct {
			header http.Header
			edit   func(url.Values)
		}{
			"without the form's token": {nil, func(f url.Values) { f.Del("csrf") }},
			"with another token":       {nil, func(f url.Values) { f.Set("csrf", "AAAAAAAAAAAAAAAAAAAAAAAAAA") }},
			"from another site":        {http.Header{"Sec-Fetch-Site": {"cross-site"}}, func(url.Values) {}},
			"from another port":        {http.Header{"Sec-Fetch-Site": {"same-site"}}, func(url.Values) {}},
			"from another origin":      {http.Header{"Origin": {"http://evil.example"}}, func(url.Values) {}},
		} {
			t.Run(form.path+" "+name, func(t *testing.T) {
				t.Parallel()
				v := newVictim(t, form.in)
				require.NotEmpty(t, v.csrf)
				fields := url.Values{"csrf": {v.csrf}, "request": {v.request}}
				for field, value := range form.fields {
					fields[field] = value
				}
				c.edit(fields)
				resp := v.read(v.post(form.path, c.header, fields))
				assert.Equal(t, http.StatusForbidden, resp.StatusCode)
				assert.Zero(t, v.calledBack())
			})
		}
	}
}

// The control: the same form, with everything in its place, is accepted.
func TestOwnForms(t *testing.T) {
	t.Parallel()
	v := newVictim(t, true)
	v.read(v.post("/consent", http.Header{"Sec-Fetch-Site": {"same-origin"}},
		url.Values{"csrf": {v.csrf}, "request": {v.request}, "decision": {"allow"}}))
	assert.NotEmpty(t, v.answer().Get("code"))
}

func TestConsentNeedsASignedInBrowser(t *testing.T) {
	t.Parallel()
	v := newVictim(t, false)
	resp := v.read(v.post("/consent", nil, url.Values{"csrf": {v.csrf}, "request": {v.request}, "decision": {"allow"}}))
	assert.Equal(t, http.StatusBadRequest, resp.StatusCode)
	assert.Zero(t, v.calledBack())
}

func TestConsentPageIsGoodForOneAnswer(t *testing.T) {
	t.Parallel()
	v := newVictim(t, true)
	fields := url.Values{"csrf": {v.csrf}, "request": {v.request}, "decision": {"allow"}}
	v.read(v.post("/consent", nil, fields))
	require.Equal(t, 1, v.calledBack())
	resp := v.read(v.post("/consent", nil, fields))
	assert.Equal(t, http.StatusBadRequest, resp.StatusCode)
	assert.Equal(t, 1, v.calledBack())
}

// Whoever plants a session in a browser before its user signs in must not
// share the session afterwards.
func TestSessionChangesAtSignIn(t *testing.T) {
	t.Parallel()
	v := newVictim(t, false)
	issuer, err := url.Parse(v.issuer)
	require.NoError(t, err)
	planted := v.client.Jar.Cookies(issuer)
	v.read(v.post("/signin", nil, url.Values{
		"csrf": {v.csrf}, "request": {v.request}, "username": {"olivia"}, "password": {passphrase},
	}))
	assert.NotEqual(t, planted, v.client.Jar.Cookies(issuer))

	v.client.Jar.SetCookies(issuer, planted)
	resp := v.read(v.client.Get(v.issuer + "/consent?request=" + v.request))
	assert.Equal(t, http.StatusBadRequest, resp.StatusCode)
}

func TestPagesAreClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client.RedirectURL += "/elsewhere"
	resp, err := http.Get(w.authURL(oauth2.GenerateVerifier(), nil))
	require.NoError(t, err)
	_ = resp.Body.Close()
	policy := resp.Header.Get("Content-Security-Policy")
	assert.Contains(t, policy, "default-src 'none'")
	assert.Contains(t, policy, "frame-ancestors 'none'")
	assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
	assert.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"))
}

func TestSessionCookie(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(w.authURL(oauth2.GenerateVerifier(), nil))
	require.NoError(t, err)
	_ = resp.Body.Close()
	require.Len(t, resp.Cookies(), 1)
	assert.True(t, resp.Cookies()[0].HttpOnly)
	assert.Equal(t, http.SameSiteLaxMode, resp.Cookies()[0].SameSite)
}
