package introspect_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/introspect"
)

// login is an issuer of opaque tokens. It knows one, until that is revoked.
type login struct{ revoked bool }

// RoundTrip answers as the introspection endpoint does.
func (l *login) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	answer := map[string]any{"active": false}
	if form.Get("token") == "2YotnFZFEjr1zCsicMWpAA" && !l.revoked {
		answer = map[string]any{
			"active": true, "sub": "alice", "client_id": "photo-app", "scope": "photos:read",
			"aud": "https://api.example.com", "exp": time.Now().Add(time.Hour).Unix(),
		}
	}
	text, _ := json.Marshal(answer)
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(string(text))), Request: r}, nil
}

func example(l *login) introspect.Config {
	return introspect.Config{
		Issuer:      "https://login.example.com",
		Audience:    []string{"https://api.example.com"},
		Endpoint:    "https://login.example.com/introspect", // or leave it to discovery
		Credentials: introspect.Basic("photos", "secret"),
		HTTPClient:  &http.Client{Transport: l}, // an issuer in memory; leave it out
	}
}

func ExampleNew() {
	auth, err := introspect.New(example(&login{}))
	if err != nil {
		panic(err) // a process with settings that cannot work must not start serving
	}
	if err := auth.Ready(context.Background()); err != nil {
		fmt.Println("not ready:", err)
	}
	t, err := auth.Authenticate(context.Background(), token.Bearer("2YotnFZFEjr1zCsicMWpAA"))
	fmt.Println(t.Subject(), t.Scopes(), err)
	_, err = auth.Authenticate(context.Background(), token.Bearer("garbage"))
	fmt.Println(token.Reason(err))
	schemes, _ := token.SchemesOf(auth) // guards call Schemes
	fmt.Println(auth.Schemes()[0].Name == schemes[0].Name, token.Relaxations(auth))
	// Output:
	// alice [photos:read] <nil>
	// inactive
	// true []
}

// A revoked token is accepted for up to 30 seconds, but not where the policy has
// scope.Fresh. A service that learns of a revocation forgets what it was told.
func ExampleAuthenticator_Forget() {
	const raw = "2YotnFZFEjr1zCsicMWpAA"
	l := &login{}
	auth, err := introspect.New(example(l))
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	t, err := auth.Authenticate(ctx, token.Bearer(raw))
	fmt.Println(t.Fresh(), err)
	l.revoked = true
	t, err = auth.Authenticate(ctx, token.Bearer(raw))
	fmt.Println(t.Fresh(), err)
	fmt.Println(scope.Fresh.Check(t) == nil)
	auth.Forget(raw)
	_, err = auth.Authenticate(ctx, token.Bearer(raw))
	fmt.Println(token.Reason(err))
	// Output:
	// true <nil>
	// false <nil>
	// false
	// inactive
}

func ExampleAuthenticator_Explain() {
	auth, err := introspect.New(example(&login{}))
	if err != nil {
		panic(err)
	}
	for _, finding := range auth.Explain(context.Background(), token.Bearer("garbage")) {
		fmt.Println(finding)
	}
	// Output:
	// credentials: ok
	// size: ok
	// form: ok
	// answer: ok
	// active: inactive: token: not active, want active to be true: the token is unknown to the issuer, expired or revoked
}

func ExampleAuthenticator_Status() {
	cfg := example(&login{})
	cfg.Trace = &introspect.Trace{
		Credentials: func(err error) { fmt.Println("ALARM:", err) },
		Outage:      func(o introspect.Outage) { fmt.Println("outage, over:", o.Over) },
	}
	cfg.Credentials = introspect.BearerSource(func(context.Context) (string, error) { return "", errors.New("no token yet") })
	auth, err := introspect.New(cfg)
	if err != nil {
		panic(err)
	}
	_, err = auth.Authenticate(context.Background(), token.Bearer("2YotnFZFEjr1zCsicMWpAA"))
	fmt.Println(token.Reason(err), auth.Status().State, auth.Status().CredentialsRefused)
	// Output:
	// ALARM: Credentials (bearer token of a source) cannot be made: no token yet (see Config.Credentials)
	// outage, over: false
	// introspection_unavailable closed true
}

// Use what the issuer wants; PrivateKeyJWT and MTLS send no secret.
func ExampleCredentials() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader) // of a file, or in hardware
	if err != nil {
		panic(err)
	}
	for _, c := range []introspect.Credentials{
		introspect.Basic("photos", "secret"),
		introspect.BasicRaw("photos", "secret"),
		introspect.Post("photos", "secret"),
		introspect.PrivateKeyJWT(introspect.PrivateKey{ClientID: "photos", Key: key, KeyID: "2026-1"}),
		introspect.MTLS("photos", func() (*tls.Certificate, error) { return nil, errors.New("load it here") }),
		introspect.BearerFile("/var/run/secrets/introspection-token"),
		introspect.BearerSource(func(context.Context) (string, error) { return "a-token", nil }),
	} {
		fmt.Println(c)
	}
	// Output:
	// client_secret_basic of client "photos"
	// client_secret_basic without form-encoding of client "photos"
	// client_secret_post of client "photos"
	// private_key_jwt of client "photos"
	// tls_client_auth of client "photos"
	// bearer token of a file
	// bearer token of a source
}
