package propose

import (
	"fmt"
	"slices"
	"strings"
)

// ofSignIn are claims about the sign-in of a user. ID tokens have them (OpenID
// Connect Core §2), and some access tokens (RFC 9068 §2.2.1).
var ofSignIn = []string{"auth_time", "acr", "amr"}

// ofOpenID are scopes that a client asks for to get an ID token and claims about
// the user (OpenID Connect Core §3.1.2.1, §5.4, §11).
var ofOpenID = []string{"openid", "profile", "email", "address", "phone", "offline_access"}

// clientIDs are claims of access tokens that the ID tokens of some issuers have
// too, such as those of AD FS, Authelia and ZITADEL.
var clientIDs = []string{"client_id", "cid", "appid"}

func (c *candidate) isTypedAccess() bool {
	typ, _ := c.header["typ"].(string)
	return strings.TrimPrefix(strings.ToLower(typ), "application/") == "at+jwt"
}

// saysItsKind reports whether the token says that it is an access token.
func (c *candidate) saysItsKind() bool {
	for _, kind := range kinds {
		if c.claims[kind.claim] == kind.access {
			return true
		}
	}
	return false
}

func (c *candidate) isAboutSignIn() bool {
	return slices.ContainsFunc(ofSignIn, func(name string) bool { return c.claims[name] != nil })
}

// refuseSignIns refuses a token that says how a user signed in and not to which
// client it was issued: ID tokens have the client in aud.
func (c *candidate) refuseSignIns() error {
	if c.isTypedAccess() || c.saysItsKind() || c.clientClaim != "" || !c.isAboutSignIn() {
		return nil
	}
	return fmt.Errorf("%w: it seems to be an ID token: it tells how a user signed in, and names no client but in aud. Have the client send its access token", ErrHole)
}

// apartBy are the claims that may tell the token from ID tokens. None does where a
// token says its kind: there is no need to guess. A client id does not where the
// token is about a sign-in as well, and a scope claim not if it has scopes of
// OpenID Connect alone.
func (c *candidate) apartBy() []string {
	if c.saysItsKind() {
		return nil
	}
	ofOthers := func(s string) bool { return !slices.Contains(ofOpenID, s) }
	return slices.DeleteFunc(slices.Clone(accessOnly), func(name string) bool {
		switch {
		case slices.Contains(mapped, name) && c.clientClaim == "":
			return true
		case name == "client_id" && c.claims["jti"] == nil && c.scopeClaim == "": // as ID tokens of some issuers are
			return true
		case slices.Contains(clientIDs, name):
			return c.isAboutSignIn()
		case name == c.scopeClaim:
			return !slices.ContainsFunc(c.scopes, ofOthers)
		}
		return false
	})
}
