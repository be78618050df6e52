package story

import (
	"context"
	"io"
	"sync"

	"github.com/postern-go/postern/examples/internal/serve"
	"github.com/postern-go/postern/examples/photos/internal/live"
)

// Show serves a new town to a person, by the real clock, until ctx ends. It
// prints how to take part, and then the decisions that wanted picks. It returns
// nil if the end was an orderly one.
func Show(ctx context.Context, out io.Writer, wanted func(live.Decision) bool) error {
	board := live.NewBoard()
	lines := &printer{out: out, wanted: wanted}
	ln, err := serve.Loopback()
	if err != nil {
		return err
	}
	defer ln.Close()
	t, err := newTown(func(d live.Decision) {
		board.Note(d)
		lines.print(d)
	})
	if err != nil {
		return err
	}
	return serve.All(ctx, t.serve,
		func(ctx context.Context) error {
			defer context.AfterFunc(ctx, board.Close)()
			return serve.HTTP(ctx, ln, board.Handler())
		},
		func(ctx context.Context) error {
			if err := t.guide(ctx, "http://"+ln.Addr().String(), lines); err != nil && ctx.Err() == nil {
				return err
			}
			<-ctx.Done()
			return nil
		})
}

// guide prints what a person needs.
func (t *town) guide(ctx context.Context, board string, lines *printer) error {
	s, err := newStory(t, nil)
	if err != nil {
		return err
	}
	defer s.close()
	raw, err := s.statisticsToken(ctx)
	if err != nil {
		return err
	}
	lines.mu.Lock()
	defer lines.mu.Unlock()
	guide{t, board, raw}.printTo(lines.out)
	return nil
}

// printer writes decisions to a terminal as they are made. It may be used
// concurrently.
type printer struct {
	mu     sync.Mutex
	out    io.Writer
	wanted func(live.Decision) bool
}
