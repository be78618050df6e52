package dpop

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"slices"
	"time"

	"github.com/postern-go/postern/internal/strict"
	"github.com/postern-go/postern/token"
)

// Nonces makes and checks the nonces of a service (RFC 9449 §9). A proof with one
// was made after the service handed it out, and so not long before it is used. It
// keeps no state: a nonce is its time, random bytes, and a MAC over both and the
// origin that it is for, so that all replicas with the same keys take it. It is
// immutable and safe for concurrent use. The zero Nonces makes none and takes
// none.
type Nonces struct{ keys []nonceKey }

// nonceKey makes MACs with a key. The key is the function's, so that package fmt
// has no way to it: with a verb that does not fit it follows every pointer.
type nonceKey func() hash.Hash

func newNonceKey(key []byte) nonceKey {
	own := slices.Clone(key)
	return func() hash.Hash { return hmac.New(sha256.New, own) }
}

const (
	minNonceKey  = 32
	maxNonceKeys = 8

	nonceTime   = 8 // in nanoseconds, to tell what came before a store within its second
	nonceRandom = 16
	nonceMAC    = 16 // of 32 bytes: guessing one takes 2^127 calls
	nonceBytes  = nonceTime + nonceRandom + nonceMAC
	nonceLen    = (nonceBytes*8 + 5) / 6 // in base64url
)

// NewNonces returns Nonces with secret keys that all replicas of a service share,
// each of at least 32 random bytes, and at most eight of them. The first makes
// nonces, all check them. To change the key, add the new one as the last on all
// replicas, then put it first, and drop the old one after Config.NonceLifetime.
// The keys are copied. The error matches token.ErrConfig.
func NewNonces(keys ...[]byte) (*Nonces, error) {
	if len(keys) == 0 || len(keys) > maxNonceKeys {
		return nil, fmt.Errorf("dpop: %w: %d keys for nonces, want 1 to %d", token.ErrConfig, len(keys), maxNonceKeys)
	}
	n := &Nonces{}
	for i, key := range keys {
		if len(key) < minNonceKey {
			return nil, fmt.Errorf("dpop: %w: key %d for nonces has %d bytes, want at least %d random ones", token.ErrConfig, i+1, len(key), minNonceKey)
		}
		n.keys = append(n.keys, newNonceKey(key))
	}
	return n, nil
}

// NewLocalNonces returns Nonces with a random key of their own, for a service with
// a single replica. With several, each would refuse the nonces of the others, and
// clients would go round for ever. After a restart each client has one call
// refused with the next nonce.
func NewLocalNonces() *Nonces {
	key := make([]byte, minNonceKey)
	_, _ = rand.Read(key) // never fails
	return &Nonces{keys: []nonceKey{newNonceKey(key)}}
}

// next is a new nonce for an origin, or "" of the zero Nonces.
func (n *Nonces) next(origin string, now time.Time) string {
	if len(n.keys) == 0 {
		return ""
	}
	var b [nonceBytes]byte
	binary.BigEndian.PutUint64(b[:nonceTime], uint64(now.UnixNano()))
	_, _ = rand.Read(b[nonceTime : nonceTime+nonceRandom]) // never fails
	n.keys[0].sign(b[:], origin)
	return encode(b[:])
}

// read returns when a nonce was made, and whether it was made with one of the keys
// for this origin.
func (n *Nonces) read(nonce, origin string) (made time.Time, ok bool) {
	if len(nonce) != nonceLen {
		return time.Time{}, false
	}
	got, err := strict.AppendBase64URL(make([]byte, 0, nonceBytes), nonce)
	if err != nil {
		return time.Time{}, false
	}
	for _, key := range n.keys {
		want := [nonceBytes]byte(got)
		key.sign(want[:], origin)
		if hmac.Equal(want[:], got) {
			return time.Unix(0, int64(binary.BigEndian.Uint64(got))), true
		}
	}
	return time.Time{}, false
}

// sign puts the MAC into the last bytes of a nonce. All that comes before the
// origin has a fixed length, so that no two inputs are one text.
func (k nonceKey) sign(nonce []byte, origin string) {
	signed := nonceTime + nonceRandom
	mac := k()
	mac.Write([]byte("postern DPoP nonce 1 "))
	mac.Write(nonce[:signed])
	mac.Write([]byte(origin))
	copy(nonce[signed:], mac.Sum(nil))
}
