package bench

import (
	"errors"
	"strings"
)

// Peer is one way of verifying access tokens.
type Peer struct {
	// Name is what it goes by in benchmarks and tables.
	Name string
	// Modules are what it is made of, besides the standard library.
	Modules []string
	// New returns the check of a token of the issuer, ready to be called many
	// times, concurrently, and without a request to anybody.
	New func(*Issuer) (Verify, error)
}

// Verify returns nil for an access token of the issuer that is for Audience
// and has Scope.
type Verify func(raw string) error

// Peers are all that are compared, postern first. Where jwx v4 builds, it is the
// last.
var Peers = append([]Peer{
	{"postern", []string{"github.com/postern-go/postern"}, newPostern(cold)},
	{"postern-warm", []string{"github.com/postern-go/postern"}, newPostern(warm)},
	{"golang-jwt+keyfunc", []string{"github.com/golang-jwt/jwt/v5", "github.com/MicahParks/keyfunc/v3"}, newGolangJWT},
	{"go-jose", []string{"github.com/go-jose/go-jose/v4"}, newGoJOSE},
	{"go-oidc", []string{"github.com/coreos/go-oidc/v3"}, newGoOIDC},
	{"jwx", []string{"github.com/lestrrat-go/jwx/v3"}, newJWX},
	{"auth0", []string{"github.com/auth0/go-jwt-middleware/v3"}, newAuth0},
	{"zitadel-oidc", []string{"github.com/zitadel/oidc/v3"}, newZitadel},
}, jwx4...)

var (
	errHeader = errors.New("bench: not an access token by its typ")
	errClaims = errors.New("bench: a claim that RFC 9068 requires is missing")
	errScope  = errors.New("bench: the scope is missing")
)

// rest are the claims of RFC 9068 §2.2 that no peer looks at by itself, as a
// service that uses it would decode them.
type rest struct {
	Subject  string `json:"sub"`
	ClientID string `json:"client_id"`
	ID       string `json:"jti"`
	Scope    string `json:"scope"`
}

// check is what a service that uses a peer writes by hand.
func (r *rest) check() error {
	if r.Subject == "" || r.ClientID == "" || r.ID == "" {
		return errClaims
	}
	for scope := range strings.SplitSeq(r.Scope, " ") {
		if scope == Scope {
			return nil
		}
	}
	return errScope
}

func checkType(typ any) error {
	if typ != "at+jwt" {
		return errHeader
	}
	return nil
}
