package main

import (
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/internal/photoserver"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// TestStoreIsDown holds that the service starts without its store, and refuses
// calls until it is there.
func TestStoreIsDown(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	issuer := tokentest.NewLoopbackIssuer(t, &tokentest.Options{Audience: []string{audience}})
	s := start(t, "-issuer", issuer.Identifier(), "-replay", "redis://"+ln.Addr().String())
	c := newClient(t, issuer)
	for _, rpc := range []bool{false, true} {
		what, err := c.newCall(rpc)
		require.NoError(t, err)
		got, err := c.send(s, what)
		require.NoError(t, err)
		assert.Equal(t, 503, got)
	}
}

// TestWithoutStore holds that a replica alone remembers by itself.
func TestWithoutStore(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewLoopbackIssuer(t, &tokentest.Options{Audience: []string{audience}})
	s, c := start(t, "-issuer", issuer.Identifier()), newClient(t, issuer)
	for _, rpc := range []bool{false, true} {
		what, err := c.newCall(rpc)
		require.NoError(t, err)
		for _, want := range []int{200, 401} {
			got, err := c.send(s, what)
			require.NoError(t, err)
			assert.Equal(t, want, got)
		}
	}
}

func TestFlagsRefused(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"no choice":         {"-dpop", "accept", "-replay", "redis://127.0.0.1:1", "-replay-restart", "some"},
		"no proofs":         {"-replay", "redis://127.0.0.1:1"},
		"nonces of its own": {"-dpop", "accept", "-replay", "redis://127.0.0.1:1", "-dpop-nonce"},
		"no own flag":       {"-dpop", "accept", "-store", "x"},
	} {
		_, err := program(io.Discard).Parse(append([]string{"-issuer", "https://a", "-audience", "x"}, args...), io.Discard)
		assert.Error(t, err, name)
	}
	for _, url := range []string{"redis://:hunter2@[x", "http://hunter2@x"} {
		o, err := program(io.Discard).Parse([]string{"-issuer", "https://a", "-audience", "x", "-dpop", "accept", "-replay", url}, io.Discard)
		require.NoError(t, err)
		err = photoserver.Run(t.Context(), o, io.Discard, io.Discard)
		require.ErrorIs(t, err, token.ErrConfig)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}
