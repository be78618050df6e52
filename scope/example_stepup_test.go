package scope_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// signedIn is a token of a user who signed in some time ago.
func signedIn(acr string, ago time.Duration) *token.Token {
	now := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	t, err := token.Vouched("", token.VouchedClaims{
		Issuer: "https://as.example.com", Audience: []string{"https://api.example.com"}, Expiry: now.Add(time.Hour),
		Subject: "alice", SubjectKind: token.SubjectUser, Scopes: []string{"payments:make"},
		JSON: fmt.Appendf(nil, `{"acr":%q,"auth_time":%d}`, acr, now.Add(-ago).Unix()), Time: func() time.Time { return now },
	})
	if err != nil {
		panic(err)
	}
	return t
}

func ExampleACR() {
	p := scope.All("payments:make").And(scope.ACR("phr", "mfa"))
	fmt.Println(p)
	fmt.Println(p.Check(signedIn("mfa", 0)))
	fmt.Println(p.Check(signedIn("pwd", 0)))
	// Output:
	// acr(phr, mfa) and all(payments:make)
	// <nil>
	// scope: rule "acr(phr, mfa)": insufficient user authentication: acr is "pwd", want one of [phr, mfa]; need acr phr or mfa
}

// A service with levels says which of them are enough. Clients are told to ask for
// the least.
func ExampleACRBy() {
	levels := []string{"low", "substantial", "high"}
	p := scope.ACRBy("at least substantial", func(acr string) bool { return slices.Index(levels, acr) >= 1 }, "substantial")
	fmt.Println(p.Check(signedIn("high", 0)))
	fmt.Println(p.Check(signedIn("low", 0)))
	// Output:
	// <nil>
	// scope: rule "at least substantial": insufficient user authentication: acr is "low", want one like "substantial"; need acr substantial
}

// A sensitive call asks for a recent sign-in (RFC 9470).
func ExampleMaxAge() {
	p := scope.All("payments:make").And(scope.MaxAge(5 * time.Minute))
	fmt.Println(p)
	fmt.Println(p.Check(signedIn("pwd", time.Minute)))
	fmt.Println(p.Check(signedIn("pwd", time.Hour)))
	// Output:
	// max age(5m0s) and all(payments:make)
	// <nil>
	// scope: rule "max age(5m0s)": insufficient user authentication: auth_time is 2026-08-01T11:00:00Z (1h0m0s ago), want at most 5m0s ago (leeway: Config.Leeway); need authentication at most 5m0s ago
}
