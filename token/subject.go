package token

import "github.com/postern-go/postern/internal/claims"

// SubjectKind says what the subject of a token is: the user that a client acts
// for, or the client itself (RFC 9068 §2.2, §5).
type SubjectKind uint8

// The kinds of subject. The zero SubjectKind is SubjectUnknown.
const (
	// SubjectUnknown: the token proves neither, or both. Rules about users and
	// clients refuse it.
	SubjectUnknown = SubjectKind(claims.Unknown)
	// SubjectUser: a user, for whom the client acts.
	SubjectUser = SubjectKind(claims.User)
	// SubjectClient: the client itself, with no user behind the token.
	SubjectClient = SubjectKind(claims.Client)
)

// String is "user", "client" or "unknown".
func (k SubjectKind) String() string {
	switch k {
	case SubjectUser:
		return "user"
	case SubjectClient:
		return "client"
	default:
		return "unknown"
	}
}

// CanTell reports whether some token that auth finds good can have a subject of
// this kind, so that a service learns when it starts that a rule about users
// can never be met. A Verifier can tell clients, since their sub is their
// client id, and users if its Profile has marks of Users. Issuers can tell what
// one of those listed now can; without any it is not known, since Replace may
// bring some. A Resolver can tell what one of its Templates can; what Resolve
// returns is not known. For any other Authenticator, nil included, the answer
// is not known either. CanTell returns true where it is not known, and false
// for SubjectUnknown, which no token proves. It does not block.
func CanTell(auth Authenticator, kind SubjectKind) bool {
	if kind != SubjectUser && kind != SubjectClient {
		return false
	}
	switch a := auth.(type) {
	case *Verifier:
		return kind == SubjectClient || a == nil || len(a.rules.Users) > 0
	case severalAuthenticators:
		return a.some(func(each Authenticator) bool { return CanTell(each, kind) })
	case Describer:
		return a.Describe().canTell(kind)
	default:
		return true
	}
}

// TakesBound reports whether some token that auth finds good can be bound to a key
// or a certificate, so that a service learns when it starts that scope.Bound can
// never be met. For a Verifier its Config.Confirmations tell, and for Issuers and a
// Resolver those of their issuers, as far as CanTell knows them. For any other
// Authenticator, nil included, the answer is not known, and TakesBound returns
// true. It does not block.
func TakesBound(auth Authenticator) bool {
	switch a := auth.(type) {
	case *Verifier:
		return a == nil || len(a.confirmations) > 0
	case severalAuthenticators:
		return a.some(TakesBound)
	default:
		return true
	}
}

// severalAuthenticators is an Authenticator that asks others.
type severalAuthenticators interface {
	// some reports whether f is true of one of them, or of one that is not known.
	some(f func(Authenticator) bool) bool
}

// HasSet reports whether some token that auth finds good can have a set of this
// name, so that a service learns when it starts that a rule about it can never
// be met. For a Verifier its Profile.Sets tells, and for Issuers and a Resolver
// those of their issuers, as far as CanTell knows them. For any other
// Authenticator, nil included, the answer is not known, and HasSet returns true.
// It does not block.
func HasSet(auth Authenticator, set string) bool {
	switch a := auth.(type) {
	case *Verifier:
		return a == nil || a.rules.HasSet(set)
	case severalAuthenticators:
		return a.some(func(each Authenticator) bool { return HasSet(each, set) })
	case Describer:
		return a.Describe().hasSet(set)
	default:
		return true
	}
}
