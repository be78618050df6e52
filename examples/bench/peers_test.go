package bench_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/bench"
)

// sizes of the tokens that are compared.
var sizes = []int{900, 4096}

// issuers are made once: an RSA key takes long.
var issuers = func() map[string]func() *bench.Issuer {
	made := map[string]func() *bench.Issuer{}
	for _, alg := range bench.Algorithms {
		made[alg] = sync.OnceValue(func() *bench.Issuer { return bench.NewIssuer(alg) })
	}
	return made
}()

func verifier(tb testing.TB, peer bench.Peer, issuer *bench.Issuer) bench.Verify {
	tb.Helper()
	verify, err := peer.New(issuer)
	require.NoError(tb, err)
	return verify
}

// each calls f for every peer with every algorithm.
func each(t *testing.T, f func(*testing.T, bench.Peer, *bench.Issuer)) {
	t.Helper()
	for _, peer := range bench.Peers {
		for _, alg := range bench.Algorithms {
			t.Run(peer.Name+"/"+alg, func(t *testing.T) {
				t.Parallel()
				f(t, peer, issuers[alg]())
			})
		}
	}
}

// What is measured must be good to begin with, and stay so when it comes again.
func TestPeersAcceptTheGood(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, peer bench.Peer, issuer *bench.Issuer) {
		verify := verifier(t, peer, issuer)
		for _, size := range sizes {
			raw := issuer.Token(size)
			require.NoError(t, verify(raw))
			require.NoError(t, verify(raw))
		}
	})
}

// A peer that lets in what it claims to refuse has been set up wrongly, and
// would be compared for doing less.
func TestPeersRefuseTheBad(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, peer bench.Peer, issuer *bench.Issuer) {
		verify := verifier(t, peer, issuer)
		for _, attack := range bench.Attacks {
			if attack.Everyone || strings.HasPrefix(peer.Name, "postern") {
				assert.Error(t, verify(attack.Token(issuer)), attack.Name)
			}
		}
		require.NoError(t, verify(issuer.Token(900)), "the good are let in afterwards")
	})
}

// The attacks that are not for everyone differ from a good token in one thing
// only: some peer lets each of them in.
func TestAttacksAreBadInOneThingOnly(t *testing.T) {
	t.Parallel()
	issuer := issuers["ES256"]()
	for _, attack := range bench.Attacks {
		if attack.Everyone {
			continue
		}
		passed := false
		for _, peer := range bench.Peers {
			passed = passed || verifier(t, peer, issuer)(attack.Token(issuer)) == nil
		}
		assert.True(t, passed, attack.Name)
	}
}

func TestTokensAreAsLongAsTheySay(t *testing.T) {
	t.Parallel()
	for _, alg := range bench.Algorithms {
		for _, size := range append([]int{600, 65_000}, sizes...) {
			if alg == "RS256" || alg == "PS256" {
				size += 300 // for the signature
			}
			assert.InDelta(t, size, len(issuers[alg]().Token(size)), 2, fmt.Sprint(alg, size))
		}
	}
}

func TestFloors(t *testing.T) {
	t.Parallel()
	for _, alg := range bench.Algorithms {
		issuer := issuers[alg]()
		raw := issuer.Token(900)
		assert.True(t, issuer.Signature(raw)(), alg)
		for _, attack := range bench.Attacks {
			if attack.Name == "claims altered" || attack.Name == "signature altered" {
				assert.False(t, issuer.Signature(attack.Token(issuer))(), attack.Name)
			}
		}
		assert.True(t, bench.LookUp(raw)())
	}
}
