package dpop_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
)

func secret(fill byte) []byte { return bytes.Repeat([]byte{fill}, 32) }

func newNonces(t testing.TB, keys ...[]byte) *dpop.Nonces {
	t.Helper()
	n, err := dpop.NewNonces(keys...)
	require.NoError(t, err)
	return n
}

func withNonce(nonce string) func(*dpop.Claims) {
	return func(c *dpop.Claims) { c.Nonce = nonce }
}

// demand is the nonce that the service offers to a proof without one.
func (w *world) demand() string {
	w.t.Helper()
	nonce, err := w.present(w.proof())
	require.ErrorIs(w.t, err, token.ErrNonce)
	require.NotEmpty(w.t, nonce)
	return nonce
}

// otherThan is another end of a nonce.
func otherThan(end string) string {
	if end == "AA" {
		return "BA"
	}
	return "AA"
}

// A nonce is demanded, good for its lifetime on every replica with the keys, and
// replaced in time.
func TestNonces(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dpop.Config{Nonces: newNonces(t, secret(1)), Store: older(t)})
	first := w.demand()
	use := func(nonce string) (string, error) { return w.present(w.proof(withNonce(nonce))) }

	t.Run("C_9449-4.3-10 wrong", func(t *testing.T) {
		for _, nonce := range []string{"x", first + "A", first[1:], "B" + first[1:], first[:len(first)-2] + otherThan(first[len(first)-2:]), strings.Repeat("A", len(first)), strings.Repeat("~", len(first))} {
			next, err := use(nonce)
			require.ErrorIs(t, err, token.ErrNonce, nonce)
			assert.NotEmpty(t, next)
			assert.NotEqual(t, first, next)
		}
	})
	t.Run("C_9449-9-3 another replica", func(t *testing.T) {
		w.use(dpop.Config{Nonces: newNonces(t, secret(1))})
		next, err := use(first)
		require.NoError(t, err)
		assert.Empty(t, next, "none is due")
	})
	t.Run("another fleet", func(t *testing.T) {
		w.use(dpop.Config{Nonces: newNonces(t, secret(2))})
		_, err := use(first)
		require.ErrorIs(t, err, token.ErrNonce)
		w.use(dpop.Config{Nonces: dpop.NewLocalNonces()})
		_, err = use(first)
		require.ErrorIs(t, err, token.ErrNonce)
	})
	t.Run("C_9449-9-2 the next when it is due", func(t *testing.T) {
		w.use(dpop.Config{Nonces: newNonces(t, secret(1))})
		w.clock.advance(time.Minute)
		next, err := use(first)
		require.NoError(t, err)
		assert.Empty(t, next)
		w.clock.advance(time.Second)
		next, err = use(first)
		require.NoError(t, err)
		assert.NotEmpty(t, next)
	})
	t.Run("C_9449-9-3 two windows old", func(t *testing.T) {
		w.clock.advance(58 * time.Second)
		_, err := use(first)
		require.NoError(t, err)
		w.clock.advance(time.Second)
		next, err := use(first)
		require.ErrorIs(t, err, token.ErrNonce)
		_, err = use(next)
		require.NoError(t, err)
	})
}

// Keys change without a call that is refused: first all replicas check the new
// one, then they use it.
func TestRotationOfNonceKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dpop.Config{Nonces: newNonces(t, secret(1))})
	try := func(nonce string, want error, keys ...[]byte) {
		t.Helper()
		w.use(dpop.Config{Nonces: newNonces(t, keys...), Store: older(t)})
		_, err := w.present(w.proof(withNonce(nonce)))
		require.ErrorIs(t, err, want)
	}
	old := w.demand()
	try(old, nil, secret(1), secret(2))
	try(old, nil, secret(2), secret(1))
	fresh := w.demand()
	try(fresh, nil, secret(1), secret(2))
	try(fresh, nil, secret(2))
	try(old, token.ErrNonce, secret(2))
}

// A nonce is good where it was handed out, and made by a clock that is not too far
// ahead.
func TestNonceElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dpop.Config{Nonces: newNonces(t, secret(1)), Store: older(t)})
	nonce := w.demand()
	at := func(origin string) error {
		_, err := w.presentAt(origin+"/orders", w.proof(withNonce(nonce), func(c *dpop.Claims) { c.URL = origin + "/orders" }))
		return err
	}
	require.NoError(t, at("HTTPS://api.example.com:443"))
	for _, origin := range []string{"http://api.example.com", "https://api.example.com:8443", "https://api.example.org"} {
		require.ErrorIs(t, at(origin), token.ErrNonce, origin)
	}
	w.clock.advance(-5 * time.Second)
	require.NoError(t, at("https://api.example.com"))
	w.clock.advance(-time.Second)
	require.ErrorIs(t, at("https://api.example.com"), token.ErrNonce)
}

// Nonces have the characters of RFC 9449 §8.1, and none comes twice.
func TestNoncesAreNew(t *testing.T) {
	t.Parallel()
	t.Run("C_9449-9-1", func(t *testing.T) {
		const many = 1_000_000
		nonces, at := dpop.NewLocalNonces(), time.Unix(epoch, 0)
		seen := make(map[string]bool, many)
		for range many {
			nonce := nonces.Next("https://api.example.com", at)
			if strings.ContainsFunc(nonce, func(c rune) bool { return c < 0x21 || c == 0x22 || c == 0x5c || c > 0x7e }) {
				require.Fail(t, "a character that no nonce has", nonce)
			}
			seen[nonce] = true
		}
		assert.Len(t, seen, many)
	})
}

// A nonce of this service tells when a proof was made better than the clock of a
// client.
func TestNonceReplacesClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dpop.Config{Nonces: newNonces(t, secret(1)), NonceReplacesClock: true})
	nonce := w.demand()
	for _, iat := range []int{1, epoch - 3600, epoch + 3600} {
		t.Run(fmt.Sprint("C_9449-4.3-11 iat ", iat), func(t *testing.T) {
			proof := w.forged(nil, object{"iat": iat, "nonce": nonce})
			_, err := w.present(proof)
			require.NoError(t, err)
			_, err = w.present(proof)
			require.ErrorIs(t, err, token.ErrReplay)
			_, err = w.present(w.forged(nil, object{"iat": iat}))
			require.ErrorIs(t, err, token.ErrNonce)
		})
	}
	w.clock.advance(2*time.Minute - time.Second)
	_, err := w.present(w.forged(nil, object{"iat": epoch - 3600, "nonce": nonce}))
	require.NoError(t, err)
	strict := newWorld(t, dpop.Config{Nonces: newNonces(t, secret(1))})
	_, err = strict.present(strict.forged(nil, object{"iat": epoch - 61, "nonce": strict.demand()}))
	require.ErrorIs(t, err, token.ErrProofStale)
}

// Every refusal of a proof comes with a nonce, so that the next attempt has one.
func TestNonceWithEveryRefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dpop.Config{Nonces: newNonces(t, secret(1))})
	nonce := w.demand()
	used := w.proof(withNonce(nonce))
	_, err := w.present(used)
	require.NoError(t, err)
	for want, proofs := range map[error][]string{
		token.ErrProofMissing: nil,
		token.ErrProof:        {"garbage"},
		token.ErrReplay:       {used},
		token.ErrProofStale:   {w.proof(withNonce(nonce), func(c *dpop.Claims) { c.IssuedAt = w.clock.now().Add(-time.Hour) })},
	} {
		next, err := w.present(proofs...)
		require.ErrorIs(t, err, want)
		assert.NotEmpty(t, next)
	}
}

// Neither nonces nor what checks them shows a key in any format.
func TestNonceKeysAreSecret(t *testing.T) {
	t.Parallel()
	n := newNonces(t, []byte("the secret that no log must show"))
	checker, err := dpop.New(dpop.Config{Nonces: n})
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q"} {
		for _, v := range []any{n, *n, checker, *checker, dpop.Config{Nonces: n}} {
			text := fmt.Sprintf(verb, v)
			assert.NotContains(t, text, "secret that")
			assert.NotContains(t, text, "7365637265742074686174")
			assert.NotContains(t, text, "115 101 99 114 101 116")
			assert.NotContains(t, text, "0x73, 0x65, 0x63")
		}
	}
}

func TestBadNonceKeys(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string][][]byte{
		"none": nil, "nil": {nil}, "short": {secret(1)[:31]}, "short second": {secret(1), secret(1)[:31]}, "nine": make([][]byte, 9),
	} {
		n, err := dpop.NewNonces(keys...)
		require.ErrorIs(t, err, token.ErrConfig, name)
		assert.Nil(t, n)
	}
	key := secret(1)
	n := newNonces(t, key)
	w := newWorld(t, dpop.Config{Nonces: n})
	nonce := w.demand()
	clear(key) // the caller's copy
	_, err := w.present(w.proof(withNonce(nonce)))
	require.NoError(t, err)
}

// The zero Nonces makes none and takes none.
func TestZeroNonces(t *testing.T) {
	t.Parallel()
	var n dpop.Nonces
	assert.Empty(t, n.Next("https://api.example.com", time.Unix(epoch, 0)))
	_, ok := n.Read(newNonces(t, secret(1)).Next("https://api.example.com", time.Unix(epoch, 0)), "https://api.example.com")
	assert.False(t, ok)
}
