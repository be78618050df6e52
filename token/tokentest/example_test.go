package tokentest_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/tokentest"
)

// exampleT stands in for the testing.T of the test that an example would be in.
type exampleT struct{ testing.TB }

func (exampleT) Helper()        {}
func (exampleT) Cleanup(func()) {}

func (exampleT) Context() context.Context { return context.Background() }

var t exampleT

// newService is the service as it goes into production.
func newService(verifier token.Authenticator) http.Handler {
	mux := middleware.New(verifier, nil).NewMux()
	mux.HandleFunc("GET /orders", scope.All("orders:read"), func(w http.ResponseWriter, r *http.Request) {
		caller, _ := token.FromContext(r.Context())
		fmt.Fprintf(w, "orders of %s", caller.Subject())
	})
	return mux
}

func ExampleNewIssuer() {
	issuer := tokentest.NewIssuer(t, nil)
	verifier, err := token.NewVerifier(issuer.Config("https://orders.example.com"))
	if err != nil {
		panic(err)
	}

	r := httptest.NewRequest("GET", "/orders", nil)
	r.Header.Set("Authorization", "Bearer "+issuer.Token(
		tokentest.Audience("https://orders.example.com"),
		tokentest.Scope("orders:read"),
		tokentest.Subject("bob")))
	w := httptest.NewRecorder()
	newService(verifier).ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
	// Output: 200 orders of bob
}

func ExampleNewLoopbackIssuer() {
	issuer := tokentest.NewLoopbackIssuer(t, &tokentest.Options{Identifier: "http://localhost/tenant"})
	fmt.Println(strings.HasPrefix(issuer.Identifier(), "http://127.0.0.1:"))
	fmt.Println(strings.HasSuffix(issuer.Identifier(), "/tenant"))
	// Output:
	// true
	// true
}

func ExampleIssuer_Token() {
	issuer := tokentest.NewIssuer(t, nil)
	verifier, err := token.NewVerifier(issuer.Config())
	if err != nil {
		panic(err)
	}
	for _, raw := range []string{
		issuer.Token(),
		issuer.Token(tokentest.ExpiresIn(-time.Hour)),
		issuer.Token(tokentest.Audience("https://other.example.com")),
		issuer.Token(tokentest.Header("alg", "none")),
		issuer.Token(tokentest.Signature(func(s []byte) []byte { s[0] ^= 1; return s })),
	} {
		_, err := verifier.Authenticate(t.Context(), token.Bearer(raw))
		fmt.Printf("%q\n", token.Reason(err))
	}
	// Output:
	// ""
	// "expired"
	// "audience"
	// "algorithm"
	// "signature"
}

func ExampleIssuer_Rotate() {
	issuer := tokentest.NewIssuer(t, nil)
	before := issuer.SigningKey()
	after := issuer.Rotate()
	fmt.Println(before.ID, after.ID)
	// Output: es256-1 es256-2
}

func ExampleIssuer_GoDown() {
	issuer := tokentest.NewIssuer(t, nil)
	verifier, err := token.NewVerifier(issuer.Config())
	if err != nil {
		panic(err)
	}
	issuer.GoDown()
	_, err = verifier.Authenticate(t.Context(), token.Bearer(issuer.Token()))
	fmt.Println(token.Reason(err))
	// Output: keys_unavailable
}

// A change of whom a service lets in is seen in review: the file is part of the
// repository.
func ExampleGolden() {
	verifier, err := token.NewVerifier(token.Config{Issuer: "https://as.example.com", Audience: []string{"https://api.example.com"}})
	if err != nil {
		panic(err)
	}
	settings := token.Postures(verifier)[0]
	settings.Keys = nil // which changes while the service runs
	tokentest.Golden(t, "testdata/posture.json", settings)
	fmt.Println("as reviewed")
	// Output: as reviewed
}

func ExampleHTTPTarget() {
	issuer := tokentest.NewIssuer(t, nil)
	verifier, err := token.NewVerifier(issuer.Config("https://orders.example.com"))
	if err != nil {
		panic(err)
	}
	call := tokentest.HTTPTarget(newService(verifier), func() *http.Request {
		return httptest.NewRequest("GET", "/orders", nil)
	})
	answer := call(t.Context(), tokentest.Credentials{Authorization: []string{"Bearer " + issuer.Token()}})
	fmt.Println(answer.Admitted, answer.Status, answer.ErrorCode())
	// Output: false 401 invalid_token
}

// A thief has a token that is bound to a key, and another key.
func ExampleIssuer_Proof() {
	issuer := tokentest.NewIssuer(t, nil)
	checker, err := dpop.New(dpop.Config{})
	if err != nil {
		panic(err)
	}
	cfg := issuer.Config()
	cfg.Confirmations = []token.ConfirmationChecker{checker}
	verifier, err := token.NewVerifier(cfg)
	if err != nil {
		panic(err)
	}
	key, ofThief := issuer.ForeignKey("ES256", ""), issuer.ForeignKey("ES256", "")
	raw := issuer.Token(tokentest.BoundTo(key))
	at := &url.URL{Scheme: "https", Host: "api.example.com", Path: "/orders"}
	for _, proof := range []string{
		issuer.Proof(key, "GET", "https://api.example.com/orders", raw),
		issuer.Proof(ofThief, "GET", "https://api.example.com/orders", raw),
		issuer.Proof(key, "PUT", "https://api.example.com/orders", raw),
		issuer.Proof(key, "GET", "https://api.example.com/orders", raw, tokentest.Nonce("x"), tokentest.Type("JWT")),
	} {
		_, err := verifier.Authenticate(t.Context(), token.Presentation{
			Scheme: "DPoP", Token: raw, Call: token.Request{Method: "GET", URL: at, DPoP: []string{proof}},
		})
		fmt.Printf("%q\n", token.Reason(err))
	}
	fmt.Println(key.Thumbprint() == ofThief.Thumbprint())
	// Output:
	// ""
	// "binding"
	// "proof"
	// "proof"
	// false
}

// A token bound to a certificate, and what a thief without the key presents.
func ExampleNewCertificate() {
	issuer := tokentest.NewIssuer(t, nil)
	alices := tokentest.NewCertificate(t, nil)
	expired := tokentest.NewCertificate(t, &tokentest.CertificateOptions{Expired: true})
	root := tokentest.NewCertificate(t, &tokentest.CertificateOptions{Authority: true})
	issued := tokentest.NewCertificate(t, &tokentest.CertificateOptions{SignedBy: root})

	raw := issuer.Token(tokentest.BoundToCertificate(alices))
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
		Certificates: []tls.Certificate{alices.TLS()}, RootCAs: root.Pool(), MinVersion: tls.VersionTLS13,
	}}}
	forged := http.Header{"Authorization": {"Bearer " + raw}, "Client-Cert": {alices.ClientCert()}}
	forged.Set("X-Forwarded-Client-Cert", alices.XFCC())
	forged.Set("X-SSL-Client-Cert", alices.EscapedPEM())
	files := [][]byte{issued.PEM(), issued.KeyPEM()}
	fmt.Println(client != nil, len(forged), len(files))
	fmt.Println(expired.X509().NotAfter.Before(time.Now()), len(alices.Thumbprint()))
	// Output:
	// true 4 2
	// true 43
}
