//go:build interop

package valkey_test

import (
	"context"
	"encoding/binary"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token/dpop/valkey"
)

// BenchmarkUse is for docs/operators.md: questions to a server on the same machine,
// and what the server takes for an entry.
func BenchmarkUse(b *testing.B) {
	for name, after := range map[string]valkey.AfterRestart{"RefuseAll": valkey.RefuseAll, "RefuseEarlier": valkey.RefuseEarlier, "TrustServer": valkey.TrustServer} {
		for _, workers := range []int{1, 32} {
			b.Run(name+"/workers="+strconv.Itoa(workers), func(b *testing.B) {
				s := newServer(b)
				store := newStore(b, valkey.Config{Addresses: []string{s.address()}, AfterRestart: after, Timeout: 10 * time.Second})
				require.True(b, judged(b, store, 1))
				lifetime := time.Hour
				if after == valkey.RefuseAll {
					lifetime = short // which has passed
				}
				before := used(b, s)
				var n atomic.Uint64
				b.SetParallelism(workers)
				b.ResetTimer()
				if workers == 1 {
					for b.Loop() {
						ask(b, store, n.Add(1), lifetime)
					}
				} else {
					b.RunParallel(func(pb *testing.PB) {
						for pb.Next() {
							ask(b, store, n.Add(1), lifetime)
						}
					})
				}
				b.StopTimer()
				if after != valkey.RefuseAll {
					b.ReportMetric(float64(used(b, s)-before)/float64(n.Load()), "server-B/entry")
				}
			})
		}
	}
}

func ask(b *testing.B, s *valkey.Store, n uint64, lifetime time.Duration) {
	var id [32]byte
	binary.BigEndian.PutUint64(id[:], n)
	binary.BigEndian.PutUint64(id[8:], n*0x9E3779B97F4A7C15)
	if _, _, err := s.UseSince(context.Background(), id, lifetime); err != nil {
		b.Error(err)
	}
}

func used(b *testing.B, s *realServer) int {
	b.Helper()
	for line := range strings.Lines(s.tell(b, "info", "memory")) {
		if v, ok := strings.CutPrefix(line, "used_memory:"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(v))
			require.NoError(b, err)
			return n
		}
	}
	return 0
}
