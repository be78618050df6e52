package token_test

import (
	"container/list"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/postern-go/postern/token"
)

// BenchmarkHitRatio is no measure of time. It shows how many calls of a
// working set of users find their token remembered in a cache of 4 MiB while
// others send good tokens that they use only once: so many to each call. An LRU
// of as many entries stands beside it.
func BenchmarkHitRatio(b *testing.B) {
	const calls = 20_000
	room := token.NewCache(4 << 20).Room()
	for _, users := range []int{1000, 3000, 5000} {
		for _, flood := range []int{0, 1, 10, 100} {
			name := fmt.Sprintf("users=%d/flood=%d/policy=", users, flood)
			random := func() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }
			b.Run(name+"postern", hits(func() float64 { return hitRatio(token.NewCache(4<<20), users, flood, calls, random()) }))
			b.Run(name+"LRU", hits(func() float64 { return lruHitRatio(room, users, flood, calls, random()) }))
		}
	}
}

func hits(ratio func() float64) func(*testing.B) {
	return func(b *testing.B) {
		var last float64
		for b.Loop() {
			last = ratio()
		}
		b.ReportMetric(100*last, "hit-%")
	}
}

// lruHitRatio is hitRatio for a cache that drops what was used longest ago.
func lruHitRatio(room, working, floodPerCall, calls int, random *rand.Rand) float64 {
	order, held := list.New(), map[string]*list.Element{}
	call := func(id string) bool {
		if e, ok := held[id]; ok {
			order.MoveToFront(e)
			return true
		}
		held[id] = order.PushFront(id)
		if order.Len() > room {
			delete(held, order.Remove(order.Back()).(string))
		}
		return false
	}
	hits, flood := 0, 0
	for i := range calls {
		if call(fmt.Sprint("user-", random.IntN(working))) && i >= calls/5 {
			hits++
		}
		for range floodPerCall {
			flood++
			call(fmt.Sprint("flood-", flood))
		}
	}
	return float64(hits) / float64(calls-calls/5)
}
