package token

import "time"

// pace allows so many events a second, and twice as many at once. It is not
// safe for concurrent use.
type pace struct {
	perSecond int
	left      float64
	at        time.Time // when left was counted
}

func newPace(perSecond int, now time.Time) *pace {
	return &pace{perSecond: perSecond, left: float64(2 * perSecond), at: now}
}

// take reports whether one more event is allowed now, and counts it. A clock
// that was set back allows none more.
func (p *pace) take(now time.Time) bool {
	passed := max(now.Sub(p.at), 0).Seconds()
	p.left, p.at = min(p.left+passed*float64(p.perSecond), float64(2*p.perSecond)), now
	if p.left < 1 {
		return false
	}
	p.left--
	return true
}
