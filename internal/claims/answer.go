package claims

import (
	"time"

	"github.com/postern-go/postern/internal/rejection"
)

// Answer says what an issuer's answer about a token (RFC 7662) may leave out. It
// may leave out iss, since the issuer itself has been asked, unless Required lists
// that.
type Answer struct {
	NoAudience bool
	// NoExpiry is for how long an answer without exp is good. 0 refuses it.
	NoExpiry time.Duration
}

func (r *Rules) mayLackAudience() bool { return r.Answer != nil && r.Answer.NoAudience }

// withoutExpiry is readExpiry for an answer that leaves exp out.
func (r *Rules) withoutExpiry(s *Set) error {
	if r.Answer.NoExpiry <= 0 {
		return &rejection.Error{Reason: rejection.Claim, Claim: "exp", Want: "a date", Setting: "Config.AllowMissingExpiry"}
	}
	s.Expiry = r.Time().Add(r.Answer.NoExpiry).Unix()
	return nil
}

// typeSetting is the setting that tells access tokens by their type. An answer has
// no such type.
func (r *Rules) typeSetting() string {
	if r.Answer != nil {
		return ""
	}
	return "Config.Profile.Types"
}
