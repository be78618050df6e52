package jwks

import (
	"slices"
	"time"
)

// missing are the kids looked for in vain since the set last changed, oldest
// first in order.
type missing struct {
	entries map[uint64]wait
	order   []uint64
}

// wait is a time in which something is not done.
type wait struct {
	since time.Time
	long  time.Duration
}

func (w wait) on(now time.Time) bool { return isWithin(w.since, now, w.long) }

// longer is a wait from now on that is twice as long as w, from least to
// longestWait intervals.
func (w wait) longer(now time.Time, least, interval time.Duration) wait {
	return wait{now, min(max(2*w.long, least), longestWait*interval)}
}

// waits reports whether it is too early to look for id again.
func (m *missing) waits(id uint64, now time.Time, f *failure) bool {
	w, ok := m.entries[id]
	return ok && (w.on(now) || f.holdsBackRefresh(now))
}

func (m *missing) add(id uint64, now time.Time, interval time.Duration) {
	if m.entries == nil {
		m.entries = map[uint64]wait{}
	}
	w, known := m.entries[id]
	if !known {
		m.order = append(m.order, id)
	}
	m.entries[id] = w.longer(now, interval, interval)
	if len(m.order) > missingCount {
		delete(m.entries, m.order[0])
		m.order = append(m.order[:0], m.order[1:]...)
	}
}

// strangers are the kids asked for once. Those that come with less than an
// interval between them are a flood.
type strangers struct {
	last time.Time // when one came
	row  int       // of the flood
	held wait
}

// exempt is how many do not make a flood: strays whose fetch fails, or that come
// half a minute before a rotation, take nothing from it.
const exempt = 8

// wait notes that one has come and reports whether it has to wait for being one
// of a flood. Those beyond manyStrangers do not: kids asked for again may not be
// recognized among so many, so the pace alone decides, and the next fetch brings
// a new key whoever causes it.
func (s *strangers) wait(now time.Time, interval time.Duration) bool {
	if !isWithin(s.last, now, interval) {
		*s = strangers{}
	}
	s.last = now
	s.row++
	return s.row > exempt && s.row <= manyStrangers && s.held.on(now)
}

// pass lets through the one that came last. Those after it wait twice as long.
func (s *strangers) pass(now time.Time, interval time.Duration) {
	s.row = min(s.row, exempt)
	s.held = s.held.longer(now, 2*interval, interval)
}

// forgive forgets those before a fetch that brought keys, as one of them may have
// been the key. In a flood it changes nothing.
func (s *strangers) forgive() {
	if s.row <= exempt {
		*s = strangers{}
	}
}

const (
	askedSets     = 256
	askedWays     = 16
	manyStrangers = askedSets * askedWays / 2
)

// asked are kids asked for since the last fetch, in 16 KiB that are given back
// by it. Each has a place in one of the sets, where the oldest makes room for
// the newest. One that is found was there, but for a chance of one in 2^28; one
// that was there is found as long as there are not more than manyStrangers, but
// for a chance of one in a hundred.
type asked struct{ sets *[askedSets][askedWays]uint32 }

// again adds an id and reports whether it was there.
func (a *asked) again(id uint64) bool {
	if a.sets == nil {
		a.sets = new([askedSets][askedWays]uint32)
	}
	set, tag := &a.sets[id%askedSets], uint32(id>>32)|1
	if slices.Contains(set[:], tag) {
		return true
	}
	copy(set[1:], set[:])
	set[0] = tag
	return false
}
