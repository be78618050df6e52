package token_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

// A service that accepts the tokens of one issuer. Its keys would be
// discovered from the issuer if Keys were nil.
func ExampleNewVerifier() {
	verifier, err := token.NewVerifier(token.Config{
		Issuer:   "https://as.example.com",
		Audience: []string{"https://api.example.com"},
		Keys:     jwks.Static{{ID: "es256", Algorithm: "ES256", Public: issuerKey}},
	})
	if err != nil {
		log.Fatal(err)
	}
	t, err := verifier.Authenticate(context.Background(), token.Bearer(tokenWith("scope", "orders:read")))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(t.Subject(), t.ClientID(), t.Scopes())
	fmt.Println(t)
	// Output:
	// user client [orders:read]
	// access token of "client" for "user"
}

// A refusal tells the operator why. The caller is told less.
func ExampleVerifier_Authenticate_refused() {
	_, err := verifier.Authenticate(context.Background(), token.Bearer(tokenWith("aud", "https://sibling.example.com")))
	fmt.Println(errors.Is(err, token.ErrInvalid), errors.Is(err, token.ErrAudience))
	fmt.Println(token.Reason(err))
	fmt.Println(err)
	// Output:
	// true true
	// audience
	// token: wrong audience: aud is "https://sibling.example.com", want one of ["https://api.example.com"] (see Config.Audience)
}

// At start, or in a readiness probe.
func ExampleVerifier_Ready() {
	if err := verifier.Ready(context.Background()); err != nil {
		fmt.Println("not ready:", token.Reason(err))
		return
	}
	fmt.Println("ready")
	// Output: ready
}

// An issuer whose tokens predate RFC 9068: they say JWT, name the client azp
// and list their scopes as scp.
func ExampleProfile() {
	profile := token.LegacyProfile()
	profile.ClientIDClaim = "azp"
	profile.ScopeClaim, profile.ScopeList = "scp", true
	profile.Required = []string{"sub", "scp"}

	verifier, err := token.NewVerifier(token.Config{
		Issuer:   "https://as.example.com",
		Audience: []string{"https://api.example.com"},
		Keys:     jwks.Static{{ID: "es256", Public: issuerKey}},
		Profile:  profile,
	})
	if err != nil {
		log.Fatal(err)
	}
	t, err := verifier.Authenticate(context.Background(), token.Bearer(legacyToken))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(t.ClientID(), t.Scopes())
	// Output: app [orders:read orders:write]
}

// An issuer that says in the claim idtyp whether a token is for a user or for
// an application by itself.
func ExampleMark() {
	verifier, err := token.NewVerifier(token.Config{
		Issuer:   "https://as.example.com",
		Audience: []string{"https://api.example.com"},
		Keys:     jwks.Static{{ID: "es256", Public: issuerKey}},
		Profile: token.Profile{
			Users:   []token.Mark{{Claim: "idtyp", Values: []string{"user"}}},
			Clients: []token.Mark{{Claim: "idtyp", Values: []string{"app"}}},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, raw := range []string{tokenWith("idtyp", "user"), tokenWith("idtyp", "app"), tokenWith()} {
		t, err := verifier.Authenticate(context.Background(), token.Bearer(raw))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(t.SubjectKind())
	}
	// Output:
	// user
	// client
	// unknown
}

// An issuer that has roles inside of another claim, says in a claim what a token
// is for, and writes one scope as a string and several as an array.
func ExampleSource() {
	verifier, err := token.NewVerifier(token.Config{
		Issuer:   "https://as.example.com",
		Audience: []string{"https://api.example.com"},
		Keys:     jwks.Static{{ID: "es256", Public: issuerKey}},
		Profile: token.Profile{
			Rules:  []token.Mark{{Claim: "use", Values: []string{"access"}}},
			Scopes: []token.Source{{Claim: "scope", Shape: token.ShapeWordsOrList}},
			Sets:   map[string][]token.Source{"roles": {{Path: []string{"realm_access", "roles"}}}},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	roles := map[string][]string{"roles": {"editor"}}
	t, err := verifier.Authenticate(context.Background(), token.Bearer(tokenWith("use", "access", "scope", []string{"a", "b"}, "realm_access", roles)))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(t.Scopes(), t.HasValue("roles", "editor"))
	_, err = verifier.Authenticate(context.Background(), token.Bearer(tokenWith("use", "id")))
	fmt.Println(err)
	// Output:
	// [a b] true
	// token: claim missing or wrong: use is "id", want one of ["access"] (see Config.Profile.Rules)
}

// A service that has routes for users and learns at start that its issuer's
// profile does not say what proves one.
func ExampleCanTell() {
	fmt.Println(token.CanTell(verifier, token.SubjectClient))
	fmt.Println(token.CanTell(verifier, token.SubjectUser))
	// Output:
	// true
	// false
}

// A service that has routes for roles and learns at start that no profile says
// where they are.
func ExampleHasSet() {
	fmt.Println(token.HasSet(verifier, "roles"))
	// Output: false
}

// A service that has routes for bound tokens and learns at start that it checks no
// binding.
func ExampleTakesBound() {
	fmt.Println(token.TakesBound(verifier))
	// Output: false
}

// What a service prints when it starts.
func ExampleRelaxations() {
	verifier, err := token.NewVerifier(token.Config{
		Issuer:   "https://as.example.com",
		Audience: []string{"https://api.example.com"},
		Profile:  token.Profile{Types: []string{"JWT"}, ClientIDClaim: "azp"},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, line := range token.Relaxations(verifier) {
		fmt.Println(line)
	}
	// Output:
	// Profile.Types accepts ["JWT"]
	// Profile.ClientIDClaim reads the client id from "azp"
}

func ExamplePostures() {
	for _, p := range token.Postures(token.ByIssuer(map[string]token.Authenticator{"https://as.example.com": verifier})) {
		fmt.Println(p.Issuer, p.Audience, p.Ready())
	}
	// Output: https://as.example.com [https://api.example.com] true
}

// Two issuers, each with keys, audience and algorithms of its own.
func ExampleByIssuer() {
	auth := token.ByIssuer(map[string]token.Authenticator{
		"https://as.example.com":    verifier,
		"https://other.example.com": otherVerifier,
	})
	t, err := auth.Authenticate(context.Background(), token.Bearer(tokenWith("sub", "alice")))
	fmt.Println(t.Principal(), err)
	_, err = auth.Authenticate(context.Background(), token.Bearer(tokenWith("iss", "https://evil.example.com")))
	fmt.Println(token.Reason(err))
	// Output:
	// {https://as.example.com alice} <nil>
	// issuer
}

func ExampleClaimsOf() {
	type claims struct {
		Tenant string `json:"tenant"`
	}
	t, err := verifier.Authenticate(context.Background(), token.Bearer(tokenWith("tenant", "acme")))
	if err != nil {
		log.Fatal(err)
	}
	c, err := token.ClaimsOf[claims](t)
	fmt.Println(c.Tenant, err)
	// Output: acme <nil>
}

// A service acts for the user, on behalf of the client that called it.
func ExampleToken_Actor() {
	t, err := verifier.Authenticate(context.Background(), token.Bearer(tokenWith("act", map[string]any{"sub": "billing"})))
	if err != nil {
		log.Fatal(err)
	}
	actor, acted := t.Actor()
	fmt.Println(t.Subject(), "by", actor.Subject, acted)
	// Output: user by billing true
}

func ExampleToken_AuthenticatedWithin() {
	signedIn := time.Now().Add(-10 * time.Minute)
	t, err := verifier.Authenticate(context.Background(), token.Bearer(tokenWith("auth_time", signedIn.Unix())))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(t.AuthenticatedWithin(time.Hour), t.AuthenticatedWithin(5*time.Minute))
	// Output: true false
}

// A handler tells its user how long ago they signed in.
func ExampleToken_AuthenticationAge() {
	signedIn := time.Now().Add(-10 * time.Minute)
	t, err := verifier.Authenticate(context.Background(), token.Bearer(tokenWith("auth_time", signedIn.Unix())))
	if err != nil {
		log.Fatal(err)
	}
	age, known := t.AuthenticationAge()
	fmt.Println(age.Round(time.Minute), known)
	// Output: 10m0s true
}

// In a handler behind the middleware or an interceptor.
func ExampleClaimsFrom() {
	handle := func(ctx context.Context) {
		claims, err := token.ClaimsFrom[struct {
			Tenant string `json:"tenant"`
		}](ctx)
		fmt.Println(claims.Tenant, err)
	}
	t, err := verifier.Authenticate(context.Background(), token.Bearer(tokenWith("tenant", "acme")))
	if err != nil {
		log.Fatal(err)
	}
	handle(token.NewContext(context.Background(), t))
	handle(context.Background())
	// Output:
	// acme <nil>
	//  token: no access token presented
}

func ExampleFromContext() {
	handle := func(ctx context.Context) {
		if t, ok := token.FromContext(ctx); ok {
			fmt.Println("called by", t.ClientID(), "for", t.Subject())
			return
		}
		fmt.Println("called by anyone")
	}
	t, err := verifier.Authenticate(context.Background(), token.Bearer(tokenWith()))
	if err != nil {
		log.Fatal(err)
	}
	handle(token.NewContext(context.Background(), t))
	handle(context.Background())
	// Output:
	// called by client for user
	// called by anyone
}

// For metric labels: the reason is one of a closed set.
func ExampleReason() {
	_, err := verifier.Authenticate(context.Background(), token.Bearer(tokenWith("exp", 1)))
	fmt.Println(token.Reason(err))
	fmt.Println(token.Reason(&token.ScopeError{Need: []string{"orders:read"}}))
	fmt.Println(token.Reason(errors.New("from elsewhere")))
	// Output:
	// expired
	// scope
	// unavailable
}

// A counter for each reason, from the start.
func ExampleReasons() {
	refusals := map[string]int{}
	for _, err := range token.Reasons() {
		refusals[token.Reason(err)] = 0
	}
	_, err := verifier.Authenticate(context.Background(), token.Bearer(tokenWith("exp", 1)))
	refusals[token.Reason(err)]++
	count, known := refusals["audience"]
	fmt.Println(refusals["expired"], count, known)
	// Output: 1 0 true
}

// The outcome decides the answer; there are several reasons for some outcomes.
func ExampleOutcome() {
	fmt.Println(token.Outcome(token.ErrExpired), token.Outcome(token.ErrSubjectUnknown), token.Outcome(token.ErrKeysUnavailable))
	// Output: invalid denied unavailable
}

// An Authenticator that asks another service holds that service's errors to
// what its callers rely on.
func ExampleAsOutcome() {
	refused := errors.New("connection refused\nby 192.0.2.1")
	err := token.AsOutcome(refused, token.ErrUnavailable)
	fmt.Println(token.Reason(err), errors.Is(err, refused))
	fmt.Println(err)
	// Output:
	// unavailable true
	// token: access token cannot be judged now: connection refused; by 192.0.2.1
}

// Everything that is wrong with a token, for a tool.
func ExampleVerifier_Explain() {
	raw := tokenWith("aud", "https://sibling.example.com", "exp", 1)
	for _, f := range verifier.Explain(context.Background(), token.Bearer(raw)) {
		if f.Err != nil {
			fmt.Println(f.Check, token.Reason(f.Err))
		}
	}
	// Output:
	// exp expired
	// aud audience
}

// An Authenticator sees the call that the credentials came with.
func ExamplePresentation_Request() {
	p := token.Presentation{Scheme: "DPoP", Token: "abc", Call: token.Request{Method: "GET", DPoP: []string{"proof"}}}
	fmt.Println(p.Request().Method, len(p.Request().DPoP), token.Bearer("abc").Request().Method == "")
	// Output: GET 1 true
}

func ExampleSchemesOf() {
	schemes, err := token.SchemesOf(verifier)
	fmt.Println(schemes[0].Name, err, len(verifier.Schemes()))
	// Output: Bearer <nil> 1
}

// collected is a call that keeps the fields for its response.
type collected struct {
	token.Call
	fields []token.Field
}

func (c *collected) Respond(f token.Field) bool {
	c.fields = append(c.fields, f)
	return true
}

// A transport of one's own sends what an Authenticator responds.
// A check of a one-time code. An inner guard judges the call once more, with the
// same code.
func ExamplePresentation_Spend() {
	used := map[string]bool{}
	check := func(p token.Presentation, code string) error {
		id := sha256.Sum256([]byte(code))
		if p.Spent(id) {
			return nil // a guard further out has accepted it for this call
		}
		if used[code] {
			return token.ErrReplay
		}
		used[code] = true
		p.Spend(id)
		return nil
	}
	fmt.Println(check(token.Bearer("token"), "one"))
	fmt.Println(token.Reason(check(token.Bearer("token"), "one")))
	// Output:
	// <nil>
	// replay
}

// Without a guard nothing is known to be spent.
func ExamplePresentation_Spent() {
	p := token.Bearer("token")
	p.Spend([32]byte{1})
	fmt.Println(p.Spent([32]byte{1}))
	// Output: false
}

func ExamplePresentation_Respond() {
	call := &collected{Call: token.Request{Method: "GET"}}
	p := token.Presentation{Token: "abc", Call: call}
	fmt.Println(p.Respond("DPoP-Nonce", "eyJ7S_zG"), p.Respond("Set-Cookie", "a=b"), token.Bearer("abc").Respond("DPoP-Nonce", "x"))
	for _, f := range call.fields {
		fmt.Printf("%s: %s\n", f.Name(), f.Value())
	}
	// Output:
	// true false false
	// DPoP-Nonce: eyJ7S_zG
}

// A handler reads the details that it has to compare with the call itself.
func ExampleDetailsOf() {
	type payment struct {
		Creditor string `json:"creditor"`
		Most     int    `json:"most"`
	}
	t, err := verifier.Authenticate(context.Background(), token.Bearer(tokenWith("authorization_details", []map[string]any{
		{"type": "payment", "creditor": "Merchant A", "most": 100},
		{"type": "payment", "creditor": "Merchant B", "most": 500, "locations": []string{"https://other.example.com"}},
		{"type": "account_information"},
	})))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.DetailsOf[payment](t, "payment"))
	// Output: [{Merchant A 100}] <nil>
}
