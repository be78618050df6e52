package jws

import (
	"crypto/sha256"
	"sync"

	"github.com/postern-go/postern/internal/zerocopy"
	"github.com/postern-go/postern/jwks"
)

// maxKnown is how many keys a SelfVerifier remembers: some four megabytes of keys on
// P-256, and sixteen of the largest RSA keys.
const maxKnown = 8192

// knownKeys are keys that have been parsed and found fit, by the hash of their text.
// To do so again takes a quarter of the time of a verification with a key on P-256,
// and more than one with an RSA key. Only keys that the caller has expected get here,
// so that strangers cannot fill it.
type knownKeys struct {
	mu   sync.Mutex
	keys map[[sha256.Size]byte]parsedKey
}

type parsedKey struct {
	jwks.Key
	thumbprint string
}

func keyID(text string) [sha256.Size]byte { return sha256.Sum256(zerocopy.Bytes(text)) }

func (k *knownKeys) get(id [sha256.Size]byte) (parsedKey, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key, ok := k.keys[id]
	return key, ok
}

// put remembers a key, in place of any other if there are too many.
func (k *knownKeys) put(id [sha256.Size]byte, key parsedKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys == nil {
		k.keys = map[[sha256.Size]byte]parsedKey{}
	}
	if len(k.keys) >= maxKnown {
		for any := range k.keys {
			delete(k.keys, any)
			break
		}
	}
	k.keys[id] = key
}
