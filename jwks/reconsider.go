package jwks

import (
	"context"
	"time"
)

// Reconsider is for a caller who got seen from Keys under kid and found that the
// signature verifies under none of them: the issuer may have replaced the key and
// kept its kid. It returns the keys now held under kid if any of them is not in
// seen, and otherwise nil and nil: the signature is bad. Try the keys it returns
// and do not ask again.
//
// It waits for one fetch if one is due. Bad signatures cost nothing to make, so
// all of them together cause one fetch a minute, or one in RefetchInterval if
// that is longer. Calls that come during a fetch wait for it too. A fetch that
// fails leaves the keys that are held, and the answer is nil and nil.
//
// When ctx ends first, it returns an error that matches ErrUnavailable and the
// error of ctx. There are no other errors. An empty kid stands for every key, as
// in Keys. It may be called concurrently.
func (r *Remote) Reconsider(ctx context.Context, kid string, seen []Key) ([]Key, error) {
	for range maxFlights {
		if keys := r.others(kid, seen); keys != nil {
			return keys, nil
		}
		f := r.launchForSignature(r.state.Load(), r.now())
		if f == nil {
			return nil, nil
		}
		if err := f.wait(ctx); err != nil {
			return nil, err
		}
	}
	return r.others(kid, seen), nil
}

// others are the keys held under kid, or nil if all of them are in seen.
func (r *Remote) others(kid string, seen []Key) []Key {
	st, now := r.state.Load(), r.now()
	keys := st.lookup(kid)
	if len(keys) == 0 || st.phase(now) == phaseEmpty {
		return nil
	}
	if len(keys) == len(seen) && &keys[0] == &seen[0] {
		return nil // of the same set: the usual case, and comparing keys takes time
	}
	for _, k := range keys {
		if !holds(seen, k) {
			return keys
		}
	}
	return nil
}

// launchForSignature is launch for a key that may have been replaced under its
// kid. It returns nil if none is due.
func (r *Remote) launchForSignature(seen *state, now time.Time) *flight {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f := r.inFlight(seen); f != nil {
		return f
	}
	if seen.failure.holdsBack(now) || !r.budget.signature.take(now) {
		return nil
	}
	return r.start(&flight{cause: CauseBadSignature})
}
