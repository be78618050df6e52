package claims

import (
	"time"

	"github.com/postern-go/postern/internal/strict"
)

// Set is a claim set that has passed its checks. It is shared between the
// Tokens of one access token and is immutable.
type Set struct {
	Rules         *Rules // that it has passed; nil only in a zero Set
	Subject       string
	ClientID      string
	ID            string
	Audience      []string
	Scopes        []string
	Sets          [][]string // in the order of the rules; nil for one that could not be read
	IssuedAt      int64      // seconds since 1970; 0 if absent
	NotBefore     int64
	Expiry        int64
	Confirmation  strict.Value
	Circumstances *Circumstances // nil if it has none of these claims; not to be modified
	JSON          string         // all claims; "" if they are the payload of the token, a JWT
	Kind          Kind
	Remembered    bool // by an earlier call; no signature was verified in this one
	Fresh         bool // the issuer was asked for this call

	oneAudience [1]string // backs Audience if there is but one
}

// Kind is the kind of subject that a claim set has.
type Kind uint8

// The kinds.
const (
	Unknown Kind = iota
	User
	Client
)

// Implies reports whether one of the scopes that were granted implies the scope.
// What is implied is looked up and not stored: a Set that is remembered takes no
// more memory for it.
func (s *Set) Implies(scope string) bool {
	return s.Rules != nil && s.Rules.Implied.by(s.Scopes, scope)
}

// Issuer is iss: the one that the rules demand.
func (s *Set) Issuer() string {
	if s.Rules == nil {
		return ""
	}
	return s.Rules.Issuer
}

// Deadline is when the set stops passing: its expiry plus the leeway.
func (s *Set) Deadline() time.Time {
	if s.Rules == nil {
		return Time(s.Expiry)
	}
	return Time(s.Expiry).Add(s.Rules.Leeway)
}

// Remember makes s a copy of a Set, for later calls.
func (s *Set) Remember(fresh *Set) {
	*s = *fresh
	s.Remembered = true
	if len(s.Audience) == 1 {
		s.oneAudience[0] = s.Audience[0]
		s.Audience = s.oneAudience[:]
	}
}

// Strings visits the strings that came with the claims, for moving them to
// other memory.
func (s *Set) Strings(visit func(*string)) {
	visit(&s.Subject)
	visit(&s.ClientID)
	visit(&s.ID)
	visit(&s.Confirmation.Raw)
	for _, list := range [][]string{s.Audience, s.Scopes} {
		visitAll(list, visit)
	}
	for _, list := range s.Sets {
		visitAll(list, visit)
	}
	s.Circumstances.strings(visit)
}

func visitAll(list []string, visit func(*string)) {
	for i := range list {
		visit(&list[i])
	}
}

// Time converts seconds since 1970. 0 is the zero time.
func Time(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
