package token

import (
	"crypto/sha256"
	"time"

	"github.com/postern-go/postern/internal/pacing"
)

// recent remembers issuers for a while, at most so many. The oldest go first. It
// keeps hashes, since strangers choose how long issuers are. It is not safe for
// concurrent use.
type recent struct {
	most  int
	keep  time.Duration
	of    map[[sha256.Size]byte]note
	queue []queued // by age; one that is not the time in its note is void
}

type note struct {
	at  time.Time
	err error
}

type queued struct {
	key [sha256.Size]byte
	at  time.Time
}

func newRecent(most int, keep time.Duration) *recent {
	return &recent{most: most, keep: keep, of: map[[sha256.Size]byte]note{}}
}

// find returns the note about an issuer, if there is one that still counts.
func (r *recent) find(issuer string, now time.Time) (note, bool) {
	if len(r.of) == 0 {
		return note{}, false
	}
	n, ok := r.of[sha256.Sum256([]byte(issuer))]
	return n, ok && pacing.IsWithin(n.at, now, r.keep)
}

func (r *recent) add(issuer string, now time.Time, err error) {
	for len(r.queue) > 0 && (len(r.queue) >= r.most || !pacing.IsWithin(r.queue[0].at, now, r.keep)) {
		oldest := r.queue[0]
		if r.of[oldest.key].at == oldest.at {
			delete(r.of, oldest.key)
		}
		r.queue = r.queue[1:]
	}
	key := sha256.Sum256([]byte(issuer))
	r.of[key] = note{now, err}
	r.queue = append(r.queue, queued{key, now})
}

func (r *recent) drop(issuer string) { delete(r.of, sha256.Sum256([]byte(issuer))) }
