package token

import (
	"fmt"
	"slices"

	"github.com/postern-go/postern/internal/claims"
)

// Mark is evidence, in a claim, of the kind of subject that a token has. It is
// for Profile.Users and Profile.Clients. Exactly one of Values, Prefix, Suffix,
// ClientID, Present and Absent describes the value that the claim must have. A
// claim that is not a string is not evidence, except for Present.
//
// Choose claims that the issuer sets by itself. A claim that users can choose,
// such as a name, lets them pass for clients.
type Mark struct {
	// Claim names a claim at the top level of the token. It is required.
	Claim string
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
	// Not inverts Values, Prefix, Suffix and ClientID. The claim must still be
	// a string that is not empty, and for ClientID so must the client id. It
	// cannot be combined with Present and Absent.
	Not bool
}

// maxMarks is how many marks each list of a Profile may have.
const maxMarks = 16

// marks are the Users or Clients of a Profile in the form of package claims.
func marks(list []Mark) []claims.Mark {
	var made []claims.Mark
	for _, m := range list {
		m.Values = slices.Clone(m.Values)
		made = append(made, claims.Mark(m))
	}
	return made
}

func (p Profile) validateMarks() error {
	for name, list := range map[string][]Mark{"Users": p.Users, "Clients": p.Clients} {
		if len(list) > maxMarks {
			return fmt.Errorf("%w: Profile.%s has %d marks, want at most %d", ErrConfig, name, len(list), maxMarks)
		}
		for i, m := range list {
			if fault := p.faultOf(m); fault != "" {
				return fmt.Errorf("%w: Profile.%s[%d], about claim %q, %s", ErrConfig, name, i, m.Claim, fault)
			}
		}
	}
	for i, m := range p.Clients {
		if slices.ContainsFunc(p.Users, m.equals) {
			return fmt.Errorf("%w: Profile.Clients[%d], about claim %q, is in Profile.Users too", ErrConfig, i, m.Claim)
		}
	}
	named := map[string]bool{}
	for _, m := range slices.Concat(p.Users, p.Clients) {
		named[m.Claim] = true
	}
	if len(named) > claims.MaxMarkedClaims {
		return fmt.Errorf("%w: Profile.Users and Profile.Clients look at %d claims, want at most %d", ErrConfig, len(named), claims.MaxMarkedClaims)
	}
	return nil
}

func (m Mark) equals(other Mark) bool {
	return m.Claim == other.Claim && m.Prefix == other.Prefix && m.Suffix == other.Suffix &&
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
	presence := m.Present || m.Absent
	switch {
	case m.Claim == "":
		return "names no claim"
	case slices.Contains(saysNothing, m.Claim):
		return "looks at a claim that says nothing of the subject"
	case conditions != 1:
		return fmt.Sprintf("has %d conditions, want one", conditions)
	case m.Values != nil && len(m.Values) == 0, slices.Contains(m.Values, ""):
		return "has an empty value, or none"
	case m.Not && presence:
		return "has Not, which goes with neither Present nor Absent"
	case presence && slices.Contains(p.required(), m.Claim):
		return "is the same for all tokens, since the claim is required (see Profile.Required)"
	case m.ClientID && m.Claim == p.clientIDClaim():
		return "compares the client id with itself"
	}
	return ""
}

// saysNothing are claims that do not depend on the subject.
var saysNothing = []string{"iss", "aud", "exp", "nbf", "iat", "cnf"}
