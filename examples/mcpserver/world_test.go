package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token/tokentest"
)

// world is the server on loopback with an authorization server that it trusts.
type world struct {
	*tokentest.Issuer
	as       *authServer
	resource string
	log      *lines
}

func newWorld(t *testing.T, path string) *world {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &world{resource: "http://" + ln.Addr().String() + path, log: &lines{}}
	w.Issuer = tokentest.NewLoopbackIssuer(t, &tokentest.Options{Audience: []string{w.resource}})
	w.as = newAuthServer(t, w.Issuer)
	o, err := parse([]string{"-issuer", w.Identifier(), "-resource", w.resource}, w.log)
	require.NoError(t, err, w.log.String())
	auth, err := o.settings.Authenticator()
	require.NoError(t, err)
	h, err := newHandler(auth, o.resource, new(library), w.log)
	require.NoError(t, err)
	server := &httptest.Server{Listener: ln, Config: &http.Server{Handler: h}}
	server.Start()
	t.Cleanup(server.Close)
	return w
}

// lines collects text.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// authServer has a user who agrees to everything: first to photos:read alone, and
// to what is asked for later. The login of the first two tokens is old.
type authServer struct {
	issuer *tokentest.Issuer
	mu     sync.Mutex
	asked  []url.Values
}

func newAuthServer(t *testing.T, issuer *tokentest.Issuer) *authServer {
	t.Helper()
	as := &authServer{issuer: issuer}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", as.authorize)
	mux.HandleFunc("POST /token", as.token)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	for name, value := range map[string]any{
		"authorization_endpoint": server.URL + "/authorize", "token_endpoint": server.URL + "/token",
		"response_types_supported": []string{"code"}, "grant_types_supported": []string{"authorization_code"},
		"code_challenge_methods_supported": []string{"S256"}, "token_endpoint_auth_methods_supported": []string{"none"},
	} {
		issuer.SetMetadata(name, value)
	}
	return as
}

func (as *authServer) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	as.mu.Lock()
	as.asked = append(as.asked, q)
	as.mu.Unlock()
	to := q.Get("redirect_uri") + "?" + url.Values{"code": {"one-time"}, "state": {q.Get("state")}, "iss": {as.issuer.Identifier()}}.Encode()
	http.Redirect(w, r, to, http.StatusFound)
}

func (as *authServer) token(w http.ResponseWriter, r *http.Request) {
	as.mu.Lock()
	defer as.mu.Unlock()
	times, q := len(as.asked), as.asked[len(as.asked)-1]
	proof := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if r.PostFormValue("code") != "one-time" || base64.RawURLEncoding.EncodeToString(proof[:]) != q.Get("code_challenge") {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	granted, login := q.Get("scope"), time.Now()
	if times == 1 {
		granted = "photos:read"
	}
	if times <= 2 {
		login = login.Add(-10 * time.Minute)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"access_token": as.issuer.Token(tokentest.Subject("alice"), tokentest.ClientID("interop"), tokentest.Audience(q.Get("resource")),
			tokentest.Scope(strings.Fields(granted)...), tokentest.Claim("auth_time", login.Unix())),
		"token_type": "Bearer", "expires_in": 300, "scope": granted,
	})
}
