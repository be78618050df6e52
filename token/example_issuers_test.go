package token_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

// An issuer is added while the service runs. Verifiers that stay keep the tokens
// they remember.
func ExampleIssuers_Replace() {
	issuers := token.ByIssuer(map[string]token.Authenticator{"https://as.example.com": verifier})
	_, err := issuers.Authenticate(context.Background(), token.Bearer(otherToken))
	fmt.Println(token.Reason(err))

	err = issuers.Replace(map[string]token.Authenticator{
		"https://as.example.com":    verifier,
		"https://other.example.com": otherVerifier,
	})
	if err != nil {
		log.Fatal(err)
	}
	t, err := issuers.Authenticate(context.Background(), token.Bearer(otherToken))
	fmt.Println(t.Issuer(), err, issuers.Schemes()[0].Name)
	// Output:
	// issuer
	// https://other.example.com <nil> Bearer
}

// Each customer of a product has an issuer of its own, which a table knows.
func ExampleNewResolver() {
	customers := map[string]*token.Verifier{"https://other.example.com": otherVerifier}
	resolver, err := token.NewResolver(token.ResolverConfig{
		Allow: func(issuer string) bool {
			return slices.Contains([]string{"https://other.example.com", "https://new.example.com"}, issuer)
		},
		Resolve: func(_ context.Context, issuer string) (token.Authenticator, error) {
			v, ok := customers[issuer]
			if !ok {
				return nil, token.ErrIssuer
			}
			return v, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	t, err := resolver.Authenticate(context.Background(), token.Bearer(otherToken))
	fmt.Println(t.Issuer(), err, resolver.Schemes()[0].Name)

	// The customer leaves.
	delete(customers, "https://other.example.com")
	resolver.Forget("https://other.example.com")
	_, err = resolver.Authenticate(context.Background(), token.Bearer(otherToken))
	fmt.Println(token.Reason(err))
	// Output:
	// https://other.example.com <nil> Bearer
	// issuer
}

// The tenants of a multi-tenant issuer share keys; tid must name the tenant that
// iss names.
func ExampleTemplate() {
	cfg := token.ResolverConfig{Templates: []token.Template{{
		Issuer: "https://login.example.com/{tenantid}/v2.0",
		Allow:  token.IsGUID,
		Claim:  "tid",
		Config: token.Config{
			Audience: []string{"https://api.example.com"},
			Keys:     jwks.Static{{ID: "es256", Public: issuerKey}},
		},
	}}}
	if err := cfg.Validate(); err != nil {
		log.Fatal(err)
	}
	resolver, err := token.NewResolver(cfg)
	if err != nil {
		log.Fatal(err)
	}
	const tenant = "9188040d-6c67-4c5b-b112-36a304b66dad"
	for _, tid := range []string{tenant, "another"} {
		raw := tokenWith("iss", "https://login.example.com/"+tenant+"/v2.0", "tid", tid)
		t, err := resolver.Authenticate(context.Background(), token.Bearer(raw))
		if errors.Is(err, token.ErrInvalid) {
			fmt.Println(token.Reason(err))
			continue
		}
		fmt.Println(t.Issuer())
	}
	// Output:
	// https://login.example.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0
	// claim
}

func ExampleTemplate_Value() {
	realms := token.Template{Issuer: "https://sso.example.com/realms/{realm}"}
	fmt.Println(realms.Value("https://sso.example.com/realms/acme"))
	fmt.Println(realms.Value("https://sso.example.com/realms/../admin"))
	// Output:
	// acme true
	//  false
}

func ExampleIsGUID() {
	fmt.Println(token.IsGUID("9188040d-6c67-4c5b-b112-36a304b66dad"), token.IsGUID("common"))
	// Output: true false
}

// A tool looks at the token of one tenant by the settings for all of them.
func ExampleTemplate_ConfigFor() {
	tenants := token.Template{
		Issuer: "https://login.example.com/{tenant}", Values: []string{"acme"}, Claim: "tid",
		Config: token.Config{Audience: []string{"https://api.example.com"}},
	}
	cfg, err := tenants.ConfigFor("https://login.example.com/acme")
	fmt.Println(cfg.Issuer, cfg.Profile.Rules[0].Values, err)
	_, err = tenants.ConfigFor("https://login.example.com/evil")
	fmt.Println(token.Reason(err))
	// Output:
	// https://login.example.com/acme [acme] <nil>
	// issuer
}
