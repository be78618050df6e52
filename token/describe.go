package token

import "slices"

// Describer is an Authenticator that tells about itself, as those of package
// introspect do and one of your own may. Postures, Relaxations, CanTell and HasSet
// believe it. The answer may be different at different times.
type Describer interface {
	Authenticator
	// Describe does not block.
	Describe() Description
}

// Description is what a Describer tells about itself.
type Description struct {
	// Posture is what it accepts. Its Relaxations are those that the function of
	// that name returns.
	Posture Posture
	// Users and Clients say whether a token can prove a subject of that kind; see
	// CanTell.
	Users, Clients bool
	// Sets are the names of the sets that a token can have; see HasSet.
	Sets []string
}

func (d Description) canTell(kind SubjectKind) bool {
	return kind == SubjectUser && d.Users || kind == SubjectClient && d.Clients
}

func (d Description) hasSet(name string) bool { return slices.Contains(d.Sets, name) }
