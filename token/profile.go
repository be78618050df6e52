package token

import (
	"fmt"
	"slices"
	"strings"

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
	// Scopes lists the claims that hold scopes, in place of ScopeClaim and
	// ScopeList, where they are in several claims, inside of others, or of
	// another shape. The scopes of all are joined. A claim that is there and has
	// another shape refuses the token. Claims with a client id or about the user
	// hold no scopes. Nil means one source, ScopeClaim.
	Scopes []Source
	// Sets are other sets of rights, such as roles, groups and permissions, by
	// names of your choice. They are apart from each other and from scopes: no
	// member of a set satisfies a rule about scopes, and no scope one about a
	// set; see scope.AllOf and scope.AnyOf. The values of all sources of a set
	// are joined. A set is unknown, and its rules refuse, if one of its claims
	// has another shape, more than 1000 values, a value longer than 1024 bytes,
	// or is distributed (OpenID Connect Core §5.6.2). Nil means no sets.
	Sets map[string][]Source
	// ClientIDClaim names the claim that holds the client id, such as "azp",
	// "appid" or "cid". "" means "client_id".
	ClientIDClaim string
	// AudienceClaim names a claim that stands for aud where the issuer leaves aud
	// out, such as "client_id". Its value, or one of its values, must equal one of
	// Config.Audience. Where a token has an aud as well, both must pass. Such a
	// claim tells the client and not the audience, so that something else must
	// tell ID tokens apart: a mark in Rules, a claim in Required that ID tokens
	// lack, or the type at+jwt alone. Another claim with a client id does not: the
	// ID tokens of some issuers have several. "" means that aud is needed.
	AudienceClaim string
	// Rules are marks that every token must bear, all of them, such as
	// {Claim: "token_use", Values: []string{"access"}}. Use one where the issuer
	// signs tokens for many services, tenants or purposes, and a claim tells which.
	// Nil means no rules.
	Rules []Mark
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
	for _, check := range []func() error{p.validateNames, p.validateSources, p.validateMarks, p.validateLooked, p.validateAudienceClaim} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (p Profile) validateNames() error {
	if name := p.scopeClaim(); holdsNoScopes(name) {
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

// holdsNoScopes reports whether a claim is not the issuer's word on what was
// granted: it means something else, or is one that users choose.
func holdsNoScopes(name string) bool {
	return slices.Contains(registered, name) || slices.Contains(claims.ClientIDNames, name) || slices.Contains(aboutUsers, name)
}

// validateAudienceClaim wants something that tells the ID tokens of the issuer
// apart. Their aud is a client id, as the claim that stands for it is.
func (p Profile) validateAudienceClaim() error {
	name := p.AudienceClaim
	switch {
	case name == "":
		return nil
	case slices.Contains(registered, name), slices.Contains(aboutUsers, name), slices.Contains(claims.ScopeNames, name), p.readsScopesFrom(name):
		return fmt.Errorf("%w: Profile.AudienceClaim is %q, which means something else", ErrConfig, name)
	case p.tellsIDTokens():
		return nil
	}
	return fmt.Errorf("%w: Profile.AudienceClaim is %q, so that an ID token could pass; add a mark of access tokens to Profile.Rules, or to Profile.Required a claim that ID tokens lack",
		ErrConfig, name)
}

// tellsIDTokens reports whether a setting tells access tokens from ID tokens, by
// the type or by a claim.
func (p Profile) tellsIDTokens() bool {
	if !p.AllowMissingType && !slices.ContainsFunc(p.types(), isNotAccessTokenType) {
		return true
	}
	for _, name := range p.Required {
		if p.tellsTokens(name) {
			return true
		}
	}
	for _, m := range p.Rules {
		if !m.Not && !m.Absent && p.tellsTokens(path(m.Claim, m.Path)[0]) {
			return true
		}
	}
	return false
}

// tellsTokens reports whether a claim of this name can tell the two apart. Those
// that an ID token has as well do not, and the ID tokens of some issuers have a
// client id in claims of each name.
func (p Profile) tellsTokens(name string) bool {
	switch name {
	case p.AudienceClaim, p.clientIDClaim():
		return false
	}
	return !slices.Contains(registered, name) && !slices.Contains(aboutUsers, name) && !slices.Contains(claims.ClientIDNames, name)
}

func isNotAccessTokenType(typ string) bool {
	const prefix = "application/"
	if len(typ) > len(prefix) && strings.EqualFold(typ[:len(prefix)], prefix) {
		typ = typ[len(prefix):]
	}
	return !strings.EqualFold(typ, accessTokenType)
}

// registered are claims with a meaning of their own, which is neither that of a
// scope nor of a client id (RFC 7519 §4.1, RFC 7800 §3.1, RFC 8693 §4, RFC 9396
// §9.1, OpenID Connect Core §2).
var registered = []string{
	"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf", "act", "may_act", "authorization_details",
	"nonce", "at_hash", "c_hash", "s_hash", "auth_time", "acr", "amr", "sid",
}

// aboutUsers are the claims that tell a client about its user, as ID tokens do
// (OpenID Connect Core §5.1, §5.6.2, §7.4).
var aboutUsers = []string{
	"name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website", "email",
	"email_verified", "gender", "birthdate", "zoneinfo", "locale", "phone_number", "phone_number_verified", "address", "updated_at",
	"_claim_names", "_claim_sources", "sub_jwk",
}

func orDefault(value, def string) string {
	if value == "" {
		return def
	}
	return value
}
