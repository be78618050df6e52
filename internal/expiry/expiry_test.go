package expiry_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/internal/expiry"
	"github.com/postern-go/postern/token"
)

// in is a deadline as a token has it: without a monotonic reading.
func in(d time.Duration) time.Time { return time.Now().Add(d).Round(0) }

func assertExpired(t *testing.T, ctx context.Context) {
	t.Helper()
	assert.ErrorIs(t, ctx.Err(), context.DeadlineExceeded)
	assert.Equal(t, token.ErrExpired, context.Cause(ctx))
	select {
	case <-ctx.Done():
	default:
		t.Error("Done is open")
	}
}

// waits are the ways in which a handler can wait for the end of its context.
func waits() map[string]func(context.Context) {
	return map[string]func(context.Context){
		"Done": func(ctx context.Context) { <-ctx.Done() },
		"Err": func(ctx context.Context) {
			for ctx.Err() == nil {
				time.Sleep(time.Second)
			}
		},
		"derived": func(ctx context.Context) {
			child, cancel := context.WithCancel(context.WithValue(ctx, key{}, 0))
			defer cancel()
			<-child.Done()
		},
		"AfterFunc": func(ctx context.Context) {
			done := make(chan struct{})
			context.AfterFunc(ctx, func() { close(done) })
			<-done
		},
	}
}

type key struct{}

func TestEndsAtTheDeadline(t *testing.T) {
	t.Parallel()
	for name, wait := range waits() {
		for _, after := range []time.Duration{2 * time.Second, time.Minute, 10*time.Minute + time.Second} {
			t.Run(name+" "+after.String(), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					start := time.Now()
					ctx, stop := expiry.Context(t.Context(), in(after))
					defer stop()
					assert.NoError(t, ctx.Err())
					assert.NoError(t, context.Cause(ctx))
					wait(ctx)
					assert.Equal(t, after, time.Since(start))
					assertExpired(t, ctx)
				})
			})
		}
	}
}

// While a machine is suspended its timers stand still and the time of day goes
// on. The context ends a minute after that machine has woken up at the latest,
// and at once for a handler that asks.
func TestWallClockCounts(t *testing.T) {
	t.Parallel()
	for name, wait := range waits() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var slept atomic.Int64
				now := func() time.Time { return time.Now().Add(time.Duration(slept.Load())) }
				ctx, stop := expiry.At(t.Context(), in(time.Hour), now)
				defer stop()
				start := time.Now()
				time.AfterFunc(90*time.Second, func() { slept.Store(int64(2 * time.Hour)) })
				wait(ctx)
				assert.LessOrEqual(t, time.Since(start), 150*time.Second)
				assertExpired(t, ctx)
			})
		})
	}
}

// Each way of looking finds out at once, whatever was looked at before.
func TestLookingAfterASuspension(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ before, after func(context.Context) }{
		"Done first":       {func(context.Context) {}, func(ctx context.Context) { <-ctx.Done() }},
		"Err first":        {func(context.Context) {}, func(ctx context.Context) { assert.Error(t, ctx.Err()) }},
		"Done, then Err":   {func(ctx context.Context) { ctx.Done() }, func(ctx context.Context) { assert.Error(t, ctx.Err()) }},
		"Err, then Done":   {func(ctx context.Context) { _ = ctx.Err() }, func(ctx context.Context) { <-ctx.Done() }},
		"derived, at last": {func(context.Context) {}, func(ctx context.Context) { child, cancel := context.WithCancel(ctx); defer cancel(); <-child.Done() }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var slept atomic.Int64
				now := func() time.Time { return time.Now().Add(time.Duration(slept.Load())) }
				ctx, stop := expiry.At(t.Context(), in(time.Hour), now)
				defer stop()
				row.before(ctx)
				start := time.Now()
				slept.Store(int64(2 * time.Hour))
				row.after(ctx)
				assert.Zero(t, time.Since(start))
				assertExpired(t, ctx)
			})
		})
	}
}

// A context that has ended stays so, even if the time of day is set back.
func TestClockIsSetBack(t *testing.T) {
	t.Parallel()
	for name, wait := range waits() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var back atomic.Int64
				now := func() time.Time { return time.Now().Add(-time.Duration(back.Load())) }
				ctx, stop := expiry.At(t.Context(), in(time.Hour), now)
				defer stop()
				wait(ctx)
				back.Store(int64(2 * time.Hour))
				assertExpired(t, ctx)
			})
		})
	}
}

func TestAlreadyOver(t *testing.T) {
	t.Parallel()
	for name, deadline := range map[string]time.Time{"past": in(-time.Second), "unknown": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, stop := expiry.Context(t.Context(), deadline)
			defer stop()
			<-ctx.Done()
			assertExpired(t, ctx)

			ctx, stop = expiry.Context(t.Context(), deadline)
			defer stop()
			assertExpired(t, ctx)
		})
	}
}

var errOwn = errors.New("the program's own reason")

// The parent's end passes through with its error and cause, whether the handler
// has looked before or not.
func TestParentEnds(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(context.Context){
		"looked before": func(ctx context.Context) { ctx.Done() },
		"never looked":  func(context.Context) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				parent, cancel := context.WithCancelCause(t.Context())
				ctx, stop := expiry.Context(parent, in(time.Minute))
				defer stop()
				before(ctx)
				cancel(errOwn)
				assert.ErrorIs(t, ctx.Err(), context.Canceled)
				assert.Equal(t, errOwn, context.Cause(ctx))
				<-ctx.Done()
				time.Sleep(time.Hour)
				assert.ErrorIs(t, ctx.Err(), context.Canceled)
				assert.Equal(t, errOwn, context.Cause(ctx))
			})
		})
	}
}

func TestDeadlineIsTheEarlier(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		parent, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for _, later := range []time.Duration{time.Minute, time.Hour} {
			ctx, stop := expiry.Context(parent, in(later))
			assert.Equal(t, parent, ctx, "nothing to watch")
			stop()
			assert.NoError(t, ctx.Err(), "the parent is not ours to end")
		}
		ctx, stop := expiry.Context(parent, in(time.Second))
		defer stop()
		deadline, ok := ctx.Deadline()
		assert.True(t, ok)
		assert.Equal(t, in(time.Second), deadline)
		inner, stopInner := expiry.Context(ctx, in(time.Second))
		defer stopInner()
		assert.Equal(t, ctx, inner, "a guard inside a guard")
	})
}

func TestStop(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(context.Context){
		"looked before": func(ctx context.Context) { ctx.Done() },
		"never looked":  func(context.Context) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Timers or goroutines that are left make synctest fail.
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := expiry.Context(t.Context(), in(time.Hour))
				before(ctx)
				stop()
				stop()
				assert.ErrorIs(t, ctx.Err(), context.Canceled)
				<-ctx.Done()
				assert.ErrorIs(t, context.Cause(ctx), context.Canceled)
			})
		})
	}
}

// Nothing looks at the clock on behalf of a handler that has returned.
func TestStopReleasesTheTimer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var looks atomic.Int64
		now := func() time.Time { looks.Add(1); return time.Now() }
		ctx, stop := expiry.At(t.Context(), in(time.Hour), now)
		ctx.Done()
		stop()
		before := looks.Load()
		time.Sleep(2 * time.Hour)
		assert.Equal(t, before, looks.Load())
	})
}

func TestValuesOfTheParent(t *testing.T) {
	t.Parallel()
	ctx, stop := expiry.Context(context.WithValue(t.Context(), key{}, "v"), in(time.Hour))
	defer stop()
	assert.Equal(t, "v", ctx.Value(key{}))
	ctx.Done()
	assert.Equal(t, "v", ctx.Value(key{}))
}

// A handler and its helpers look at one context at the same time, while it
// ends.
func TestConcurrently(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		parent, cancel := context.WithCancel(t.Context())
		ctx, stop := expiry.Context(parent, in(2*time.Second))
		var group sync.WaitGroup
		for _, wait := range waits() {
			for range 4 {
				group.Go(func() { wait(ctx) })
			}
		}
		for _, end := range []func(){cancel, stop} {
			group.Go(func() {
				time.Sleep(2 * time.Second)
				end()
			})
		}
		group.Wait()
		assert.Error(t, ctx.Err())
		assert.Error(t, context.Cause(ctx))
	})
}

// A handler that never looks pays for the context and the stop func alone.
func TestLookingCosts(t *testing.T) {
	deadline := in(time.Hour)
	allocs := testing.AllocsPerRun(100, func() {
		_, stop := expiry.Context(context.Background(), deadline)
		stop()
	})
	assert.LessOrEqual(t, allocs, 2.0)
}

func BenchmarkContext(b *testing.B) {
	deadline := in(time.Hour)
	parent, cancel := context.WithCancel(b.Context())
	defer cancel()
	b.Run("lazy", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, stop := expiry.Context(parent, deadline)
			stop()
		}
	})
	b.Run("lazy, looked at", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ctx, stop := expiry.Context(parent, deadline)
			ctx.Done()
			stop()
		}
	})
	b.Run("context.WithDeadlineCause", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, stop := context.WithDeadlineCause(parent, deadline, token.ErrExpired)
			stop()
		}
	})
}
