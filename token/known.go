package token

import (
	"container/list"
	"sync/atomic"
	"time"

	"github.com/postern-go/postern/internal/pacing"
)

// known is an issuer that a Resolver has an Authenticator for. It outlives
// that: hints point to it, and find it empty.
type known struct {
	issuer string
	holds  atomic.Pointer[resolution] // nil once it is forgotten or evicted
	used   atomic.Bool                // since it last escaped eviction
	proven atomic.Bool                // one of its tokens was good
	place  *list.Element              // in one of the lists of knownIssuers
}

// resolution is the Authenticator of an issuer, for a while.
type resolution struct {
	auth     Authenticator
	from     *template        // nil if Resolve gave it
	remember *Verifier        // auth, if it remembers tokens
	time     func() time.Time // of the Resolver
	asked    time.Time
	good     time.Duration // after asked
	failing  bool          // asking again has failed since
}

func newResolution(auth Authenticator, from *template, asked time.Time, cfg ResolverConfig) *resolution {
	r := &resolution{auth: auth, from: from, time: cfg.Time, asked: asked, good: cfg.KnownFor}
	if v, ok := auth.(*Verifier); ok && v.memory != nil {
		r.remember = v
	}
	return r
}

// fresh reports whether nothing needs to be asked.
func (r *resolution) fresh() bool { return pacing.IsWithin(r.asked, r.time(), r.good) }

// verifier is the Verifier that remembers tokens of the issuer. It is nil if
// there is no such Verifier, and if it must not be asked at this moment.
func (k *known) verifier() *Verifier {
	r := k.holds.Load()
	if r == nil || r.remember == nil || !r.fresh() {
		return nil
	}
	if !k.used.Load() { // most often it is, and then the processors need not agree on it
		k.used.Store(true)
	}
	return r.remember
}

// knownIssuers are the issuers that are known, at most so many. Those with a good
// token are evicted only if there are no others, so that a stranger who names
// issuers cannot evict those that are in use. It is not safe for concurrent use.
type knownIssuers struct {
	most             int
	of               map[string]*known
	proven, unproven *list.List // the next to go in front
}

func newKnownIssuers(most int) *knownIssuers {
	return &knownIssuers{most: most, of: map[string]*known{}, proven: list.New(), unproven: list.New()}
}

// find returns an issuer that is known by the same settings, and counts a use. A
// rule that has changed its mind may have made others of them apply.
func (t *knownIssuers) find(issuer string, from *template) (*known, *resolution) {
	k := t.of[issuer]
	if k == nil {
		return nil, nil
	}
	held := k.holds.Load()
	if held.from != from {
		t.drop(issuer)
		return nil, nil
	}
	k.used.Store(true)
	return k, held
}

// put keeps what was found for an issuer.
func (t *knownIssuers) put(issuer string, r *resolution) *known {
	k := t.of[issuer]
	if k == nil {
		t.makeRoom()
		k = &known{issuer: issuer}
		k.place = t.unproven.PushBack(k)
		t.of[issuer] = k
	}
	k.holds.Store(r)
	return k
}

// prove notes that the issuer is in use. It may have been dropped meanwhile.
func (t *knownIssuers) prove(k *known) {
	if k.proven.Load() || t.of[k.issuer] != k {
		return
	}
	k.proven.Store(true)
	t.unproven.Remove(k.place)
	k.place = t.proven.PushBack(k)
}

// makeRoom evicts about the least recently used: each that was used since it
// last came to the front gets one more round, and after one round the front
// goes in any case.
func (t *knownIssuers) makeRoom() {
	for rounds := t.proven.Len(); len(t.of) >= t.most; rounds-- {
		front := t.unproven.Front()
		if front == nil {
			front = t.proven.Front()
			if front.Value.(*known).used.Swap(false) && rounds > 0 {
				t.proven.MoveToBack(front)
				continue
			}
		}
		t.drop(front.Value.(*known).issuer)
	}
}

// drop forgets an issuer, if it is known.
func (t *knownIssuers) drop(issuer string) {
	k := t.of[issuer]
	if k == nil {
		return
	}
	delete(t.of, issuer)
	if k.proven.Load() {
		t.proven.Remove(k.place)
	} else {
		t.unproven.Remove(k.place)
	}
	k.holds.Store(nil)
}
