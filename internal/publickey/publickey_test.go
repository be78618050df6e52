package publickey_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/publickey"
)

func ecKey(t *testing.T, curve elliptic.Curve) *ecdsa.PublicKey {
	t.Helper()
	private, err := ecdsa.GenerateKey(curve, rand.Reader)
	require.NoError(t, err)
	return &private.PublicKey
}

// A key equals itself and a copy of itself, and no other of any type.
func TestEqual(t *testing.T) {
	t.Parallel()
	ec, ed := ecKey(t, elliptic.P256()), ed25519.PublicKey(make([]byte, 32))
	n := new(big.Int).Lsh(big.NewInt(1), 2047)
	keys := []struct{ key, same crypto.PublicKey }{
		{&rsa.PublicKey{N: n, E: 3}, &rsa.PublicKey{N: new(big.Int).Set(n), E: 3}},
		{&rsa.PublicKey{N: n, E: 5}, &rsa.PublicKey{N: new(big.Int).Set(n), E: 5}},
		{&rsa.PublicKey{N: big.NewInt(35), E: 3}, &rsa.PublicKey{N: big.NewInt(35), E: 3}},
		{ec, &ecdsa.PublicKey{Curve: ec.Curve, X: new(big.Int).Set(ec.X), Y: new(big.Int).Set(ec.Y)}},
		{ecKey(t, elliptic.P256()), nil},
		{ecKey(t, elliptic.P384()), nil},
		{ed, slices.Clone(ed)},
		{ed25519.PublicKey(append(make([]byte, 31), 1)), nil},
	}
	for i, a := range keys {
		for j, b := range keys {
			assert.Equal(t, i == j, publickey.Equal(a.key, b.key), "%d and %d", i, j)
			if b.same != nil {
				assert.Equal(t, i == j, publickey.Equal(a.key, b.same), "%d and a copy of %d", i, j)
			}
		}
	}
}

func TestOtherTypesEqualNothing(t *testing.T) {
	t.Parallel()
	ec := ecKey(t, elliptic.P256())
	for _, other := range []crypto.PublicKey{nil, 5, []byte{}, "", ed25519.PrivateKey(nil), *ec} {
		assert.False(t, publickey.Equal(other, other))
		assert.False(t, publickey.Equal(ec, other))
		assert.False(t, publickey.Equal(other, ec))
	}
}
