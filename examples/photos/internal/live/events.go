package live

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Times of a stream of events.
const (
	breath    = 20 * time.Second // something is sent this often, to notice who has gone
	writeTime = 10 * time.Second // for each of these
)

// serveEvents sends decisions as server-sent events, each a piece of the page as
// it is shown, until the reader goes or the Board is closed.
func (b *Board) serveEvents(w http.ResponseWriter, r *http.Request) {
	if !b.enter() {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "too many pages are open", http.StatusServiceUnavailable)
		return
	}
	defer b.leave()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	out := http.NewResponseController(w)
	seen := lastSeen(r)
	for {
		list, changed := b.since(seen)
		_ = out.SetWriteDeadline(time.Now().Add(writeTime)) // the server's own would end the stream
		if err := send(w, list); err != nil || out.Flush() != nil {
			return
		}
		if len(list) > 0 {
			seen = list[len(list)-1].Number
		}
		if !b.wait(r, changed) {
			return
		}
	}
}

// wait reports whether the stream goes on.
func (b *Board) wait(r *http.Request, changed <-chan struct{}) bool {
	late := time.NewTimer(breath)
	defer late.Stop()
	select {
	case <-changed:
	case <-late.C:
	case <-r.Context().Done():
		return false
	case <-b.closed:
		return false
	}
	return true
}

// send writes events, or a comment if there are none.
func send(w io.Writer, list []Decision) error {
	text := new(strings.Builder)
	for _, d := range list {
		piece, err := pages.Piece("decision", d)
		if err != nil {
			return err
		}
		fmt.Fprintf(text, "id: %d\n", d.Number)
		for line := range strings.Lines(piece) {
			fmt.Fprintf(text, "data: %s\n", strings.TrimRight(line, "\n"))
		}
		text.WriteString("\n")
	}
	if len(list) == 0 {
		text.WriteString(":\n\n")
	}
	_, err := io.WriteString(w, text.String())
	return err
}
