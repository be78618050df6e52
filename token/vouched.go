package token

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/postern-go/postern/internal/claims"
	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/internal/strict"
)

// FromSet makes a Token from claims that an Authenticator of this module has
// checked. The type of its argument is internal, so that other modules cannot
// call it: theirs is Vouched. A nil set makes the zero Token, which no policy
// accepts. It does not block, and may be called concurrently.
func FromSet(raw string, set *claims.Set) *Token { return newToken(raw, set) }

// VouchedClaims are the claims of a token that an Authenticator of your own has
// found good. Issuer, Audience and Expiry are required. The zero value of every
// other field means that the token has no such claim.
type VouchedClaims struct {
	// Issuer says who issued the token. Equal subjects of different issuers are
	// different principals: see Principal.
	Issuer string
	// Audience lists the resource servers that the token is for. Name this
	// service only after checking that.
	Audience []string
	// Expiry is the time at which the token expires, to the second. A leeway of
	// 30 seconds is added to it, as Config does.
	Expiry time.Time
	// Subject is the user that the client acts for, or the client itself.
	Subject string
	// SubjectKind says which of the two. Zero is SubjectUnknown, which rules
	// about users and clients refuse. SubjectUser needs a Subject.
	SubjectKind SubjectKind
	// ClientID is the client that the token was issued to.
	ClientID string
	// Scopes are the scopes that were granted. Nil means none, never all.
	Scopes []string
	// ScopeImplies says which scopes imply others, as Config.ScopeImplies does. Nil
	// means that each scope stands for itself.
	ScopeImplies *ScopeImplications
	// Sets are other sets of rights by name, as Profile.Sets has them for JWTs.
	Sets map[string][]string
	// ID identifies the token, as jti does.
	ID string
	// IssuedAt and NotBefore must not lie in the future.
	IssuedAt, NotBefore time.Time
	// Confirmation has the key or certificate that the token is bound to, by
	// the methods of the cnf claim (RFC 7800 §3.1), such as "x5t#S256". Your
	// Authenticator has to check that the caller possesses it: nothing else
	// does. scope.Bound lets in tokens that have one.
	Confirmation map[string]string
	// Fresh says that the issuer was asked for this call; see Token.Fresh.
	Fresh bool
	// JSON is the object that Token.Claims decodes, or nil if there are no other
	// claims. It must be strict JSON: valid Unicode, no repeated names. If it has
	// iss or sub, they must equal Issuer and Subject. If it has cnf, Confirmation
	// must be set: a bound token would pass for a bearer token. What it says in acr, auth_time
	// and act is what the accessors of the Token return; a malformed act is ErrClaim.
	// Leave no act out: scope.NotDelegated would take the token for the subject's own.
	JSON []byte
	// Time tells the time. Nil means time.Now.
	Time func() time.Time
}

// Vouched makes a Token from claims that YOU VOUCH FOR. It is for an
// Authenticator of your own, such as one for opaque tokens: nothing is verified
// here, and every policy believes the result. Call it only after the token in
// raw, its issuer, its audience and, if it is bound, the caller's possession
// have been checked. Anywhere else it is a way around all of that.
//
// What can be checked is: the required claims are present, the token has not
// expired and is already valid, and JSON is strict. The error matches ErrInvalid
// and a reason: ErrIssuer, ErrAudience, ErrExpired, ErrNotYetValid, ErrBinding,
// ErrMalformed or ErrClaim. raw is what Token.Raw returns; it may be empty. Everything is
// copied. It does not block, and may be called concurrently.
func Vouched(raw string, c VouchedClaims) (*Token, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	set, err := c.set()
	if err == nil {
		err = set.Rules.CheckAgain(set, set.Rules.Time())
	}
	if err != nil {
		if rejected, ok := err.(*rejection.Error); ok {
			rejected.Setting = "" // Vouched tokens have no Config
		}
		return nil, err
	}
	return newToken(raw, set), nil
}

// rules are those that the claims count as having passed.
func (c *VouchedClaims) rules() *claims.Rules {
	return claims.New(claims.Settings{
		Issuer:   c.Issuer,
		Audience: slices.Clone(c.Audience),
		Implied:  c.ScopeImplies.ready(),
		Sets:     c.noSources(),
		Leeway:   defaultLeeway,
		Time:     Config{Time: c.Time}.time(),
	})
}

func (c *VouchedClaims) set() (*claims.Set, error) {
	set := &claims.Set{
		Rules:        c.rules(),
		Subject:      c.Subject,
		ClientID:     c.ClientID,
		ID:           c.ID,
		Scopes:       claims.Unique(slices.Clone(c.Scopes)),
		IssuedAt:     seconds(c.IssuedAt),
		NotBefore:    seconds(c.NotBefore),
		Expiry:       seconds(c.Expiry),
		Kind:         claims.Kind(c.SubjectKind),
		Fresh:        c.Fresh,
		Confirmation: confirmation(c.Confirmation),
		JSON:         "{}",
	}
	set.Audience = set.Rules.Audience
	for _, name := range slices.Sorted(maps.Keys(c.Sets)) {
		set.Sets = append(set.Sets, claims.Unique(append([]string{}, c.Sets[name]...)))
	}
	if c.JSON != nil {
		set.JSON = string(c.JSON)
	}
	said, err := set.Rules.Circumstances(set.JSON)
	set.Circumstances = said
	return set, err
}

// noSources names the sets. Their values are given, and not read from claims.
func (c *VouchedClaims) noSources() map[string][]claims.Source {
	sets := make(map[string][]claims.Source, len(c.Sets))
	for name := range c.Sets {
		sets[name] = nil
	}
	return sets
}

func (c *VouchedClaims) validate() error {
	refuse := func(reason error, claim, want string) error {
		return &rejection.Error{Reason: reason, Claim: claim, Want: want, Setting: "VouchedClaims"}
	}
	switch {
	case c.Issuer == "":
		return refuse(ErrIssuer, "iss", "an issuer")
	case len(c.Audience) == 0 || slices.Contains(c.Audience, ""):
		return refuse(ErrAudience, "aud", "an audience, and none empty")
	case c.Expiry.Unix() <= 0 || c.Expiry.Unix() > claims.Latest:
		return refuse(ErrClaim, "exp", "a date from 1970 to the year 9999")
	case c.SubjectKind > SubjectClient, c.SubjectKind == SubjectUser && c.Subject == "":
		return refuse(ErrClaim, "sub", "a subject of the kind given")
	case c.Confirmation[""] != "" || slices.Contains(slices.Collect(maps.Values(c.Confirmation)), ""):
		return refuse(ErrClaim, "cnf", "methods with a name and a value")
	case c.JSON == nil:
		return nil
	}
	return c.validateJSON()
}

// validateJSON finds claims that contradict the accessors of a Token.
func (c *VouchedClaims) validateJSON() (err error) {
	invalid := strict.Members(string(c.JSON), func(name string, v strict.Value) {
		text, _ := v.Text()
		switch {
		case name == "iss" && text != c.Issuer:
			err = (&rejection.Error{Reason: ErrIssuer, Claim: "iss", Want: "VouchedClaims.Issuer"}).Saw(v)
		case name == "cnf" && len(c.Confirmation) == 0: // would be taken for a bearer token
			err = (&rejection.Error{Reason: ErrBinding, Claim: "cnf", Want: "VouchedClaims.Confirmation, once possession is checked"}).Saw(v)
		case name == "sub" && text != c.Subject:
			err = (&rejection.Error{Reason: ErrClaim, Claim: "sub", Want: "VouchedClaims.Subject"}).Saw(v)
		}
	})
	if invalid != nil {
		return &rejection.Error{Reason: ErrMalformed, Want: "VouchedClaims.JSON to be a strict JSON object", Cause: invalid}
	}
	return err
}

// seconds are those since 1970, or 0 for the zero time.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// confirmation is a cnf claim with the methods, or the absence of one.
func confirmation(methods map[string]string) (cnf strict.Value) {
	if len(methods) == 0 {
		return cnf
	}
	text, _ := json.Marshal(map[string]any{"cnf": methods}) // strings only, which cannot fail
	_ = strict.Members(string(text), func(_ string, v strict.Value) { cnf = v })
	return cnf
}
