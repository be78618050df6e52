package middleware_test

import (
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
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// vault is a key that counts its signatures and may be out of reach.
type vault struct {
	crypto.Signer
	before func() // a signature, or nil
	asked  atomic.Int32
	fails  atomic.Bool
}

func (v *vault) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	v.asked.Add(1)
	if v.before != nil {
		v.before()
	}
	if v.fails.Load() {
		return nil, errors.New("vault: out of reach")
	}
	return v.Signer.Sign(random, digest, opts)
}

func newVault(tb testing.TB) *vault {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(tb, err)
	return &vault{Signer: key}
}

func signedBy(v crypto.Signer, algorithm string) *middleware.Metadata {
	return &middleware.Metadata{Name: "Photos", Scopes: []string{"a&b"}, Key: &middleware.MetadataKey{Signer: v, ID: "k1", Algorithm: algorithm}}
}

func TestSignedMetadata(t *testing.T) {
	t.Parallel()
	onP256 := newVault(t)
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	for algorithm, key := range map[string]crypto.Signer{"ES256": onP256, "EdDSA": edwards, "RS256": rsaKey, "PS384": rsaKey} {
		t.Run("C_9728-2.2-1 "+algorithm, func(t *testing.T) {
			t.Parallel()
			before := time.Now().Truncate(time.Second)
			d, err := publishing(t, photos).Describe(signedBy(key, algorithm))
			require.NoError(t, err)
			document := documentOf(t, d, atPhotos)
			text, _ := document["signed_metadata"].(string)
			object, err := jose.ParseSigned(text, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(algorithm)})
			require.NoError(t, err)
			assert.Equal(t, "k1", object.Signatures[0].Protected.KeyID)
			assert.Nil(t, object.Signatures[0].Protected.JSONWebKey)
			payload, err := object.Verify(key.Public())
			require.NoError(t, err)
			var claims map[string]any
			require.NoError(t, json.Unmarshal(payload, &claims))
			assert.Equal(t, photos, claims["iss"])
			assert.GreaterOrEqual(t, claims["iat"], float64(before.Unix()))
			delete(claims, "iss")
			delete(claims, "iat")
			delete(document, "signed_metadata")
			assert.Equal(t, document, claims)
			assert.NotContains(t, document, "iss")
		})
	}
}

// Strangers cannot make a service sign: neither by asking often, nor while the
// key is out of reach.
func TestMetadataIsSignedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key := newVault(t)
		mux := publishing(t, photos).NewMux()
		mux.HandleMetadata(signedBy(key, "ES256"))
		mux.Handle("GET /photos", scope.All("read"), subject)
		for range 50 {
			go func() { assert.Equal(t, http.StatusOK, ask(mux, http.MethodGet, atPhotos).StatusCode) }()
			assert.Equal(t, http.StatusNotFound, ask(mux, http.MethodGet, atPhotos+"?x").StatusCode)
		}
		synctest.Wait()
		first := body(t, ask(mux, http.MethodGet, atPhotos))
		assert.EqualValues(t, 2, key.asked.Load(), "at the start, and for the route")

		key.fails.Store(true)
		time.Sleep(time.Hour)
		assert.Equal(t, first, body(t, ask(mux, http.MethodGet, atPhotos)), "nothing has changed")
		mux.Handle("POST /photos", scope.All("write"), subject)
		assert.Equal(t, first, body(t, ask(mux, http.MethodGet, atPhotos)), "no request has looked yet")
		time.Sleep(100 * time.Millisecond)
		for range 50 {
			resp := ask(mux, http.MethodGet, atPhotos)
			assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
			assert.Equal(t, http.Header{"Access-Control-Allow-Origin": {"*"}, "Cache-Control": {"no-store"}, "Content-Length": {"0"}, "Retry-After": {"10"}}, resp.Header)
			assert.Empty(t, body(t, resp))
		}
		assert.EqualValues(t, 3, key.asked.Load())
		time.Sleep(10 * time.Second)
		assert.Equal(t, http.StatusServiceUnavailable, ask(mux, http.MethodGet, atPhotos).StatusCode)
		assert.EqualValues(t, 4, key.asked.Load())
		key.fails.Store(false)
		time.Sleep(10 * time.Second)
		assert.Equal(t, []any{"a&b", "read", "write"}, documentOf(t, mux, atPhotos)["scopes_supported"])
		assert.EqualValues(t, 5, key.asked.Load())
	})
}

// Requests that come while the document is being signed wait for it, and cause no
// other signature.
func TestMetadataIsSignedForAll(t *testing.T) {
	t.Parallel()
	const callers = 20
	key, asking := newVault(t), make(chan struct{}, callers)
	mux := publishing(t, photos).NewMux()
	mux.HandleMetadata(signedBy(key, "ES256"))
	key.before = sync.OnceFunc(func() {
		for range callers {
			<-asking
		}
		for range 1000 { // on to the lock
			runtime.Gosched()
		}
	})
	mux.Handle("GET /photos", scope.All("read"), subject)
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			asking <- struct{}{}
			assert.Equal(t, http.StatusOK, ask(mux, http.MethodGet, atPhotos).StatusCode)
		})
	}
	all.Wait()
	assert.EqualValues(t, 2, key.asked.Load(), "at the start, and for the route")
}

func TestMetadataKeyRefused(t *testing.T) {
	t.Parallel()
	good := newVault(t)
	failing := newVault(t)
	failing.fails.Store(true)
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	require.NoError(t, err)
	var none *ecdsa.PrivateKey
	m := publishing(t, photos)
	for name, key := range map[string]middleware.MetadataKey{
		"no signer":           {nil, "k", "ES256"},
		"a nil signer":        {none, "k", "ES256"},
		"no id":               {good, "", "ES256"},
		"an id in two lines":  {good, "a\nb", "ES256"},
		"no algorithm":        {good, "k", ""},
		"C_9728-2-4 none":     {good, "k", "none"},
		"HMAC":                {good, "k", "HS256"},
		"of another curve":    {good, "k", "ES384"},
		"of another kind":     {good, "k", "RS256"},
		"a curve that is not": {p224, "k", "ES256"},
		"out of reach":        {failing, "k", "ES256"},
	} {
		_, err := m.Describe(&middleware.Metadata{Key: &key})
		require.ErrorIs(t, err, token.ErrConfig, name)
		require.ErrorContains(t, err, "Metadata.Key", name)
	}
}
