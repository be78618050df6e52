package valkey

import (
	"context"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	valkeygo "github.com/valkey-io/valkey-go"
)

// session is one connection to one process of the server, never another: its
// client may not connect again. What was found out about the process when the
// session began, such as its run id, therefore holds for each of its answers.
type session struct {
	client   valkeygo.Client
	over     func() // closes the connection, which ends what waits for it
	closed   atomic.Bool
	address  string
	runID    string
	warnings []string
}

// close ends the session. It does not block.
func (s *session) close() {
	if s.closed.CompareAndSwap(false, true) {
		s.over()
		go s.client.Close() // which waits for its goroutines
	}
}

// errOver is that of a client that would have to connect again. It says that the
// command was not sent.
var errOver = errors.New("the connection has ended")

// use asks whether a proof is used for the first time, without a look at what the
// server may have forgotten.
func (s *session) use(ctx context.Context, k keys) (first bool, err error) {
	return firstOf(s.client.Do(ctx, s.set(k)))
}

func (s *session) set(k keys) valkeygo.Completed {
	return s.client.B().Set().Key(k.proof).Value("1").Nx().PxMilliseconds(k.ttl).Build()
}

func firstOf(r valkeygo.ValkeyResult) (bool, error) {
	switch err := r.Error(); {
	case err == nil:
		return true, nil
	case valkeygo.IsValkeyNil(err):
		return false, nil
	default:
		return false, err
	}
}

// useMarked is use for a server that may have forgotten proofs. The mark is read
// after the proof is written. If the mark is there then, nothing was forgotten
// between its making and this write; read before, the server could forget
// everything in between.
//
// A proof that is known is a replay, whatever else was forgotten.
func (s *session) useMarked(ctx context.Context, k keys) (first, marked bool, err error) {
	answers := s.client.DoMulti(ctx, s.set(k), s.client.B().Mget().Key(k.mark, k.refusing).Build())
	if first, err = firstOf(answers[0]); err != nil || !first {
		return false, true, err
	}
	marks, err := answers[1].ToArray()
	if err != nil {
		return false, false, err
	}
	if len(marks) != 2 {
		return false, false, errors.New("MGET did not answer with two values")
	}
	if by, err := marks[0].ToString(); err != nil || by != s.runID {
		return false, false, s.mark(ctx, k)
	}
	if !marks[1].IsNil() {
		return false, true, errRefusing
	}
	return true, true, nil
}

// errRefusing is that of calls until the forgotten proofs have expired.
var errRefusing = &fault{
	reason: ErrRestarted, seen: "it started, or took over, less than a lifetime of proofs ago",
	want: "to wait until the proofs from before have expired", setting: "valkey.Config.TrustRestarted",
}

// mark makes the server refuse for a ttl, which is how long a forgotten proof may
// be good, and marks it as known after that. In this order: with the mark alone,
// which is what remains if the second command is lost, nothing would be refused.
// Replicas that do it at the same time prolong it by the time between them.
func (s *session) mark(ctx context.Context, k keys) error {
	b := s.client.B()
	for _, r := range s.client.DoMulti(ctx,
		b.Set().Key(k.refusing).Value(s.runID).PxMilliseconds(k.ttl).Build(),
		b.Set().Key(k.mark).Value(s.runID).Build(),
	) {
		if err := r.Error(); err != nil {
			return err
		}
	}
	return errRefusing
}

// keys are those of a question. Marks are for one ttl: a replica whose proofs live
// longer than those of the others must refuse for longer.
type keys struct {
	proof, mark, refusing string
	ttl                   int64 // milliseconds
}

func (c Config) keys(id [32]byte, ttl time.Duration) keys {
	ms := (ttl + time.Millisecond - 1).Milliseconds()
	lifetime := strconv.FormatInt(ms, 10)
	var b strings.Builder
	b.Grow(len(c.Prefix) + 43)
	b.WriteString(c.Prefix)
	b.WriteString(base64.RawURLEncoding.EncodeToString(id[:]))
	return keys{proof: b.String(), mark: c.Prefix + "mark:" + lifetime, refusing: c.Prefix + "refusing:" + lifetime, ttl: ms}
}
