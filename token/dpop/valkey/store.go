package valkey

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/postern-go/postern/token/dpop"
)

// Store is a dpop.ReplayStore in a Valkey or Redis server. It is safe for
// concurrent use. The zero Store and a nil one answer every question with an error.
type Store struct{ link *link }

var _ dpop.ReplayStore = (*Store)(nil)

// New returns a Store. It makes no connection. The error matches token.ErrConfig
// and shows no secrets.
func New(cfg Config) (*Store, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	return &Store{&link{config: cfg, observer: observer{cfg.Trace, &state{}}}}, nil
}

// Format implements fmt.Formatter, so that no verb shows the credentials.
func (s *Store) Format(w fmt.State, verb rune) {
	if s.isZero() {
		_, _ = io.WriteString(w, "replay store without a server")
		return
	}
	s.link.config.Format(w, verb)
}

// Close ends the connection and its goroutines. Questions that wait for an answer
// and later ones get an error. It does not block, and may be called twice.
func (s *Store) Close() {
	if !s.isZero() {
		s.link.close()
	}
}

// Status says how the store is. It makes no request.
func (s *Store) Status() Status {
	var out Status
	if !s.isZero() {
		s.link.fill(&out)
		s.link.observer.state.fill(&out)
		out.Warnings = slices.Clone(out.Warnings)
	}
	return out
}

// Ready connects if there is no connection, and asks the server for a sign of
// life. It is for a readiness probe, and with RefuseEarlier for the start of a
// service: a new server then remembers since that moment. It blocks for
// Config.Timeout at most, or until ctx ends. A server that makes the store refuse
// all calls, as it has restarted, is ready all the same.
func (s *Store) Ready(ctx context.Context) error {
	_, err := s.ask(ctx, func(ctx context.Context, on *session) (bool, error) {
		if s.link.config.AfterRestart != RefuseEarlier {
			return true, on.client.Do(ctx, on.client.B().Ping().Build()).Error()
		}
		key := s.link.config.keys([32]byte{}, 0).since
		_, restarted, err := on.began(ctx, key, on.client.Do(ctx, on.client.B().Get().Key(key).Build()))
		if restarted && err == nil {
			s.link.observer.restarted(0)
		}
		return true, err
	})
	return err
}

// Use is UseSince for callers that do not know when the proof was made: with
// RefuseEarlier, it refuses as RefuseAll does.
func (s *Store) Use(ctx context.Context, id [32]byte, ttl time.Duration) (first bool, err error) {
	first, since, err := s.UseSince(ctx, id, ttl)
	if err == nil && first && time.Since(since) < ttl {
		return false, errRefusing
	}
	return first, err
}

// UseSince implements dpop.ReplayStore with one SET NX PX. With RefuseEarlier,
// since is when the server began to remember, and otherwise the zero time. It
// blocks for Config.Timeout at most, or until ctx ends. The error matches one of the
// reasons of this package.
func (s *Store) UseSince(ctx context.Context, id [32]byte, ttl time.Duration) (first bool, since time.Time, err error) {
	if s.isZero() {
		return false, since, errZero
	}
	if ttl <= 0 {
		return false, since, &fault{reason: ErrUnsuitable, seen: fmt.Sprintf("ttl is %v", ttl), want: "a positive one"}
	}
	k := s.link.config.keys(id, ttl)
	began := time.Now()
	first, err = s.ask(ctx, func(ctx context.Context, on *session) (first bool, err error) {
		switch s.link.config.AfterRestart {
		case TrustServer:
			return on.use(ctx, k)
		case RefuseEarlier:
			restarted := false
			first, since, restarted, err = on.useSince(ctx, k)
			if restarted && err == nil {
				s.link.observer.restarted(0)
			}
			return first, err
		default:
			first, marked, err := on.useMarked(ctx, k)
			if !marked && errors.Is(err, ErrRestarted) {
				s.link.observer.restarted(ttl)
			}
			return first, err
		}
	})
	s.link.observer.used(began, err)
	return first, since, err
}

var errZero = &fault{reason: ErrUnsuitable, seen: "the Store is zero", want: "one that valkey.New has made"}

func (s *Store) isZero() bool { return s == nil || s.link == nil }

// ask asks on the current session. On one that has ended before anything was sent,
// it asks once more on the next.
func (s *Store) ask(ctx context.Context, question func(context.Context, *session) (bool, error)) (bool, error) {
	if s.isZero() {
		return false, errZero
	}
	ctx, cancel := context.WithTimeout(ctx, s.link.config.Timeout)
	defer cancel()
	for again := true; ; again = false {
		on, err := s.link.get(ctx)
		if err != nil {
			return false, err
		}
		first, err := question(ctx, on)
		if err == nil {
			s.link.answered()
			return first, nil
		}
		reason := faultOf(err)
		if ends(reason) {
			s.link.drop(on, reason)
		}
		if !again || !errors.Is(err, errOver) {
			return false, reason
		}
	}
}

// ends reports whether another connection may help. A server that is slow, full or
// has restarted is the same on each.
func ends(reason error) bool {
	for _, is := range []error{ErrUnreachable, ErrNotPrimary, ErrCredentials, ErrUnsuitable} {
		if errors.Is(reason, is) {
			return true
		}
	}
	return false
}
