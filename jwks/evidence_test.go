package jwks_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

// What an operator reads when keys cannot be had: the document, what was seen,
// what was wanted, and the field.
func TestEvidence(t *testing.T) {
	t.Parallel()
	const openid = issuerURL + "/.well-known/openid-configuration"
	html := map[string]string{"Content-Type": "text/html"}
	good := ecKey("a")
	tests := map[string]struct {
		metadata *reply // nil: of the issuer, with its keys at keysURL
		keys     reply
		want     []string
	}{
		"metadata: slash": {&reply{body: metadataOf(issuerURL+"/", keysURL)}, reply{},
			[]string{"metadata " + metadataURL, `issuer is "https://as.example.com/", want "https://as.example.com" (see RemoteConfig.Issuer)`}},
		"metadata: nowhere": {&reply{status: 404}, reply{}, []string{"metadata " + metadataURL + ": status is 404", "; metadata " + openid + ": status is 404"}},
		"metadata: page": {&reply{body: "<!doctype html>", header: html}, reply{},
			[]string{"metadata " + metadataURL, `content type is "text/html"`, `the body begins "<!doctype html>"`}},
		"metadata: no issuer":   {&reply{body: `{"a":1}`}, reply{}, []string{"no issuer is named, want \"https://as.example.com\"", `{"a":1}`}},
		"metadata: no jwks_uri": {&reply{body: `{"issuer":"` + issuerURL + `"}`}, reply{}, []string{metadataURL + ": no jwks_uri (see RemoteConfig.URLs)"}},
		"metadata: jwks_uri over http": {&reply{body: metadataOf(issuerURL, "http://in.example/keys")}, reply{},
			[]string{metadataURL, `jwks_uri is "http://in.example/keys"`, "want an https URL"}},
		"metadata: jwks_uri on loopback": {&reply{body: metadataOf(issuerURL, "http://127.0.0.1/keys")}, reply{},
			[]string{metadataURL, `jwks_uri is "http://127.0.0.1/keys", a loopback host`, "RemoteConfig.URLs"}},
		"keys: status":            {nil, reply{status: 500}, []string{"key set " + keysURL + ": status is 500, want 200"}},
		"keys: redirect":          {nil, reply{status: 301, header: map[string]string{"Location": "https://x.example/keys?secret"}}, []string{`status is 301 to host "x.example", want 200: redirects are not followed`}},
		"keys: relative redirect": {nil, reply{status: 307, header: map[string]string{"Location": "/moved"}}, []string{`status is 307 to host "as.example.com"`}},
		"keys: page":              {nil, reply{body: "<html>", header: html}, []string{"key set " + keysURL, `content type is "text/html"`, `begins "<html>"`, `array "keys"`}},
		"keys: nothing":           {nil, reply{body: ""}, []string{"the body is empty"}},
		"keys: compressed":        {nil, reply{header: map[string]string{"Content-Encoding": "gzip"}}, []string{`content encoding is "gzip", want none`}},
		"keys: too large":         {nil, reply{stream: &noise{}}, []string{"more than 524288 bytes"}},
		"keys: silence":           {nil, reply{hang: true}, []string{"key set " + keysURL, "no full answer in time (see RemoteConfig.FetchTimeout)"}},
		"keys: none":              {nil, reply{body: rawSet()}, []string{"no usable key: the set is empty"}},
		"keys: none that can be used": {nil, reply{body: setOf(good.with("x", "AA="), good.with("kid", "b").with("use", "enc"))},
			[]string{`no usable key: "a": malformed key: x has padding "="`, `; "b": key is not for verifying: use is "enc"`}},
		"keys: many that cannot": {nil, reply{body: setOf(badKeys(7)...)}, []string{"; and 2 more"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				s.serve(metadataURL, reply{body: metadataOf(issuerURL, keysURL)})
				if test.metadata != nil {
					s.serve(metadataURL, *test.metadata)
				}
				s.serve(keysURL, test.keys)
				r := newRemote(t, s, discovering(issuerURL))
				err := r.Ready(t.Context())
				require.ErrorIs(t, err, jwks.ErrUnavailable)
				for _, want := range test.want {
					assert.ErrorContains(t, err, want)
					assert.ErrorContains(t, r.Status().LastError, want)
				}
				assert.NotContains(t, err.Error(), "secret")
			})
		})
	}
}

func badKeys(n int) (list []testKey) {
	for range n {
		list = append(list, edKey("bad").with("use", "enc"))
	}
	return list
}

func TestSkippedSaysWhy(t *testing.T) {
	t.Parallel()
	rsa, ec, ed := rsaKey("k"), ecKey("k"), edKey("k")
	tests := map[string]struct {
		key  testKey
		want string
	}{
		"padding":          {rsa.with("n", rsa.jwk["n"].(string)+"="), `n has padding "=", want base64url without`},
		"not base64url":    {rsa.with("e", "A+"), "e is not the one base64url spelling"},
		"absent":           {ec.with("y", nil), "y is absent"},
		"short coordinate": {ec.with("y", ec.jwk["y"].(string)[:40]), "y has 30 bytes, want 32"},
		"long Ed25519":     {ed.with("x", strings.Repeat("A", 44)), "x has 33 bytes, want 32"},
		"not on the curve": {ec.with("y", ec.jwk["x"]), "the numbers are no public key"},
		"no kty":           {ec.with("kty", nil), "kty is absent"},
		"type of a member": {ec.with("use", 5), "use is 5"},
		"repeated op":      {ec.with("key_ops", []string{"sign", "sign"}), `key_ops is ["sign","sign"]`},
		"use":              {ec.with("use", "enc"), `use is "enc"`},
		"ops":              {ec.with("key_ops", []string{"encrypt"}), `use is absent, key_ops is "encrypt"`},
		"curve":            {ec.with("crv", "secp256k1"), `kty is "EC", crv is "secp256k1"`},
		"type":             {ec.with("kty", "AKP").with("crv", nil), `kty is "AKP", crv is absent`},
		"algorithm":        {ec.with("alg", "RS256"), `alg is "RS256", kty is "EC"`},
		"small modulus":    {rsa.with("n", rsa.jwk["n"].(string)[:172]), "n has 1032 bits, want 2048 to 8192"},
		"even exponent":    {rsa.with("e", "AQAA"), "e is outside of the odd numbers"},
		"small exponent":   {rsa.with("e", "AQ"), "e is outside of the odd numbers"},
		"known weakness":   {rsa.with("n", strings.Repeat("_", 341)+"w"), "n has a known weakness"},
		"small order":      {ed.with("x", strings.Repeat("A", 43)), "x is a point of small order"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, err := jwks.ParseSet([]byte(setOf(test.key)))
			require.NoError(t, err)
			require.Len(t, set.Skipped, 1)
			assert.Contains(t, set.Skipped[0].Detail, test.want)
		})
	}
}

// A token of a key that is published and not used is still refused, and its
// operator hears of the key.
func TestKeyThatIsPublishedButNotUsed(t *testing.T) {
	t.Parallel()
	s, k := newServer(), ecKey("k")
	s.publish(k, ecKey("bad").with("use", "enc"))
	r := newRemote(t, s, nil)
	requireKey(t, r, k)
	for _, kid := range []string{"bad", "other"} {
		_, err := r.Keys(t.Context(), kid)
		require.ErrorIs(t, err, jwks.ErrNotFound)
		require.NotErrorIs(t, err, jwks.ErrUnavailable)
		assert.Equal(t, kid == "bad", strings.Contains(err.Error(), `key "bad" is published but not used: key is not for verifying: use is "enc"`), err)
	}
}

// The status names the skipped keys also of a set that was refused for want of
// others, until there is a better one.
func TestStatusOfARefusedSet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), ecKey("k")
		const second = "https://mirror.example.com/keys"
		s.publish(ecKey("bad").with("use", "enc"))
		s.serve(second, reply{status: 500})
		r := newRemote(t, s, func(c *jwks.RemoteConfig) { c.URLs = []string{keysURL, second} })
		requireErr(t, r, "", jwks.ErrNoKeys)
		require.Equal(t, []jwks.Skipped{{ID: "bad", Reason: jwks.ErrKeyUse}}, withoutDetail(r.Status().Skipped))
		r.Status().Skipped[0].ID = "x"
		require.Equal(t, "bad", r.Status().Skipped[0].ID)
		s.publish(k)
		time.Sleep(time.Minute)
		requireKey(t, r, k)
		require.Empty(t, r.Status().Skipped)
	})
}

// A private authority costs nothing but its own field: the guard of addresses
// stays, and the pool belongs to the caller.
func TestRootCAs(t *testing.T) {
	t.Parallel()
	k := ecKey("k")
	server := keyServer(t, k)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}
	server.StartTLS()
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	r, err := jwks.NewRemote(jwks.RemoteConfig{URLs: []string{server.URL}, RootCAs: pool})
	require.NoError(t, err)
	requireKey(t, r, k)

	empty := x509.NewCertPool()
	r, err = jwks.NewRemote(jwks.RemoteConfig{URLs: []string{server.URL}, RootCAs: empty})
	require.NoError(t, err)
	empty.AddCert(server.Certificate())
	require.ErrorContains(t, r.Ready(t.Context()), "RemoteConfig.RootCAs", "the pool is copied, and replaces the system's")

	require.ErrorIs(t, jwks.Fetch(jwks.RemoteConfig{Issuer: issuerURL, RootCAs: pool}, server.URL), jwks.ErrBlockedAddress)
}

// The field for roots is the one that has an effect.
func TestUnknownAuthorityNamesTheFieldInUse(t *testing.T) {
	t.Parallel()
	s := newServer()
	s.serve(keysURL, reply{err: x509.UnknownAuthorityError{}})
	require.ErrorContains(t, newRemote(t, s, nil).Ready(t.Context()), "(see RemoteConfig.HTTPClient)")

	server := keyServer(t, ecKey("k"))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}
	server.StartTLS()
	for name, client := range map[string]*http.Client{"none": nil, "bare": {}} {
		r, err := jwks.NewRemote(jwks.RemoteConfig{URLs: []string{server.URL}, HTTPClient: client})
		require.NoError(t, err)
		require.ErrorContains(t, r.Ready(t.Context()), "(see RemoteConfig.RootCAs)", name)
	}
}
