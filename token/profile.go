package token

import (
	"fmt"
	"slices"

	"github.com/postern-go/postern/internal/claims"
)

// Profile describes an issuer's access tokens. The zero Profile is RFC 9068 as
// written; ask the issuer for such tokens first. Each other value relaxes one
// check for one issuer, and nothing else does.
type Profile struct {
	// Types lists the accepted values of the typ header, compared as media
	// types: in any case, with or without "application/" (RFC 7515 §4.1.9).
	// Nil means at+jwt alone (RFC 9068 §4). Where it lists any other type, a
	// token of such a type is refused when it carries nonce, at_hash or
	// c_hash, which ID tokens have and access tokens do not (RFC 8725 §3.12).
	Types []string
	// AllowMissingType accepts a token without a typ header, under the same
	// condition.
	AllowMissingType bool
	// ScopeClaim names the claim that holds the scopes. "" means "scope".
	ScopeClaim string
	// ScopeList says that the scope claim is an array of strings instead of
	// one string of scopes separated by spaces (RFC 9068 §2.2.3). One shape
	// is read, never both.
	ScopeList bool
	// ClientIDClaim names the claim that holds the client id, such as "azp",
	// "appid" or "cid". "" means "client_id".
	ClientIDClaim string
	// Required lists the claims a token must have besides iss, aud and exp,
	// which are always required. Nil means those of RFC 9068 §2.2: sub,
	// client_id (under ClientIDClaim), iat and jti. An empty list requires no
	// more. A claim that an ID token of the issuer lacks is a good choice
	// where types cannot tell the two apart.
	Required []string
	// ClientIDs lists clients that might send this service their ID tokens. A
	// token of another type than at+jwt that names one in aud is refused.
	ClientIDs []string
	// Users are the issuer's marks that the subject is a user. One of them is
	// enough. Nil means that no token proves a user, and then rules such as
	// scope.User refuse every token: RFC 9068 has no such mark. An issuer that
	// puts the client id into sub of its tokens for clients, as RFC 9068 §5
	// advises, has
	//
	//	{Claim: "sub", ClientID: true, Not: true}
	Users []Mark
	// Clients are the issuer's marks that the subject is the client itself. One
	// of them is enough. Equal sub and client id show it with no mark.
	Clients []Mark
}

// LegacyProfile fits issuers that predate RFC 9068: typ may be JWT or at+jwt or
// be missing, and only iss, aud and exp are required. Then only two things tell
// an access token from an ID token: it has no nonce, at_hash or c_hash, and its
// audience is this service. Add a claim of the issuer's access tokens to
// Required.
func LegacyProfile() Profile {
	return Profile{Types: []string{accessTokenType, "JWT"}, AllowMissingType: true, Required: []string{}}
}

// maxRequired is how many claims Profile.Required may list.
const maxRequired = 64

// accessTokenType is the typ of RFC 9068 §2.1.
const accessTokenType = "at+jwt"

func (p Profile) types() []string {
	if p.Types == nil {
		return []string{accessTokenType}
	}
	return p.Types
}

func (p Profile) scopeClaim() string    { return orDefault(p.ScopeClaim, "scope") }
func (p Profile) clientIDClaim() string { return orDefault(p.ClientIDClaim, "client_id") }

func (p Profile) required() []string {
	if p.Required == nil {
		return []string{"sub", p.clientIDClaim(), "iat", "jti"}
	}
	return p.Required
}

func (p Profile) validate() error {
	if len(p.types()) == 0 && !p.AllowMissingType {
		return fmt.Errorf("%w: Profile.Types is empty, so no token could pass", ErrConfig)
	}
	if len(p.Required) > maxRequired {
		return fmt.Errorf("%w: Profile.Required lists more than %d claims", ErrConfig, maxRequired)
	}
	if slices.Contains(p.Types, "") || slices.Contains(p.Required, "") || slices.Contains(p.ClientIDs, "") {
		return fmt.Errorf("%w: Profile lists an empty name", ErrConfig)
	}
	if err := p.validateNames(); err != nil {
		return err
	}
	return p.validateMarks()
}

func (p Profile) validateNames() error {
	if name := p.scopeClaim(); slices.Contains(registered, name) || slices.Contains(claims.ClientIDNames, name) {
		return fmt.Errorf("%w: Profile.ScopeClaim is %q, which means something else", ErrConfig, name)
	}
	if name := p.clientIDClaim(); slices.Contains(registered, name) || slices.Contains(claims.ScopeNames, name) {
		return fmt.Errorf("%w: Profile.ClientIDClaim is %q, which means something else", ErrConfig, name)
	}
	if p.scopeClaim() == p.clientIDClaim() {
		return fmt.Errorf("%w: Profile.ScopeClaim and Profile.ClientIDClaim are both %q", ErrConfig, p.scopeClaim())
	}
	return nil
}

// registered are claims with a meaning of their own, which is neither that of a
// scope nor of a client id (RFC 7519 §4.1, RFC 7800 §3.1, RFC 8693 §4, OpenID
// Connect Core §2).
var registered = []string{
	"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf", "act", "may_act",
	"nonce", "at_hash", "c_hash", "s_hash", "auth_time", "acr", "amr", "sid",
}

func orDefault(value, def string) string {
	if value == "" {
		return def
	}
	return value
}
