package prompostern

import "github.com/postern-go/postern/jwks"

func causes() []jwks.Cause {
	return []jwks.Cause{jwks.CauseEmpty, jwks.CauseAhead, jwks.CauseExpired, jwks.CauseUnknownKey, jwks.CauseBadSignature}
}

// skipReasons are the closed set of reasons in jwks.Skipped, in one word.
func skipReasons() map[error]string {
	return map[error]string{
		jwks.ErrKeyMalformed: "malformed", jwks.ErrKeyPrivate: "private", jwks.ErrKeySymmetric: "symmetric", jwks.ErrKeyUse: "use",
		jwks.ErrKeyAlgorithm: "algorithm", jwks.ErrKeyWeak: "weak", jwks.ErrKeyUnsupported: "unsupported", jwks.ErrKeyLimit: "limit",
	}
}
