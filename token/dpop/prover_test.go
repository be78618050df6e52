package dpop_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/jws"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
)

// A proof has what RFC 9449 §4.2 wants and nothing else, and each is another.
func TestProof(t *testing.T) {
	t.Parallel()
	_, prover := newProver(t)
	before := time.Now().Unix()
	text, err := prover.Proof(dpop.Claims{Method: "GET", URL: "https://resource.example.org/protectedresource?a#b", Token: "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU", Nonce: "n"})
	require.NoError(t, err)
	header, claims := decoded(t, text)
	assert.Equal(t, "dpop+jwt", header["typ"])
	assert.Equal(t, "ES256", header["alg"])
	assert.Len(t, header, 3)
	assert.Len(t, header["jwk"], 4)
	assert.GreaterOrEqual(t, int64(claims["iat"].(float64)), before)
	assert.Len(t, claims["jti"], 22)
	first := claims["jti"]
	delete(claims, "iat")
	delete(claims, "jti")
	assert.Equal(t, object{"htm": "GET", "htu": "https://resource.example.org/protectedresource", "ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo", "nonce": "n"}, claims)

	text, err = prover.Proof(dpop.Claims{Method: "POST", URL: "https://server.example.com/token"})
	require.NoError(t, err)
	_, claims = decoded(t, text)
	assert.NotEqual(t, first, claims["jti"])
	assert.Len(t, claims, 4)
}

// Signatures have the form that a strict reader takes, whatever numbers they have:
// one in 128 has a number with a zero in front.
func TestSignatures(t *testing.T) {
	t.Parallel()
	verifier := jws.NewSelfVerifier(jws.Settings{Algorithms: []string{"ES256", "ES384", "ES512", "EdDSA", "PS256"}, Types: []string{"dpop+jwt"}})
	for name, key := range keys(t) {
		prover, err := dpop.NewProver(key)
		require.NoError(t, err)
		times := 3
		if name == "ES256" {
			times = 500
		}
		for range times {
			text, err := prover.Proof(dpop.Claims{})
			require.NoError(t, err)
			signed, err := verifier.Verify(text)
			require.NoError(t, err, name)
			assert.Equal(t, prover.Thumbprint(), signed.Thumbprint)
		}
	}
}

// keyThat has a public key, and signs in a way of its own.
type keyThat struct {
	public crypto.PublicKey
	sign   func() ([]byte, error)
}

func (k keyThat) Public() crypto.PublicKey { return k.public }
func (k keyThat) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return k.sign()
}

func TestBadKeys(t *testing.T) {
	t.Parallel()
	small, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	require.NoError(t, err)
	for name, key := range map[string]crypto.Signer{"nil": nil, "typed nil": (*ecdsa.PrivateKey)(nil), "P-224": small, "no public key": keyThat{}, "a short one": keyThat{public: ed25519.PublicKey{1}}} {
		prover, err := dpop.NewProver(key)
		require.ErrorIs(t, err, token.ErrConfig, name)
		assert.Nil(t, prover)
	}
	for _, prover := range []*dpop.Prover{nil, {}} {
		_, err := prover.Proof(dpop.Claims{})
		require.ErrorIs(t, err, token.ErrConfig)
	}
}

// A key that fails or signs nonsense makes no proof.
func TestFailingKeys(t *testing.T) {
	t.Parallel()
	good, _ := newProver(t)
	gone := errors.New("the card is gone")
	for name, sign := range map[string]func() ([]byte, error){
		"error":    func() ([]byte, error) { return nil, gone },
		"garbage":  func() ([]byte, error) { return []byte("garbage"), nil },
		"trailing": func() ([]byte, error) { return []byte{0x30, 6, 2, 1, 1, 2, 1, 1, 0}, nil },
		"zero":     func() ([]byte, error) { return []byte{0x30, 6, 2, 1, 1, 2, 1, 0}, nil },
		"negative": func() ([]byte, error) { return []byte{0x30, 6, 2, 1, 0xff, 2, 1, 1}, nil },
		"too large": func() ([]byte, error) {
			return append([]byte{0x30, 38, 2, 33, 1}, append(make([]byte, 32), 2, 1, 1)...), nil
		},
	} {
		prover, err := dpop.NewProver(keyThat{good.Public(), sign})
		require.NoError(t, err)
		proof, err := prover.Proof(dpop.Claims{})
		require.Error(t, err, name)
		assert.Empty(t, proof)
		assert.Equal(t, name == "error", errors.Is(err, gone))
	}
}

// No verb shows the key.
func TestKeysAreSecret(t *testing.T) {
	t.Parallel()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	prover, err := dpop.NewProver(private)
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
		for _, v := range []any{prover, *prover} {
			text := fmt.Sprintf(verb, v)
			assert.NotContains(t, text, fmt.Sprintf("%x", []byte(private[:8])))
			assert.NotContains(t, text, fmt.Sprint(private[0], " ", private[1], " ", private[2], " ", private[3]))
		}
	}
}
