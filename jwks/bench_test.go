package jwks_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

func warmBench(tb testing.TB, n int) *jwks.Remote {
	s := newServer()
	var keys []testKey
	for i := range n {
		keys = append(keys, ecKey(fmt.Sprint("key-", i)))
	}
	s.publish(keys...)
	r := newRemote(tb, s, nil)
	require.NoError(tb, r.Ready(context.Background()))
	return r
}

// BenchmarkClock is the part of BenchmarkKeys that is the system's.
func BenchmarkClock(b *testing.B) {
	for b.Loop() {
		time.Now()
	}
}

// BenchmarkKeys is what every request pays for a key that is held.
func BenchmarkKeys(b *testing.B) {
	ctx := context.Background()
	for _, n := range []int{1, 10, 100} {
		r, kid := warmBench(b, n), fmt.Sprint("key-", n/2)
		b.Run(fmt.Sprintf("held/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Keys(ctx, kid); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	r := warmBench(b, 10)
	b.Run("held/parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := r.Keys(ctx, "key-5"); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("no kid", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := r.Keys(ctx, ""); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("unknown", func(b *testing.B) {
		b.ReportAllocs()
		kids := make([]string, 1024)
		for i := range kids {
			kids[i] = fmt.Sprint("random-", i)
		}
		for i := 0; b.Loop(); i++ {
			if _, err := r.Keys(ctx, kids[i%len(kids)]); err == nil {
				b.Fatal("found")
			}
		}
	})
}

func BenchmarkParseSet(b *testing.B) {
	body := []byte(setOf(ecKey("ec"), edKey("ed"), rsaKey("rsa")))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := jwks.ParseSet(body); err != nil {
			b.Fatal(err)
		}
	}
}

func TestKeysOfAWarmSetAllocateNothing(t *testing.T) {
	r := warmBench(t, 10)
	for _, kid := range []string{"key-3", ""} {
		require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = r.Keys(context.Background(), kid) }))
	}
	_, _ = r.Keys(context.Background(), "spends the budget")
	kids := make([]string, 200)
	for i := range kids {
		kids[i] = fmt.Sprint("random ", i)
	}
	i := 0
	require.Zero(t, testing.AllocsPerRun(100, func() {
		_, _ = r.Keys(context.Background(), kids[i])
		i++
	}))
}
