package claims

import (
	"slices"
	"time"

	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/internal/strict"
)

// readAudience wants one of our identifiers, exactly (RFC 9068 §4, RFC 7519
// §4.1.3). A token for another server must be worthless here. Where another
// claim stands for aud, a token that has both must pass by both: the same client
// may have tokens for other servers.
func readAudience(r *Rules, s *Set, c received) error {
	if r.AudienceClaim != "" {
		if err := r.audience(s, r.AudienceClaim, c.standsForAud, c.text); err != nil || c.aud.Kind == strict.Absent {
			return err
		}
	}
	return r.audience(s, "aud", c.aud, c.text)
}

func (r *Rules) audience(s *Set, name string, value strict.Value, payload string) error {
	switch value.Kind {
	case strict.String:
		s.oneAudience[0], _ = value.Text()
		s.Audience = s.oneAudience[:]
	case strict.Array:
		var ok bool
		if s.Audience, ok = listStrings(value); !ok {
			return wrongType(name, value, "a string or an array of strings")
		}
	case strict.Object:
		return wrongType(name, value, "a string or an array of strings")
	default:
		s.Audience = nil
	}
	if r.isAudience(s.Audience) || value.Kind == strict.Absent && r.mayLackAudience() {
		return nil
	}
	err := &rejection.Error{Reason: rejection.Audience, Claim: name, Want: r.want.audience, Setting: "Config.Audience", Hint: noAudience(payload)}
	if value.Kind == strict.Absent && r.Answer != nil {
		err.Setting, err.Hint = "Config.AllowMissingAudience", nil
	}
	return err.Saw(value)
}

func checkAudience(r *Rules, s *Set, _ time.Time) error {
	if r.isAudience(s.Audience) || len(s.Audience) == 0 && r.mayLackAudience() { // an empty list has not passed before
		return nil
	}
	return &rejection.Error{Reason: rejection.Audience, Claim: "aud", Want: r.want.audience, Setting: "Config.Audience"}
}

func (r *Rules) isAudience(named []string) bool {
	for _, aud := range named {
		if slices.Contains(r.Audience, aud) {
			return true
		}
	}
	return false
}
