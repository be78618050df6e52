package jwks_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

const (
	issuerURL   = "https://as.example.com"
	keysURL     = "https://as.example.com/keys"
	metadataURL = "https://as.example.com/.well-known/oauth-authorization-server"
)

var errDown = errors.New("connection refused")

// reply is what the server in memory does with one request.
type reply struct {
	status   int // 0: 200
	header   map[string]string
	body     string
	stream   io.Reader     // instead of body
	delay    time.Duration // before the answer
	hang     bool          // no answer until the request is given up
	hangBody bool          // headers, and then nothing more
	err      error         // no answer
}

// server is an http.RoundTripper that answers by URL, without sockets so that
// it works in a synctest bubble.
type server struct {
	mu       sync.Mutex
	replies  map[string]func(*http.Request) reply
	requests []request
}

type request struct {
	url    string
	header http.Header
	at     time.Time
}

func newServer() *server { return &server{replies: map[string]func(*http.Request) reply{}} }

func (s *server) on(url string, f func(*http.Request) reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replies[url] = f
}

func (s *server) serve(url string, r reply) { s.on(url, func(*http.Request) reply { return r }) }

// publish serves a key set at keysURL.
func (s *server) publish(keys ...testKey) {
	s.serve(keysURL, reply{body: setOf(keys...)})
}

func (s *server) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.requests = append(s.requests, request{req.URL.String(), req.Header.Clone(), time.Now()})
	f := s.replies[req.URL.String()]
	s.mu.Unlock()
	r := reply{status: http.StatusNotFound}
	if f != nil {
		r = f(req)
	}
	return r.play(req)
}

func (r reply) play(req *http.Request) (*http.Response, error) {
	if r.hang {
		<-req.Context().Done()
		return nil, req.Context().Err()
	}
	if r.delay > 0 {
		select {
		case <-time.After(r.delay):
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	return r.response(req), nil
}

func (r reply) response(req *http.Request) *http.Response {
	body := r.stream
	if body == nil {
		body = strings.NewReader(r.body)
	}
	if r.hangBody {
		body = hanging{req.Context()}
	}
	header := http.Header{}
	for name, value := range r.header {
		header.Set(name, value)
	}
	status := r.status
	if status == 0 {
		status = http.StatusOK
	}
	return &http.Response{
		StatusCode: status, Header: header, Body: io.NopCloser(body), Request: req,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: -1,
	}
}

type hanging struct{ ctx context.Context }

func (h hanging) Read([]byte) (int, error) {
	<-h.ctx.Done()
	return 0, h.ctx.Err()
}

// count is how many requests were made, to one URL or to any.
func (s *server) count(url ...string) int { return len(s.seen(url...)) }

func (s *server) seen(url ...string) (found []request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.requests {
		if len(url) == 0 || r.url == url[0] {
			found = append(found, r)
		}
	}
	return found
}

func (s *server) last() request {
	seen := s.seen()
	return seen[len(seen)-1]
}

// testKey is a key with its JWK.
type testKey struct {
	id     string
	public crypto.PublicKey
	jwk    map[string]any
}

// with returns a copy of k whose JWK has a member set, or removed by nil.
func (k testKey) with(name string, value any) testKey {
	members := map[string]any{}
	for n, v := range k.jwk {
		members[n] = v
	}
	members[name] = value
	if value == nil {
		delete(members, name)
	}
	k.jwk = members
	k.id, _ = members["kid"].(string)
	return k
}

func (k testKey) json() string {
	b, err := json.Marshal(k.jwk)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func setOf(keys ...testKey) string {
	var elements []string
	for _, k := range keys {
		elements = append(elements, k.json())
	}
	return rawSet(elements...)
}

func rawSet(elements ...string) string { return `{"keys":[` + strings.Join(elements, ",") + `]}` }

func newKey(id string, public crypto.PublicKey) testKey {
	b, err := jose.JSONWebKey{Key: public, KeyID: id}.MarshalJSON()
	if err != nil {
		panic(err)
	}
	k := testKey{id: id, public: public, jwk: map[string]any{}}
	if err := json.Unmarshal(b, &k.jwk); err != nil {
		panic(err)
	}
	return k
}

func ecKey(id string) testKey { return ecKeyOn(elliptic.P256(), id) }

func ecKeyOn(curve elliptic.Curve, id string) testKey {
	private, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		panic(err)
	}
	return newKey(id, private.Public())
}

func edKey(id string) testKey {
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return newKey(id, public)
}

// rsaPrivate is made once, because that takes long.
var rsaPrivate = sync.OnceValue(func() *rsa.PrivateKey {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return private
})

func rsaKey(id string) testKey { return newKey(id, rsaPrivate().Public()) }

// newRemote returns a Remote of keysURL that fetches from s, as configured by
// edit.
func newRemote(t testing.TB, s *server, edit func(*jwks.RemoteConfig)) *jwks.Remote {
	t.Helper()
	cfg := jwks.RemoteConfig{URLs: []string{keysURL}, HTTPClient: &http.Client{Transport: s}}
	if edit != nil {
		edit(&cfg)
	}
	r, err := jwks.NewRemote(cfg)
	require.NoError(t, err)
	return r
}

// requireKey asserts that r holds exactly want under its id.
func requireKey(t testing.TB, r jwks.Source, want testKey) {
	t.Helper()
	keys, err := r.Keys(context.Background(), want.id)
	require.NoError(t, err)
	require.Len(t, keys, 1)
	requireSame(t, want, keys[0])
}

func requireSame(t testing.TB, want testKey, got jwks.Key) {
	t.Helper()
	require.Equal(t, want.id, got.ID)
	public, ok := want.public.(interface{ Equal(crypto.PublicKey) bool })
	require.True(t, ok)
	require.True(t, public.Equal(got.Public), "another key than published under %q", want.id)
}

func requireErr(t testing.TB, r jwks.Source, kid string, want error) {
	t.Helper()
	keys, err := r.Keys(context.Background(), kid)
	require.ErrorIs(t, err, want)
	require.Empty(t, keys)
}

// withoutDetail are skipped keys without the details, whose words are for people.
func withoutDetail(skipped []jwks.Skipped) (list []jwks.Skipped) {
	for _, s := range skipped {
		list = append(list, jwks.Skipped{ID: s.ID, Reason: s.Reason})
	}
	return list
}

// noise is an endless body that counts what was read of it.
type noise struct{ read int }

func (n *noise) Read(p []byte) (int, error) {
	n.read += len(p)
	copy(p, bytes.Repeat([]byte(" "), len(p)))
	return len(p), nil
}
