package dpop_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
)

// ownTokens stands for the program's way to get tokens that are bound to its key.
func ownTokens(context.Context) (accessToken, tokenType string, err error) {
	return "mF_9.B5f-4.1JqM", "DPoP", nil
}

// A service calls another one with a token of its own. The other one demands a
// nonce, which the Transport learns of by the first attempt.
func ExampleNewTransport() {
	n := 0
	photos := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("attempt with", r.Header.Get("Authorization"), "and a proof:", r.Header.Get("DPoP") != "")
		if n++; n == 1 {
			w.Header().Set("DPoP-Nonce", "eyJ7S_zG.eyJH0-Z")
			w.Header().Set("WWW-Authenticate", `DPoP error="use_dpop_nonce"`)
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer photos.Close()

	key, err := dpop.NewKey()
	if err != nil {
		panic(err)
	}
	prover, err := dpop.NewProver(key)
	if err != nil {
		panic(err)
	}
	client, err := dpop.NewClient(dpop.ClientConfig{Prover: prover, Tokens: ownTokens, Origins: []string{photos.URL}})
	if err != nil {
		panic(err)
	}
	transport, err := dpop.NewTransport(client, nil)
	if err != nil {
		panic(err)
	}
	resp, err := (&http.Client{Transport: transport}).Get(photos.URL + "/photos?album=1")
	if err != nil {
		panic(err)
	}
	defer func() { _ = resp.Body.Close() }()
	fmt.Println(resp.StatusCode)
	// Output:
	// attempt with DPoP mF_9.B5f-4.1JqM and a proof: true
	// attempt with DPoP mF_9.B5f-4.1JqM and a proof: true
	// 200
}

// A transport of another kind asks for the credentials of each attempt, and tells
// which nonce the answer came with.
func ExampleClient_Attempt() {
	key, err := dpop.NewKey()
	if err != nil {
		panic(err)
	}
	prover, err := dpop.NewProver(key)
	if err != nil {
		panic(err)
	}
	client, err := dpop.NewClient(dpop.ClientConfig{Prover: prover, Tokens: ownTokens, Origins: []string{"https://photos.example.com"}})
	if err != nil {
		panic(err)
	}
	target := &url.URL{Scheme: "https", Host: "photos.example.com", Path: "/photos"}
	attempt, err := client.Attempt(context.Background(), "GET", target)
	if err != nil {
		panic(err)
	}
	fmt.Println("Authorization:", attempt.Authorization())
	fmt.Println("DPoP:", attempt.Proof()[:9]+"...")
	fmt.Println("try again:", attempt.Learn("eyJ7S_zG.eyJH0-Z"))

	_, err = client.Attempt(context.Background(), "GET", &url.URL{Scheme: "https", Host: "evil.example", Path: "/photos"})
	fmt.Println(errors.Is(err, dpop.ErrTarget))
	// Output:
	// Authorization: DPoP mF_9.B5f-4.1JqM
	// DPoP: eyJ0eXAiO...
	// try again: true
	// true
}

// Settings from a file are checked before anything is made of them.
func ExampleClientConfig_Validate() {
	cfg := dpop.ClientConfig{Tokens: ownTokens, Origins: []string{"http://photos.example.com"}}
	fmt.Println(errors.Is(cfg.Validate(), token.ErrConfig))
	// Output: true
}
