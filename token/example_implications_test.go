package token_test

import (
	"fmt"
	"log"
	"time"

	"github.com/postern-go/postern/token"
)

// A service declares once that those who may write may read, and asks for the
// smaller scope wherever it is enough.
func ExampleNewScopeImplications() {
	implications, err := token.NewScopeImplications(map[string][]string{"photos:write": {"photos:read"}})
	if err != nil {
		log.Fatal(err)
	}
	t, err := token.Vouched("2YotnFZFEjr1zCsicMWpAA", token.VouchedClaims{
		Issuer:       "https://login.example.com",
		Audience:     []string{"https://photos.example.com"},
		Scopes:       []string{"photos:write"},
		ScopeImplies: implications,
		Expiry:       time.Now().Add(time.Hour),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(t.HasScope("photos:read"), t.HasScope("photos:delete"), t.Scopes())
	// Output: true false [photos:write]
}
