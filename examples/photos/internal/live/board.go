package live

import (
	"slices"
	"sync"
)

// Bounds of a Board.
const (
	mostKept     = 50 // decisions
	mostWatchers = 16 // pages that are open at the same time
)

// Board keeps the last decisions, and wakes those who wait for the next one. It
// may be used concurrently. It holds no queue for any of them: a page that reads
// slowly misses decisions and costs nothing.
type Board struct {
	mu       sync.Mutex
	kept     []Decision // oldest first
	last     uint64     // number of the newest
	changed  chan struct{}
	watchers int
	closed   chan struct{}
	closing  sync.Once
}

// NewBoard returns an empty Board. Close it, so that its pages end.
func NewBoard() *Board { return &Board{changed: make(chan struct{}), closed: make(chan struct{})} }

// Note puts a decision on the board.
func (b *Board) Note(d Decision) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	d.Number = b.last
	if len(b.kept) == mostKept {
		b.kept = slices.Delete(b.kept, 0, 1)
	}
	b.kept = append(b.kept, d)
	close(b.changed)
	b.changed = make(chan struct{})
}

// Close ends all that wait.
func (b *Board) Close() { b.closing.Do(func() { close(b.closed) }) }

// since returns the decisions kept after one of that number, oldest first, and a
// channel that is closed with the next.
func (b *Board) since(number uint64) ([]Decision, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var later []Decision
	for _, d := range b.kept {
		if d.Number > number {
			later = append(later, d)
		}
	}
	return later, b.changed
}

// enter reports whether there is room for one more watcher, who must leave.
func (b *Board) enter() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.watchers >= mostWatchers {
		return false
	}
	b.watchers++
	return true
}

func (b *Board) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watchers--
}
