package jwks_test

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/postern-go/postern/jwks"
)

const exampleSet = `{"keys": [
	{"kty": "OKP", "crv": "Ed25519", "kid": "2025-07", "alg": "EdDSA", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
	{"kty": "oct", "kid": "oops", "k": "c2VjcmV0"}
]}`

// exampleIssuer is an authorization server as far as its keys are concerned.
func exampleIssuer() *httptest.Server {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	mux.HandleFunc("GET /.well-known/oauth-authorization-server", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"issuer": %q, "jwks_uri": %q}`, server.URL, server.URL+"/keys")
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=600")
		_, _ = io.WriteString(w, exampleSet)
	})
	return server
}

func ExampleParseSet() {
	set, err := jwks.ParseSet([]byte(exampleSet))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, k := range set.Keys {
		fmt.Printf("%s verifies %s with %T\n", k.ID, k.Algorithm, k.Public)
	}
	for _, s := range set.Skipped {
		fmt.Printf("%q is not used: %v\n", s.ID, s.Reason)
	}
	// Output:
	// 2025-07 verifies EdDSA with ed25519.PublicKey
	// "oops" is not used: jwks: symmetric key published
}

// The key in the header of a proof, and the name by which a token is bound to it.
func ExampleParseKey() {
	key, err := jwks.ParseKey([]byte(`{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	thumbprint, err := key.Thumbprint()
	fmt.Println(thumbprint, err)

	_, err = jwks.ParseKey([]byte(`{"kty": "oct", "k": "c2VjcmV0"}`))
	fmt.Println(errors.Is(err, jwks.ErrKeySymmetric), err)
	// Output:
	// kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k <nil>
	// true jwks: symmetric key published
}

func ExampleKey_Thumbprint() {
	set, err := jwks.ParseSet([]byte(exampleSet))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, k := range set.Keys {
		thumbprint, err := k.Thumbprint()
		fmt.Println(k.ID, thumbprint, err)
	}
	// Output: 2025-07 kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k <nil>
}

// A key that was not read by ParseSet, as from a PEM file.
func ExampleCheckKey() {
	small := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 1023), E: 65537}
	err := jwks.CheckKey(jwks.Key{ID: "2011", Public: small})
	fmt.Println(errors.Is(err, jwks.ErrKeyWeak))
	fmt.Println(err)
	// Output:
	// true
	// jwks: weak key: the modulus has 1024 bits, want 2048 to 8192
}

// A Verifier asks, so that the keys of one tenant do not verify the tokens of
// another.
func ExampleRemote_Discovers() {
	discovering, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: "https://as.example.com"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fixed, err := jwks.NewRemote(jwks.RemoteConfig{URLs: []string{"https://as.example.com/keys"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%q %q\n", discovering.Discovers(), fixed.Discovers())
	// Output: "https://as.example.com" ""
}

func ExampleStatic() {
	set, err := jwks.ParseSet([]byte(exampleSet))
	if err != nil {
		fmt.Println(err)
		return
	}
	var source jwks.Source = jwks.Static(set.Keys)
	keys, err := source.Keys(context.Background(), "2025-07")
	fmt.Println(len(keys), err)
	_, err = source.Keys(context.Background(), "oops")
	fmt.Println(err)
	// Output:
	// 1 <nil>
	// jwks: no such key
}

func ExampleNewRemote() {
	issuer := exampleIssuer()
	defer issuer.Close()
	remote, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: issuer.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	keys, err := remote.Keys(context.Background(), "2025-07")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(keys[0].ID, keys[0].Algorithm)
	// Output: 2025-07 EdDSA
}

// In a cluster: keys at a fixed place, a private authority, and a server that
// wants to know who asks. In a pod of Kubernetes, URL, authority and token are
// https://kubernetes.default.svc/openid/v1/jwks, ca.crt and token, both in
// /var/run/secrets/kubernetes.io/serviceaccount.
func ExampleRemoteConfig_cluster() {
	server, roots, tokenFile := exampleCluster()
	defer server.Close()
	defer os.Remove(tokenFile)
	remote, err := jwks.NewRemote(jwks.RemoteConfig{
		URLs:      []string{server.URL + "/openid/v1/jwks"},
		RootCAs:   roots,
		TokenFile: tokenFile,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	keys, err := remote.Keys(context.Background(), "2025-07")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(keys[0].ID)
	// Output: 2025-07
}

// exampleCluster is the API server of a cluster as far as its keys are concerned,
// with its authority and a file with the token of a pod.
func exampleCluster() (server *httptest.Server, roots *x509.CertPool, tokenFile string) {
	server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/openid/v1/jwks" || r.Header.Get("Authorization") != "Bearer of-this-pod" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, exampleSet)
	}))
	roots = x509.NewCertPool()
	roots.AddCert(server.Certificate())
	f, err := os.CreateTemp("", "token")
	if err != nil {
		panic(err)
	}
	defer f.Close()
	if _, err := io.WriteString(f, "of-this-pod\n"); err != nil {
		panic(err)
	}
	return server, roots, f.Name()
}

// In docker compose: the issuer is known to its users under one name, and to this
// service under another.
func ExampleRemoteConfig_compose() {
	remote, err := jwks.NewRemote(jwks.RemoteConfig{
		Issuer:         "https://login.example.com/realms/photos",
		DiscoverAt:     "http://keycloak:8080/realms/photos",
		PlainHTTPHosts: []string{"keycloak"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(remote.Discovers())
	fmt.Println(remote.Status().DiscoverAt, remote.Status().PlainHTTPHosts)
	// Output:
	// https://login.example.com/realms/photos
	// http://keycloak:8080/realms/photos [keycloak]
}

func ExampleRemote_Keys() {
	issuer := exampleIssuer()
	remote, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: issuer.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = remote.Keys(context.Background(), "another")
	fmt.Println("a verdict:", errors.Is(err, jwks.ErrNotFound))

	issuer.Close()
	remote, err = jwks.NewRemote(jwks.RemoteConfig{Issuer: issuer.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = remote.Keys(context.Background(), "2025-07")
	fmt.Println("none:", errors.Is(err, jwks.ErrUnavailable))
	// Output:
	// a verdict: true
	// none: true
}

func ExampleRemote_Reconsider() {
	issuer := exampleIssuer()
	defer issuer.Close()
	remote, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: issuer.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	keys, err := remote.Keys(ctx, "2025-07")
	if err != nil {
		fmt.Println(err)
		return
	}
	// A signature verifies under none of keys: was the key replaced?
	others, err := remote.Reconsider(ctx, "2025-07", keys)
	fmt.Println(others, err)
	// Output: [] <nil>
}

func ExampleRemote_Ready() {
	issuer := exampleIssuer()
	defer issuer.Close()
	remote, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: issuer.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	fmt.Println(remote.Status().State)
	fmt.Println(remote.Ready(ctx))
	fmt.Println(remote.Status().State)
	// Output:
	// empty
	// <nil>
	// fresh
}

func ExampleRemote_Status() {
	issuer := exampleIssuer()
	defer issuer.Close()
	remote, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: issuer.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := remote.Ready(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	status := remote.Status()
	fmt.Println(status.State, status.KeyIDs, status.Expires.Sub(status.LastSuccess))
	for _, s := range status.Skipped {
		fmt.Println(s.ID, s.Reason)
	}
	// Output:
	// fresh [2025-07] 10m0s
	// oops jwks: symmetric key published
}

func ExampleRemote_Snapshot() {
	issuer := exampleIssuer()
	remote, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: issuer.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := remote.Ready(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	snapshot, err := remote.Snapshot()
	if err != nil {
		fmt.Println(err)
		return
	}

	issuer.Close() // and then another replica starts
	replica, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: issuer.URL, Snapshot: snapshot})
	if err != nil {
		fmt.Println(err)
		return
	}
	keys, err := replica.Keys(context.Background(), "2025-07")
	fmt.Println(len(keys), err)
	// Output: 1 <nil>
}

func ExampleTrace() {
	issuer := exampleIssuer()
	defer issuer.Close()
	remote, err := jwks.NewRemote(jwks.RemoteConfig{
		Issuer: issuer.URL,
		Trace: &jwks.Trace{
			Refresh: func(r jwks.Refresh) { fmt.Println("refresh:", r.Cause, r.Added, r.Err) },
			Skip:    func(s jwks.Skipped) { fmt.Println("skipped:", s.ID, s.Reason) },
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := remote.Ready(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// skipped: oops jwks: symmetric key published
	// refresh: empty [2025-07] <nil>
}
