package claims

import (
	"math/bits"
	"slices"
	"time"

	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/internal/strict"
)

// check is one check of a claim set. It stands alone: no claim makes up for
// another.
type check struct {
	name string
	// once reads and checks a claim, and notes it in the Set. It is made with
	// the claims as received, when a token is seen for the first time.
	once func(r *Rules, s *Set, c received) error
	// again checks the noted claims at every call: those that depend on the
	// time, and the audience. It may be nil.
	again func(r *Rules, s *Set, now time.Time) error
}

// checks lists all checks, in the order in which their faults are reported.
var checks = [...]check{
	{"iss", readIssuer, nil},
	{"exp", readExpiry, checkExpiry},
	{"nbf", readNotBefore, checkNotBefore},
	{"iat", readIssuedAt, checkIssuedAt},
	{"aud", readAudience, checkAudience},
	{"sub", readSubject, nil},
	{"client id", readClientID, nil},
	{"jti", readID, nil},
	{"required claims", checkOthers, nil},
	{"rules", checkRules, nil},
	{"scope", readScope, nil},
	{"act", checkAct, nil},
	{"no ID token", checkNoIDToken, nil},
}

// Check makes every check of a payload with a good signature. It calls report
// after each, and stops when report returns false; all tells whether all were
// made. The Set may be used only if all passed.
func (r *Rules) Check(p *Payload, now time.Time, report func(check string, err error) bool) (s *Set, all bool) {
	s = &Set{Rules: r, Confirmation: p.cnf}
	r.look(p)
	r.gather(p)
	for i := range checks {
		c := &checks[i]
		err := c.once(r, s, p.received)
		if err == nil && c.again != nil {
			err = c.again(r, s, now)
		}
		if !report(c.name, err) {
			return s, false
		}
	}
	s.Kind, s.Sets = r.kind(s, p), r.readSets(p)
	return s, true
}

// CheckAgain repeats the checks that can fail for a Set that has passed before.
func (r *Rules) CheckAgain(s *Set, now time.Time) error {
	for i := range checks {
		if again := checks[i].again; again != nil {
			if err := again(r, s, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// CheckIssuer looks at iss alone, before the keys are chosen. Check looks at it
// again, so that no Set exists without a check of its issuer.
func (r *Rules) CheckIssuer(p *Payload) error { return r.isFromIssuer(p.iss) }

func readIssuer(r *Rules, _ *Set, c received) error {
	if r.Answer != nil && c.iss.Kind == strict.Absent && !r.required.iss {
		return nil
	}
	return r.isFromIssuer(c.iss)
}

func (r *Rules) isFromIssuer(value strict.Value) error {
	if iss, ok := value.Text(); !ok || iss != r.Issuer {
		return (&rejection.Error{Reason: rejection.Issuer, Claim: "iss", Want: r.want.issuer, Setting: "Config.Issuer"}).Saw(value)
	}
	return nil
}

// readExpiry drops a fraction of a second, to the earlier side.
func readExpiry(r *Rules, s *Set, c received) error {
	if r.Answer != nil && c.exp.Kind == strict.Absent {
		return r.withoutExpiry(s)
	}
	exp, _, ok := numericDate(c.exp)
	if !ok {
		return wrongDate("exp", c.exp)
	}
	s.Expiry = exp
	return nil
}

// checkExpiry rejects from the very second of exp on (RFC 7519 §4.1.4).
func checkExpiry(r *Rules, s *Set, now time.Time) error {
	if now.Before(Time(s.Expiry).Add(r.Leeway)) {
		return nil
	}
	return &rejection.Error{Reason: rejection.Expired, Claim: "exp", Form: rejection.Past, Date: s.Expiry, Now: now.Unix(), Leeway: r.Leeway, Setting: "Config.Leeway"}
}

func readNotBefore(r *Rules, s *Set, c received) (err error) {
	s.NotBefore, err = pastDate("nbf", c.nbf)
	return err
}

func checkNotBefore(r *Rules, s *Set, now time.Time) error {
	return r.checkNotAhead("nbf", s.NotBefore, now)
}

func readIssuedAt(r *Rules, s *Set, c received) (err error) {
	if c.iat.Kind == strict.Absent && (r.required.iat || r.MaxLifetime > 0) {
		return wrongDate("iat", c.iat)
	}
	s.IssuedAt, err = pastDate("iat", c.iat)
	return err
}

// checkIssuedAt rejects a token from the future: its issuer's clock, or the
// claim, is wrong.
func checkIssuedAt(r *Rules, s *Set, now time.Time) error {
	if err := r.checkNotAhead("iat", s.IssuedAt, now); err != nil {
		return err
	}
	// In seconds: the years that fit a date do not fit a time.Duration.
	if r.MaxLifetime > 0 && s.Expiry-s.IssuedAt > int64(r.MaxLifetime/time.Second) {
		return &rejection.Error{
			Reason: rejection.Claim, Claim: "exp", Form: rejection.TooFar, Date: s.Expiry, Now: s.IssuedAt,
			Want: r.want.lifetime, Setting: "Config.MaxLifetime",
		}
	}
	return nil
}

// pastDate reads a date that must not lie in the future. A fraction of a second
// is rounded up, to the stricter side. An absent one is 0.
func pastDate(name string, value strict.Value) (int64, error) {
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
	return date, nil
}

func (r *Rules) checkNotAhead(name string, date int64, now time.Time) error {
	if !time.Unix(date, 0).After(now.Add(r.Leeway)) {
		return nil
	}
	return &rejection.Error{
		Reason: rejection.NotYetValid, Claim: name, Form: rejection.Ahead, Date: date, Now: now.Unix(), Leeway: r.Leeway, Setting: "Config.Leeway",
	}
}

func readSubject(r *Rules, s *Set, c received) (err error) {
	s.Subject, err = text("sub", c.sub, r.required.sub)
	return err
}

func readClientID(r *Rules, s *Set, c received) (err error) {
	if c.clientID.Kind == strict.Absent && r.required.clientID {
		return &rejection.Error{
			Reason: rejection.Claim, Claim: r.ClientIDClaim, Want: notEmpty, Setting: "Config.Profile.Required", Hint: noClientID(c.text),
		}
	}
	s.ClientID, err = text(r.ClientIDClaim, c.clientID, r.required.clientID)
	return err
}

func readID(r *Rules, s *Set, c received) (err error) {
	s.ID, err = text("jti", c.jti, r.required.jti)
	return err
}

// checkOthers wants the claims that are required by name only.
func checkOthers(r *Rules, _ *Set, c received) error {
	if missing := ^c.others & (1<<len(r.required.others) - 1); missing != 0 {
		name := r.required.others[bits.TrailingZeros64(missing)]
		return &rejection.Error{Reason: rejection.Claim, Claim: name, Want: "it to be there", Setting: "Config.Profile.Required"}
	}
	return nil
}

// checkNoIDToken rejects a token that looks like an ID token if the type does
// not tell (RFC 8725 §3.12). An ID token says who signed in, not which rights
// anyone has, and every client of the issuer can get one.
func checkNoIDToken(r *Rules, s *Set, c received) error {
	if c.explicit {
		return nil
	}
	if c.idToken != "" {
		return &rejection.Error{Reason: rejection.Type, Claim: c.idToken, Form: rejection.IDToken, Want: "an access token", Setting: r.typeSetting()}
	}
	if c.aud.Kind == strict.Absent {
		return nil
	}
	for _, aud := range s.Audience {
		if slices.Contains(r.ClientIDs, aud) {
			return &rejection.Error{Reason: rejection.Type, Claim: "aud", Got: aud, Form: rejection.IDToken, Want: "an access token", Setting: "Config.Profile.ClientIDs"}
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
		return "", (&rejection.Error{Reason: rejection.Claim, Claim: name, Want: notEmpty, Setting: "Config.Profile.Required"}).Saw(value)
	default:
		return "", wrongType(name, value, "a string")
	}
}

func numericDate(value strict.Value) (seconds int64, more, ok bool) {
	if value.Kind != strict.Number {
		return 0, false, false
	}
	return ParseNumericDate(value.Raw)
}

func wrongDate(name string, value strict.Value) error {
	return wrongType(name, value, "a number of seconds since 1970, up to the year 9999")
}

func wrongType(name string, value strict.Value, want string) error {
	return (&rejection.Error{Reason: rejection.Claim, Claim: name, Want: want}).Saw(value)
}
