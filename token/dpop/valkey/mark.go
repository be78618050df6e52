package valkey

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	valkeygo "github.com/valkey-io/valkey-go"
)

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
	want: "to wait until the proofs from before have expired", setting: "valkey.Config.AfterRestart",
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

// useSince is use with the time since when the server has forgotten nothing, which
// is part of the mark. It too is read after the proof is written. restarted says that
// the server had no mark, and that the time is now.
func (s *session) useSince(ctx context.Context, k keys) (first bool, since time.Time, restarted bool, err error) {
	answers := s.client.DoMulti(ctx, s.set(k), s.client.B().Get().Key(k.since).Build())
	if first, err = firstOf(answers[0]); err != nil || !first {
		return false, since, false, err
	}
	since, restarted, err = s.began(ctx, k.since, answers[1])
	return err == nil, since, restarted, err
}

// began reads the mark, and makes one if it is missing or of another process. The
// time of a new one is taken after it was found missing, and so after anything was
// forgotten.
func (s *session) began(ctx context.Context, key string, answer valkeygo.ValkeyResult) (since time.Time, restarted bool, err error) {
	text, err := answer.ToString()
	if err != nil && !valkeygo.IsValkeyNil(err) {
		return since, false, err
	}
	by, at, _ := strings.Cut(text, " ")
	ms, err := strconv.ParseInt(at, 10, 64)
	if err == nil && by == s.runID {
		return time.UnixMilli(ms), false, nil
	}
	now := time.Now().Truncate(time.Millisecond).Add(time.Millisecond)
	mark := s.runID + " " + strconv.FormatInt(now.UnixMilli(), 10)
	return now, true, s.client.Do(ctx, s.client.B().Set().Key(key).Value(mark).Build()).Error()
}
