package jwks_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

// returning is an issuer that is out of reach for twenty minutes, and what a
// fleet asks of it whose every replica is called once a second under a key that
// it does not have.
type returning struct {
	held, published string // key sets: before the outage, and after
	now             time.Duration
	perMinute       [25]int
}

const returns = 20 * time.Minute

func (i *returning) RoundTrip(*http.Request) (*http.Response, error) {
	switch {
	case i.now < 0:
		return response(http.StatusOK, "", i.held), nil
	case i.now < returns:
		i.perMinute[i.now/time.Minute]++
		return nil, errDown
	}
	i.perMinute[i.now/time.Minute]++
	return response(http.StatusOK, "", i.published), nil
}

// lives is one replica that starts in the first minute of the outage, or had
// fetched keys within the lifetime before it. It returns how long after the end
// the first call is served.
func (i *returning) lives(tb testing.TB, n int, warm bool) time.Duration {
	random := rand.New(rand.NewPCG(3, uint64(n)))
	r, err := jwks.NewRemote(jwks.RemoteConfig{
		URLs: []string{keysURL}, HTTPClient: &http.Client{Transport: i}, Jitter: random.Float64,
		Time: func() time.Time { return fleetEpoch.Add(i.now) },
	})
	require.NoError(tb, err)
	i.now = time.Duration(random.Float64() * float64(time.Minute))
	if warm {
		i.now = -time.Duration(random.Float64() * float64(5*time.Minute))
		require.NoError(tb, r.Ready(context.Background()))
		i.now = time.Duration(random.Float64() * float64(time.Second))
	}
	for ; ; i.now += time.Second {
		_, err := r.Keys(context.Background(), "next")
		jwks.Settle(r)
		if err == nil {
			return i.now - returns
		}
	}
}

// BenchmarkRecovery is what the return of an issuer costs it: the mean in ten
// minutes of outage and the minute in which it is back.
//
//	go test ./jwks -run '^$' -bench Recovery -benchtime 1x
func BenchmarkRecovery(b *testing.B) {
	next := ecKey("next")
	for _, replicas := range []int{100, 1000, 10_000} {
		for name, warm := range map[string]bool{"nothing held": false, "another key": true} {
			b.Run(fmt.Sprintf("%s/replicas=%d", name, replicas), func(b *testing.B) {
				for b.Loop() {
					i := &returning{held: setOf(ecKey("old")), published: setOf(next)}
					var closed time.Duration
					for n := range replicas {
						closed = max(closed, i.lives(b, n, warm))
					}
					outage := 0
					for _, n := range i.perMinute[10:20] {
						outage += n
					}
					b.ReportMetric(float64(outage)/10, "outage/min")
					b.ReportMetric(float64(i.perMinute[20]), "back/min")
					b.ReportMetric(closed.Seconds(), "closed-s")
				}
			})
		}
	}
}
