package token

import (
	"fmt"
	"slices"

	"github.com/postern-go/postern/internal/claims"
)

// Mark is a condition on a claim. In Profile.Users and Profile.Clients it is
// evidence of the kind of subject, and in Profile.Rules every token must bear
// it. Exactly one of Claim and Path says where the claim is, and exactly one of
// Values, Prefix, Suffix, ClientID, Present and Absent describes it. A claim of
// another shape does not bear the mark, and neither does one with more than 1000
// values or a value longer than 1024 bytes.
//
// Choose claims that the issuer sets by itself. A claim that users can choose,
// such as a name, lets them pass for clients.
type Mark struct {
	// Claim names a claim at the top level of the token.
	Claim string
	// Path leads to a claim inside of others; see Source.
	Path []string
	// Shape says how the values of the claim are written. Of several values, one
	// that fits is enough. ShapeDefault means ShapeText. It has no meaning for
	// Present and Absent.
	Shape Shape
	// Values are strings. The claim must equal one of them.
	Values []string
	// Prefix is the beginning of the claim.
	Prefix string
	// Suffix is the end of the claim.
	Suffix string
	// ClientID wants the claim to equal the token's client id.
	ClientID bool
	// Present wants the claim to be there, with any value but null.
	Present bool
	// Absent wants the claim not to be there, or to be null.
	Absent bool
	// Not inverts Values, Prefix, Suffix and ClientID: the claim must have a
	// value, and no value that fits. For ClientID the token must have a client
	// id. It cannot be combined with Present and Absent.
	Not bool
}

// maxMarks is how many marks each list of a Profile may have.
const maxMarks = 16

// marks are those of a Profile in the form of package claims.
func marks(list []Mark) []claims.Mark {
	made := make([]claims.Mark, len(list))
	for i, m := range list {
		made[i] = claims.Mark{
			Path: path(m.Claim, m.Path), Shape: claims.Shape(m.Shape), Values: slices.Clone(m.Values), Prefix: m.Prefix, Suffix: m.Suffix,
			ClientID: m.ClientID, Present: m.Present, Absent: m.Absent, Not: m.Not,
		}
	}
	return made
}

func (p Profile) validateMarks() error {
	for _, field := range []struct {
		name  string
		marks []Mark
	}{{"Rules", p.Rules}, {"Users", p.Users}, {"Clients", p.Clients}} {
		if len(field.marks) > maxMarks {
			return fmt.Errorf("%w: Profile.%s has %d marks, want at most %d", ErrConfig, field.name, len(field.marks), maxMarks)
		}
		for i, m := range field.marks {
			if fault := p.faultOf(m); fault != "" {
				return fmt.Errorf("%w: Profile.%s[%d], about claim %s, %s", ErrConfig, field.name, i, shown(m.Claim, m.Path), fault)
			}
		}
	}
	for i, m := range p.Clients {
		if slices.ContainsFunc(p.Users, m.equals) {
			return fmt.Errorf("%w: Profile.Clients[%d], about claim %s, is in Profile.Users too", ErrConfig, i, shown(m.Claim, m.Path))
		}
	}
	return nil
}

func (m Mark) equals(other Mark) bool {
	return slices.Equal(path(m.Claim, m.Path), path(other.Claim, other.Path)) && m.Shape == other.Shape && m.Prefix == other.Prefix && m.Suffix == other.Suffix &&
		m.ClientID == other.ClientID && m.Present == other.Present && m.Not == other.Not && // Absent is what remains
		slices.Equal(slices.Sorted(slices.Values(m.Values)), slices.Sorted(slices.Values(other.Values)))
}

// faultOf describes the fault of a mark by itself, or returns "". A mark that
// every token bears would make users of machines, and one that no token bears
// is a mistake.
func (p Profile) faultOf(m Mark) string {
	conditions := 0
	for _, is := range []bool{m.Values != nil, m.Prefix != "", m.Suffix != "", m.ClientID, m.Present, m.Absent} {
		if is {
			conditions++
		}
	}
	if fault := faultOfPath(m.Claim, m.Path); fault != "" {
		return fault
	}
	presence, at := m.Present || m.Absent, path(m.Claim, m.Path)
	switch {
	case m.Shape > ShapeBoolean:
		return "has an unknown shape"
	case slices.Contains(saysNothing, at[0]):
		return "looks at a claim that other settings are about"
	case conditions != 1:
		return fmt.Sprintf("has %d conditions, want one", conditions)
	case m.Values != nil && len(m.Values) == 0, slices.Contains(m.Values, ""):
		return "has an empty value, or none"
	case m.Not && presence:
		return "has Not, which goes with neither Present nor Absent"
	case presence && len(at) == 1 && slices.Contains(p.required(), at[0]):
		return "is the same for all tokens, since the claim is required (see Profile.Required)"
	case m.ClientID && len(at) == 1 && at[0] == p.clientIDClaim():
		return "compares the client id with itself"
	}
	return ""
}

// saysNothing are claims that have settings of their own, and that do not depend
// on the subject.
var saysNothing = []string{"iss", "aud", "exp", "nbf", "iat", "cnf"}
