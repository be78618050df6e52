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
	ScopeClaim    string
	ScopeList     bool // the scope claim is an array of strings
	ClientIDClaim string
	Required      []string // besides iss, aud and exp; at most 64
	ClientIDs     []string // an aud of one of them marks an ID token
	Users         []Mark
	Clients       []Mark
	Leeway        time.Duration
	MaxLifetime   time.Duration // from iat to exp; 0 means no limit
}

// Rules are Settings made ready for use. They are safe for concurrent use.
type Rules struct {
	Settings
	required required
	marks    marks
	want     wanted
}

// wanted describes the accepted values in words, for operators. It is made
// once, so that a flood of rejections formats nothing.
type wanted struct{ issuer, audience, lifetime string }

// required lists the claims that must be present besides iss, aud and exp.
type required struct {
	sub, clientID, iat, jti bool
	others                  []string
}

// New makes Rules. It keeps the slices of s.
func New(s Settings) *Rules {
	return &Rules{
		Settings: s,
		required: newRequired(s),
		marks:    newMarks(s),
		want: wanted{
			issuer:   strconv.QuoteToASCII(s.Issuer),
			audience: fmt.Sprintf("one of %+q", s.Audience),
			lifetime: "no later than iat and " + s.MaxLifetime.String(),
		},
	}
}

func newRequired(s Settings) required {
	var r required
	for _, name := range s.Required {
		switch name {
		case "iss", "aud", "exp": // always are
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
