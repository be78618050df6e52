package dpop_test

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
)

// A service that takes bound tokens under DPoP, and others as Bearer tokens.
func ExampleNew() {
	checker, err := dpop.New(dpop.Config{})
	if err != nil {
		panic(err)
	}
	verifier, err := token.NewVerifier(token.Config{
		Issuer:        "https://login.example.com",
		Audience:      []string{"https://api.example.com"},
		Confirmations: []token.ConfirmationChecker{checker},
	})
	if err != nil {
		panic(err)
	}
	for _, scheme := range verifier.Schemes() {
		fmt.Println(scheme.Name, scheme.Params)
	}
	// Output:
	// Bearer []
	// DPoP [{algs ES256 PS256 Ed25519 EdDSA}]
}

// Replicas share the keys of their nonces, and a store.
func ExampleConfig() {
	var secret = bytes.Repeat([]byte("x"), 32) // from where the fleet keeps its secrets
	nonces, err := dpop.NewNonces(secret)
	if err != nil {
		panic(err)
	}
	checker, err := dpop.New(dpop.Config{Required: true, Nonces: nonces, NonceReplacesClock: true})
	fmt.Println(checker.Method(), checker.Scheme().Name, checker.Required(), err)
	// Output: jkt DPoP true <nil>
}

// What a Verifier does with a Checker, here for an opaque token that another
// service has found good.
func ExampleChecker_Check() {
	checker, _ := dpop.New(dpop.Config{})
	key, _ := dpop.NewKey()
	client, _ := dpop.NewProver(key)
	opaque, _ := token.Vouched("opaque", token.VouchedClaims{
		Issuer: "https://login.example.com", Audience: []string{"https://api.example.com"}, Expiry: time.Now().Add(time.Minute),
		Confirmation: map[string]string{"jkt": client.Thumbprint()},
	})

	proof, _ := client.Proof(dpop.Claims{Method: "GET", URL: "https://api.example.com/orders?page=2", Token: "opaque"})
	at, _ := url.Parse("https://api.example.com/orders?page=2")
	p := token.Presentation{Scheme: "DPoP", Token: "opaque", Call: token.Request{Method: "GET", URL: at, DPoP: []string{proof}}}
	fmt.Println(checker.Check(context.Background(), opaque, p))
	fmt.Println(token.Reason(checker.Check(context.Background(), opaque, p)))
	// Output:
	// <nil>
	// replay
}

// Keys change without a refused call: the new one comes last, then first, and then
// the old one goes.
func ExampleNewNonces() {
	today, tomorrow := bytes.Repeat([]byte("a"), 32), bytes.Repeat([]byte("b"), 32)
	for _, keys := range [][][]byte{{today}, {today, tomorrow}, {tomorrow, today}, {tomorrow}, {[]byte("short")}} {
		_, err := dpop.NewNonces(keys...)
		fmt.Println(len(keys), err)
	}
	// Output:
	// 1 <nil>
	// 2 <nil>
	// 2 <nil>
	// 1 <nil>
	// 1 dpop: invalid configuration: key 1 for nonces has 5 bytes, want at least 32 random ones
}

func ExampleNewLocalNonces() {
	_, err := dpop.New(dpop.Config{Nonces: dpop.NewLocalNonces()})
	fmt.Println(err)
	// Output: <nil>
}

// A store for ten thousand calls a second, with an alarm.
func ExampleNewMemoryStore() {
	store, err := dpop.NewMemoryStore(&dpop.MemoryStoreConfig{
		MaxBytes: 128 << 20,
		Full:     func(s dpop.MemoryStats) { fmt.Println("replay store is full:", s.Refused, "calls refused") },
	})
	if err != nil {
		panic(err)
	}
	for range 2 {
		first, err := store.Use(context.Background(), [32]byte{1}, time.Minute)
		fmt.Println(first, err)
	}
	stats := store.Stats()
	fmt.Println(stats.Entries, stats.MaxEntries, time.Since(store.Since()) < time.Hour)
	// Output:
	// true <nil>
	// false <nil>
	// 1 2097152 true
}

// The client's side: a key, and a proof for each request.
func ExampleProver() {
	key, err := dpop.NewKey()
	if err != nil {
		panic(err)
	}
	client, err := dpop.NewProver(key)
	if err != nil {
		panic(err)
	}
	proof, err := client.Proof(dpop.Claims{Method: "POST", URL: "https://api.example.com/orders", Token: "the access token"})
	fmt.Println(client.Algorithm(), len(client.Thumbprint()), proof[:3], err)
	// Output: ES256 43 eyJ <nil>
}

func ExampleNewSetNXStore() {
	keys := map[string]bool{} // stands for a server
	store, err := dpop.NewSetNXStore(func(_ context.Context, key string, _ time.Duration) (bool, error) {
		set := !keys[key]
		keys[key] = true
		return set, nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = dpop.New(dpop.Config{Store: store})
	fmt.Println(err)
	for range 2 {
		fmt.Println(store.Use(context.Background(), [32]byte{1}, time.Minute))
	}
	// Output:
	// <nil>
	// true <nil>
	// false <nil>
}
