package token

import (
	"math/bits"
	"slices"
	"time"

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
		return &refusal{why: ErrAudience, what: "aud", want: v.want.audience, field: "Config.Audience"}
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
		return (&refusal{why: ErrIssuer, what: "iss", want: v.want.issuer, field: "Config.Issuer"}).of(c.iss)
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
	return &refusal{why: ErrExpired, what: "exp", sight: sightPast, date: t.expiry, now: now.Unix(), leeway: v.leeway, field: "Config.Leeway"}
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
		return &refusal{why: ErrClaim, what: "exp", sight: sightFar, date: t.expiry, now: t.issuedAt, want: v.want.lifetime, field: "Config.MaxLifetime"}
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
	return &refusal{why: ErrNotYetValid, what: name, sight: sightAhead, date: date, now: now.Unix(), leeway: v.leeway, field: "Config.Leeway"}
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
	return (&refusal{
		why: ErrAudience, what: "aud", want: v.want.audience, field: "Config.Audience", instead: insteadOfAudience, payload: c.payload,
	}).of(c.aud)
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
		return &refusal{
			why: ErrClaim, what: v.clientIDClaim, want: notEmpty, field: "Config.Profile.Required", instead: insteadOfClientID, payload: c.payload,
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
		return &refusal{why: ErrClaim, what: name, want: "it to be there", field: "Config.Profile.Required"}
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
			return (&refusal{why: ErrClaim, what: v.scopeClaim, want: "an array of strings", field: "Config.Profile.ScopeList"}).of(c.scope)
		}
		t.scopes = unique(scopes)
		return nil
	}
	value, ok := c.scope.Text()
	if !ok {
		return (&refusal{why: ErrClaim, what: v.scopeClaim, want: "a string", field: "Config.Profile.ScopeList"}).of(c.scope)
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
		return &refusal{why: ErrType, what: c.idToken, sight: sightIDToken, want: "an access token", field: "Config.Profile.Types"}
	}
	for _, aud := range t.audience {
		if slices.Contains(v.clientIDs, aud) {
			return &refusal{why: ErrType, what: "aud", seen: aud, sight: sightIDToken, want: "an access token", field: "Config.Profile.ClientIDs"}
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
		return "", (&refusal{why: ErrClaim, what: name, want: notEmpty, field: "Config.Profile.Required"}).of(value)
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
	return (&refusal{why: ErrClaim, what: name, want: want}).of(value)
}
