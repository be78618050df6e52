// Package claims checks a claim set: that of a JWT access token after its
// signature has been verified, or one from an issuer's answer. All its checks
// stand in one list.
package claims

import (
	"fmt"
	"strconv"
	"time"
)

// Settings say which claim sets are accepted. Issuer and Audience must not be
// empty.
type Settings struct {
	Issuer        string
	Audience      []string // one of them must be in aud
	AudienceClaim string   // stands for aud where that is absent; "" for none
	Scopes        []Source // at least one
	ScopeSetting  string   // the user's setting behind Scopes, as errors show it
	Implied       *Implied // scopes; nil if none implies another
	Sets          map[string][]Source
	ClientIDClaim string
	Required      []string // besides iss, aud and exp; at most 64
	ClientIDs     []string // an aud of one of them marks an ID token
	Rules         []Mark   // all must hold
	Users         []Mark
	Clients       []Mark
	Leeway        time.Duration
	MaxLifetime   time.Duration // from iat to exp; 0 means no limit
	Time          func() time.Time
	Answer        *Answer // the claims are those of an issuer's answer; nil for those of a JWT
}

// Rules are Settings made ready for use. They are safe for concurrent use.
type Rules struct {
	Settings
	required             required
	scopeClaim           string // the only place of scopes, if it is at the top level
	scopes               []source
	sets                 []set // sorted by name
	must, users, clients []mark
	names                []string // of the claims at the top level that all these look at
	within               [][]int  // by names: the claims inside, by their place among inner
	inner                []name   // of the claims inside of others
	want                 wanted
}

// wanted describes the accepted values in words, for operators. It is made
// once, so that a flood of rejections formats nothing.
type wanted struct {
	issuer, audience, lifetime string
	rules                      []string
}

// required lists the claims that must be present besides iss, aud and exp.
type required struct {
	iss, sub, clientID, iat, jti bool
	others                       []string
}

// New makes Rules. It keeps the slices of s.
func New(s Settings) *Rules {
	r := &Rules{
		Settings: s,
		required: newRequired(s),
		want: wanted{
			issuer:   strconv.QuoteToASCII(s.Issuer),
			audience: fmt.Sprintf("one of %+q", s.Audience),
			lifetime: "no later than iat and " + s.MaxLifetime.String(),
		},
	}
	if len(s.Scopes) == 1 && len(s.Scopes[0].Path) == 1 {
		r.scopeClaim = s.Scopes[0].Path[0]
	} else {
		r.scopes = r.newSources(s.Scopes)
	}
	r.sets = r.newSets()
	r.must, r.users, r.clients = r.newMarks(s.Rules), r.newMarks(s.Users), r.newMarks(s.Clients)
	for i := range r.must {
		r.want.rules = append(r.want.rules, r.must[i].wanted())
	}
	return r
}

func newRequired(s Settings) required {
	var r required
	for _, name := range s.Required {
		switch name {
		case "iss":
			r.iss = true
		case "aud", "exp": // always are, unless Answer waives them
		case "sub":
			r.sub = true
		case s.ClientIDClaim:
			r.clientID = true
		case "iat":
			r.iat = true
		case "jti":
			r.jti = true
		default:
			r.others = append(r.others, name)
		}
	}
	return r
}
