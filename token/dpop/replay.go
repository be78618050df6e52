package dpop

import (
	"context"
	"time"
)

// ReplayStore remembers which proofs were used, so that each is good once
// (RFC 9449 §11.1). Replicas of a service must share one: with a store each, a
// proof is good once for each replica. Implementations may be called concurrently.
//
// A store may also have some of these methods. A Checker asks for the first when
// it is made, for the second at every call, and uses the third in place of Use.
//
//	// MaxTTL is the longest time for which the store remembers a proof.
//	MaxTTL() time.Duration
//	// Since is when the store began to remember. A proof that was made before
//	// may have been used without the store knowing of it, and is refused. The
//	// nonce of a proof tells when it was made, or else its iat, to the second.
//	Since() time.Time
//	// UseSince is Use by a store that may forget everything while it is used. It
//	// also says since when it has remembered without a gap, as found out after id
//	// was written: a proof that was made before is refused.
//	UseSince(ctx context.Context, id [32]byte, ttl time.Duration) (first bool, since time.Time, err error)
type ReplayStore interface {
	// Use remembers id for ttl at least, and reports whether it did not remember
	// it before. Both are one atomic operation: of all calls with one id within
	// ttl, on all replicas together, exactly one gets true. A store that looks
	// first and writes then lets a proof in twice.
	//
	// It returns when ctx ends at the latest. With an error it reports false: it
	// could not tell, and the call is refused as one that cannot be judged (503).
	// It must not be repeated then, since the first attempt may have been
	// written. A store that forgets an id before its ttl has passed, because it is
	// full for example, lets proofs in twice; it returns an error instead.
	Use(ctx context.Context, id [32]byte, ttl time.Duration) (first bool, err error)
}
