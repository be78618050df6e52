package jwks

import (
	"slices"
	"time"

	"github.com/postern-go/postern/internal/pacing"
	"github.com/postern-go/postern/internal/publickey"
)

// keySet is one fetched set with its times. It is immutable.
type keySet struct {
	all     []Key
	byID    map[string][]Key
	unnamed bool // no key has a kid
	skipped []Skipped
	origin  origin
	at      time.Time // when the issuer was last asked and confirmed the set
	wall    int64     // the same by the wall clock alone, as Unix time in nanoseconds
	changed time.Time // when it was last asked and had other keys than before
	terms
}

// origin is where a set came from, with its validators (RFC 9111 §4.3.1).
type origin struct{ url, etag, lastModified string }

// terms are how long after its confirmation a set may be used.
type terms struct {
	lifetime time.Duration // withdrawn keys die then
	ahead    time.Duration // a refresh in the background is due
	limit    time.Duration // the end, in any case
}

func newKeySet(set Set, from origin, at time.Time, t terms) *keySet {
	s := &keySet{all: slices.Clip(set.Keys), skipped: set.Skipped, origin: from, at: at, wall: at.UnixNano(), changed: at, terms: t}
	s.byID = make(map[string][]Key, len(set.Keys))
	for _, k := range set.Keys {
		s.byID[k.ID] = slices.Clip(append(s.byID[k.ID], k))
	}
	s.unnamed = len(s.all) > 0 && len(s.byID[""]) == len(s.all)
	return s
}

// confirmed is s as of a later answer that did not change it.
func (s *keySet) confirmed(from origin, at time.Time, t terms) *keySet {
	c := *s
	c.origin, c.at, c.wall, c.terms = from, at, at.UnixNano(), t
	return &c
}

// left is how much of the lifetime is left.
func (s *keySet) left(now time.Time) time.Duration { return s.lifetime - pacing.Elapsed(s.at, now) }

// lookup returns the keys of that id, or nil. It returns all keys if the id is
// empty or the issuer gives none of its keys one.
func (s *keySet) lookup(kid string) []Key {
	if kid == "" || s.unnamed {
		return s.all
	}
	return s.byID[kid]
}

// terms computes the times of a set that is fresh for lifetime. The refresh is
// due at any time from half of it on. The range is that wide because replicas
// fetch in the same second when they start together or meet an unannounced key:
// their next requests are then less than twice as dense as usual, and later
// ones are as usual.
func (c *RemoteConfig) terms(lifetime time.Duration) terms {
	const earliest, spread = 0.5, 0.4
	return terms{
		lifetime: lifetime,
		ahead:    time.Duration(float64(lifetime) * (earliest + spread*c.jitter())),
		limit:    max(lifetime, c.staleFor()),
	}
}

// changes compares two sets by their keys: the same id with another key counts
// as one removed and one added.
func changes(before, after []Key) (added, removed []Key) {
	return missingFrom(before, after), missingFrom(after, before)
}

func missingFrom(held, keys []Key) (missing []Key) {
	for _, k := range keys {
		if !holds(held, k) {
			missing = append(missing, k)
		}
	}
	return missing
}

func holds(keys []Key, k Key) bool {
	for _, h := range keys {
		if h.ID == k.ID && h.Algorithm == k.Algorithm && h.Issuer == k.Issuer && publickey.Equal(h.Public, k.Public) {
			return true
		}
	}
	return false
}
