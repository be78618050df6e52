package publickey_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/internal/publickey"
)

// The text of a key has its members in one order, and numbers at their full length.
// A value that is no key has none.
func TestJWK(t *testing.T) {
	t.Parallel()
	text, ok := publickey.JWK(&rsa.PublicKey{N: big.NewInt(35), E: 65537})
	assert.True(t, ok)
	assert.Equal(t, `{"e":"AQAB","kty":"RSA","n":"Iw"}`, text)
	text, ok = publickey.JWK(ed25519.PublicKey(make([]byte, 32)))
	assert.True(t, ok)
	assert.Equal(t, `{"crv":"Ed25519","kty":"OKP","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`, text)
	text, ok = publickey.JWK(ecKey(t, elliptic.P521()))
	assert.True(t, ok)
	assert.Len(t, text, len(`{"crv":"P-521","kty":"EC","x":"","y":""}`)+2*88)
	for _, none := range []crypto.PublicKey{
		nil, 5, (*rsa.PublicKey)(nil), &rsa.PublicKey{}, &rsa.PublicKey{N: big.NewInt(-1), E: 3}, &rsa.PublicKey{N: big.NewInt(35)},
		(*ecdsa.PublicKey)(nil), &ecdsa.PublicKey{}, &ecdsa.PublicKey{Curve: elliptic.P256(), X: big.NewInt(1), Y: big.NewInt(1)},
		ed25519.PublicKey{1},
	} {
		_, ok := publickey.JWK(none)
		assert.False(t, ok, "%T", none)
	}
}
