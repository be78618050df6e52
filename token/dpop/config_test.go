package dpop_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	nonces := dpop.NewLocalNonces()
	keeps := func(d time.Duration) dpop.ReplayStore {
		return limited{storeFunc(func(context.Context, [32]byte, time.Duration) (bool, error) { return true, nil }), d, time.Time{}}
	}
	for name, row := range map[string]struct {
		cfg  dpop.Config
		want error
	}{
		"zero":                         {dpop.Config{}, nil},
		"least":                        {dpop.Config{MaxAge: 5 * time.Second, MaxAhead: -1, StoreTimeout: time.Millisecond, ReplicaSkew: -1, Nonces: nonces, NonceLifetime: 10 * time.Second}, nil},
		"most":                         {dpop.Config{MaxAge: 5 * time.Minute, MaxAhead: time.Minute, StoreTimeout: 10 * time.Second, ReplicaSkew: time.Minute, Nonces: nonces, NonceLifetime: 10 * time.Minute}, nil},
		"no algorithms":                {dpop.Config{Algorithms: []string{}}, token.ErrConfig},
		"HMAC":                         {dpop.Config{Algorithms: []string{"ES256", "HS256"}}, token.ErrConfig},
		"none":                         {dpop.Config{Algorithms: []string{"none"}}, token.ErrConfig},
		"short age":                    {dpop.Config{MaxAge: 4 * time.Second}, token.ErrConfig},
		"negative age":                 {dpop.Config{MaxAge: -time.Minute}, token.ErrConfig},
		"long age":                     {dpop.Config{MaxAge: 301 * time.Second}, token.ErrConfig},
		"far ahead":                    {dpop.Config{MaxAhead: 61 * time.Second}, token.ErrConfig},
		"short timeout":                {dpop.Config{StoreTimeout: time.Microsecond}, token.ErrConfig},
		"long timeout":                 {dpop.Config{StoreTimeout: 11 * time.Second}, token.ErrConfig},
		"large skew":                   {dpop.Config{ReplicaSkew: 61 * time.Second}, token.ErrConfig},
		"zero nonces":                  {dpop.Config{Nonces: &dpop.Nonces{}}, token.ErrConfig},
		"short-lived nonces":           {dpop.Config{Nonces: nonces, NonceLifetime: 9 * time.Second}, token.ErrConfig},
		"long-lived nonces":            {dpop.Config{Nonces: nonces, NonceLifetime: 601 * time.Second}, token.ErrConfig},
		"lifetime without nonces":      {dpop.Config{NonceLifetime: time.Minute}, token.ErrConfig},
		"no clock and no nonces":       {dpop.Config{NonceReplacesClock: true}, token.ErrConfig},
		"nil store":                    {dpop.Config{Store: (*dpop.MemoryStore)(nil)}, token.ErrConfig},
		"nil func":                     {dpop.Config{Store: storeFunc(nil)}, token.ErrConfig},
		"zero store":                   {dpop.Config{Store: &dpop.MemoryStore{}}, token.ErrConfig},
		"store keeps long enough":      {dpop.Config{Store: keeps(95 * time.Second)}, nil},
		"store forgets too early":      {dpop.Config{Store: keeps(95*time.Second - 1)}, token.ErrConfig},
		"nonces live longer":           {dpop.Config{Store: keeps(95 * time.Second), Nonces: nonces}, token.ErrConfig},
		"and the store remembers them": {dpop.Config{Store: keeps(125 * time.Second), Nonces: nonces}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checker, err := dpop.New(row.cfg)
			require.ErrorIs(t, err, row.want)
			require.ErrorIs(t, row.cfg.Validate(), row.want)
			assert.Equal(t, row.want == nil, checker != nil)
		})
	}
}

// What the caller does to its Config afterwards changes nothing.
func TestConfigIsCopied(t *testing.T) {
	t.Parallel()
	algorithms := []string{"ES256"}
	checker, err := dpop.New(dpop.Config{Algorithms: algorithms})
	require.NoError(t, err)
	algorithms[0] = "RS256"
	assert.Equal(t, "ES256", checker.Scheme().Params[0].Value)
}

// The scheme tells which algorithms proofs may have, in their order.
func TestScheme(t *testing.T) {
	t.Parallel()
	t.Run("C_9449-7.1-4", func(t *testing.T) {
		checker, err := dpop.New(dpop.Config{Required: true})
		require.NoError(t, err)
		assert.Equal(t, "jkt", checker.Method())
		assert.Equal(t, token.Scheme{Name: "DPoP", Params: []token.Param{{Name: "algs", Value: "ES256 PS256 Ed25519 EdDSA"}}}, checker.Scheme())
		assert.True(t, checker.Required())
	})
}

// A Checker that New has not made refuses every call as one that cannot be judged.
func TestZeroChecker(t *testing.T) {
	t.Parallel()
	for _, checker := range []*dpop.Checker{nil, {}} {
		err := checker.Check(t.Context(), nil, token.Presentation{})
		require.ErrorIs(t, err, token.ErrUnavailable)
		assert.Equal(t, token.Scheme{Name: "DPoP"}, checker.Scheme())
		assert.Equal(t, "jkt", checker.Method())
		assert.False(t, checker.Required())
	}
	checker, err := dpop.New(dpop.Config{})
	require.NoError(t, err)
	require.ErrorIs(t, checker.Check(t.Context(), nil, token.Presentation{}), token.ErrProofMissing)
	_, prover := newProver(t)
	proof, err := prover.Proof(dpop.Claims{Method: "GET", URL: target, Token: "x"})
	require.NoError(t, err)
	require.ErrorIs(t, checker.Check(t.Context(), nil, token.Presentation{Token: "x", Call: newCall(t, target, proof)}), token.ErrBinding)
}
