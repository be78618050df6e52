package token_test

import (
	"context"
	"fmt"

	"github.com/postern-go/postern/token"
)

// personal is an Authenticator of your own; see Vouched. For one that asks the issuer
// see package introspect.
type personal struct{}

func (personal) Authenticate(context.Context, token.Presentation) (*token.Token, error) {
	return nil, token.ErrInactive
}

func ExampleNewRouter() {
	jwts, err := token.NewVerifier(token.Config{Issuer: "https://login.example.com", Audience: []string{"https://api.example.com"}})
	if err != nil {
		panic(err)
	}
	router, err := token.NewRouter(token.RouterConfig{
		JWT:      jwts,
		Prefixes: map[string]token.Authenticator{"pat_": personal{}},
	})
	if err != nil {
		panic(err)
	}
	for _, raw := range []string{"pat_1f0c", "something-else"} {
		_, err := router.Authenticate(context.Background(), token.Bearer(raw))
		fmt.Println(raw, err)
	}
	fmt.Println(len(router.Schemes()))
	// Output:
	// pat_1f0c token: not active
	// something-else token: malformed, want another token than an opaque one (see RouterConfig.Opaque)
	// 1
}
