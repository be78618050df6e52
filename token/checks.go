package token

import (
	"math/bits"
	"slices"
	"time"

	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/internal/strict"
)

// fill checks the claims of a token whose signature is good, up to the first
// fault, and fills in what t says of them.
func (v *Verifier) fill(t *claimSet, c *claims, now time.Time) (fault error) {
	v.eachClaim(t, c, now, func(_ string, err error) bool {
		fault = err
		return err == nil
	})
	return fault
}

// eachClaim makes the checks of claims, in the order in which their faults are
// reported, for as long as visit, which hears of each, returns true. Each check
// stands alone: no claim makes up for another.
func (v *Verifier) eachClaim(t *claimSet, c *claims, now time.Time, visit func(check string, err error) bool) {
	_ = visit("iss", v.checkIssuer(t, c)) &&
		visit("exp", v.checkExpiry(t, c, now)) &&
		visit("nbf", v.checkNotBefore(t, c, now)) &&
		visit("iat", v.checkIssuedAt(t, c, now)) &&
		visit("aud", v.checkAudience(t, c)) &&
		visit("sub", v.checkSubject(t, c)) &&
		visit("client id", v.checkClientID(t, c)) &&
		visit("jti", v.checkID(t, c)) &&
		visit("required claims", v.checkOthers(c)) &&
		visit("scope", v.checkScope(t, c)) &&
		visit("no ID token", v.checkNoIDToken(t, c))
}

// checkAgain checks of a token that was good before what time may have changed,
// and whom it is for.
func (v *Verifier) checkAgain(t *claimSet, now time.Time) error {
	if err := v.checkNotExpired(t, now); err != nil {
		return err
	}
	if err := v.checkNotAhead("nbf", t.notBefore, now); err != nil {
		return err
	}
	if err := v.checkNotAhead("iat", t.issuedAt, now); err != nil {
		return err
	}
	if !v.isAudience(t.audience) {
		return &rejection.Error{Reason: ErrAudience, Claim: "aud", Want: v.want.audience, Setting: "Config.Audience"}
	}
	return nil
}

// checkIssuer has been called before, to choose the keys. It is called again
// here so that no token exists whose issuer was not checked with its claims.
func (v *Verifier) checkIssuer(t *claimSet, c *claims) error {
	t.issuer, t.verifier = v.issuer, v
	return v.isFromIssuer(c)
}

func (v *Verifier) isFromIssuer(c *claims) error {
	if iss, ok := c.iss.Text(); !ok || iss != v.issuer {
		return (&rejection.Error{Reason: ErrIssuer, Claim: "iss", Want: v.want.issuer, Setting: "Config.Issuer"}).Saw(c.iss)
	}
	return nil
}

// checkExpiry refuses from the very second of exp on (RFC 7519 §4.1.4). A
// fraction of a second is dropped, to the earlier side.
func (v *Verifier) checkExpiry(t *claimSet, c *claims, now time.Time) error {
	exp, _, ok := numericDate(c.exp)
	if !ok {
		return wrongDate("exp", c.exp)
	}
	t.expiry = exp
	return v.checkNotExpired(t, now)
}

func (v *Verifier) checkNotExpired(t *claimSet, now time.Time) error {
	if now.Before(numericTime(t.expiry).Add(v.leeway)) {
		return nil
	}
	return &rejection.Error{Reason: ErrExpired, Claim: "exp", Form: rejection.Past, Date: t.expiry, Now: now.Unix(), Leeway: v.leeway, Setting: "Config.Leeway"}
}

func (v *Verifier) checkNotBefore(t *claimSet, c *claims, now time.Time) (err error) {
	t.notBefore, err = v.checkPast("nbf", c.nbf, now)
	return err
}

// checkIssuedAt refuses a token from the future: its issuer's clock, or the
// claim, is wrong.
func (v *Verifier) checkIssuedAt(t *claimSet, c *claims, now time.Time) (err error) {
	if c.iat.Kind == strict.Absent && (v.required.iat || v.maxLifetime > 0) {
		return wrongDate("iat", c.iat)
	}
	if t.issuedAt, err = v.checkPast("iat", c.iat, now); err != nil {
		return err
	}
	// In seconds: the years that fit a date do not fit a time.Duration.
	if v.maxLifetime > 0 && t.expiry-t.issuedAt > int64(v.maxLifetime/time.Second) {
		return &rejection.Error{Reason: ErrClaim, Claim: "exp", Form: rejection.TooFar, Date: t.expiry, Now: t.issuedAt, Want: v.want.lifetime, Setting: "Config.MaxLifetime"}
	}
	return nil
}

// checkPast reads a date that must not lie in the future. A fraction of a
// second is rounded up, to the stricter side.
func (v *Verifier) checkPast(name string, value strict.Value, now time.Time) (int64, error) {
	if value.Kind == strict.Absent {
		return 0, nil
	}
	date, more, ok := numericDate(value)
	if !ok {
		return 0, wrongDate(name, value)
	}
	if more {
		date++
	}
	return date, v.checkNotAhead(name, date, now)
}

func (v *Verifier) checkNotAhead(name string, date int64, now time.Time) error {
	if !time.Unix(date, 0).After(now.Add(v.leeway)) {
		return nil
	}
	return &rejection.Error{Reason: ErrNotYetValid, Claim: name, Form: rejection.Ahead, Date: date, Now: now.Unix(), Leeway: v.leeway, Setting: "Config.Leeway"}
}

// checkAudience wants one of our identifiers, exactly (RFC 9068 §4, RFC 7519
// §4.1.3). A token for somebody else must be worthless here.
func (v *Verifier) checkAudience(t *claimSet, c *claims) error {
	switch c.aud.Kind {
	case strict.String:
		aud, _ := c.aud.Text()
		t.theAudience[0] = aud
		t.audience = t.theAudience[:]
	case strict.Array:
		var ok bool
		if t.audience, ok = listStrings(c.aud); !ok {
			return wrongType("aud", c.aud, "a string or an array of strings")
		}
	case strict.Object:
		return wrongType("aud", c.aud, "a string or an array of strings")
	}
	if v.isAudience(t.audience) {
		return nil
	}
	return (&rejection.Error{
		Reason: ErrAudience, Claim: "aud", Want: v.want.audience, Setting: "Config.Audience", Hint: noAudience(c.payload),
	}).Saw(c.aud)
}

func (v *Verifier) isAudience(named []string) bool {
	for _, aud := range named {
		if slices.Contains(v.audience, aud) {
			return true
		}
	}
	return false
}

func (v *Verifier) checkSubject(t *claimSet, c *claims) (err error) {
	t.subject, err = text("sub", c.sub, v.required.sub)
	return err
}

// checkClientID comes after checkSubject: once both are known, so is the kind of
// the subject.
func (v *Verifier) checkClientID(t *claimSet, c *claims) (err error) {
	if c.clientID.Kind == strict.Absent && v.required.clientID {
		return &rejection.Error{
			Reason: ErrClaim, Claim: v.clientIDClaim, Want: notEmpty, Setting: "Config.Profile.Required", Hint: noClientID(c.payload),
		}
	}
	if t.clientID, err = text(v.clientIDClaim, c.clientID, v.required.clientID); err != nil {
		return err
	}
	t.kind = v.marks.kind(t, c)
	return nil
}

func (v *Verifier) checkID(t *claimSet, c *claims) (err error) {
	t.id, err = text("jti", c.jti, v.required.jti)
	return err
}

// checkOthers wants the claims that are required by name only.
func (v *Verifier) checkOthers(c *claims) error {
	if missing := ^c.others & (1<<len(v.required.others) - 1); missing != 0 {
		name := v.required.others[bits.TrailingZeros64(missing)]
		return &rejection.Error{Reason: ErrClaim, Claim: name, Want: "it to be there", Setting: "Config.Profile.Required"}
	}
	return nil
}

// checkScope reads the scopes. No claim means no scope, never all.
func (v *Verifier) checkScope(t *claimSet, c *claims) error {
	if c.scope.Kind == strict.Absent {
		return nil
	}
	if v.scopeList {
		scopes, ok := listStrings(c.scope)
		if !ok {
			return (&rejection.Error{Reason: ErrClaim, Claim: v.scopeClaim, Want: "an array of strings", Setting: "Config.Profile.ScopeList"}).Saw(c.scope)
		}
		t.scopes = unique(scopes)
		return nil
	}
	value, ok := c.scope.Text()
	if !ok {
		return (&rejection.Error{Reason: ErrClaim, Claim: v.scopeClaim, Want: "a string", Setting: "Config.Profile.ScopeList"}).Saw(c.scope)
	}
	t.scopes = splitScopes(value)
	return nil
}

// checkNoIDToken refuses what looks like an ID token where the type does not
// tell (RFC 8725 §3.12). An ID token says who signed in, not what anyone may
// do, and every client of the issuer can get one.
func (v *Verifier) checkNoIDToken(t *claimSet, c *claims) error {
	if c.explicit {
		return nil
	}
	if c.idToken != "" {
		return &rejection.Error{Reason: ErrType, Claim: c.idToken, Form: rejection.IDToken, Want: "an access token", Setting: "Config.Profile.Types"}
	}
	for _, aud := range t.audience {
		if slices.Contains(v.clientIDs, aud) {
			return &rejection.Error{Reason: ErrType, Claim: "aud", Got: aud, Form: rejection.IDToken, Want: "an access token", Setting: "Config.Profile.ClientIDs"}
		}
	}
	return nil
}

const notEmpty = "a string that is not empty"

// text reads a claim that is a string, and not empty if it is required.
func text(name string, value strict.Value, required bool) (string, error) {
	s, ok := value.Text()
	switch {
	case ok && (s != "" || !required):
		return s, nil
	case value.Kind == strict.Absent && !required:
		return "", nil
	case required:
		return "", (&rejection.Error{Reason: ErrClaim, Claim: name, Want: notEmpty, Setting: "Config.Profile.Required"}).Saw(value)
	default:
		return "", wrongType(name, value, "a string")
	}
}

func numericDate(value strict.Value) (seconds int64, more, ok bool) {
	if value.Kind != strict.Number {
		return 0, false, false
	}
	return parseNumericDate(value.Raw)
}

func wrongDate(name string, value strict.Value) error {
	return wrongType(name, value, "a number of seconds since 1970, up to the year 9999")
}

func wrongType(name string, value strict.Value, want string) error {
	return (&rejection.Error{Reason: ErrClaim, Claim: name, Want: want}).Saw(value)
}
