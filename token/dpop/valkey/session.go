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

// keys are those of a question. Marks with a refusal are for one ttl: a replica whose proofs live
// longer than those of the others must refuse for longer.
type keys struct {
	proof, mark, refusing, since string
	ttl                          int64 // milliseconds
}

func (c Config) keys(id [32]byte, ttl time.Duration) keys {
	ms := (ttl + time.Millisecond - 1).Milliseconds()
	lifetime := strconv.FormatInt(ms, 10)
	var b strings.Builder
	b.Grow(len(c.Prefix) + 43)
	b.WriteString(c.Prefix)
	b.WriteString(base64.RawURLEncoding.EncodeToString(id[:]))
	return keys{proof: b.String(), mark: c.Prefix + "mark:" + lifetime, refusing: c.Prefix + "refusing:" + lifetime, since: c.Prefix + "since", ttl: ms}
}
