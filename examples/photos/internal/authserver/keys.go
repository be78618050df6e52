package authserver

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/go-jose/go-jose/v4"

	"github.com/postern-go/postern/jwks"
)

// KeyRing is the keys the server publishes, one of which signs. It may be
// used concurrently. The life of a key is: announced, when it is published and
// does not sign yet; signing; retired, when the next one signs and it is still
// published, because tokens of it are about; withdrawn.
type KeyRing struct {
	mu        sync.RWMutex
	published []signingKey // oldest first
	signing   string       // the id of the one that signs
	made      int
}

type signingKey struct {
	id      string
	alg     jose.SignatureAlgorithm
	private crypto.Signer
}

// Algorithms that a key can be made for.
const (
	ES256 = "ES256"
	EdDSA = "EdDSA"
	PS256 = "PS256"
	RS256 = "RS256"
)

var (
	errAlgorithm = errors.New("authserver: no such algorithm")
	errNoKey     = errors.New("authserver: no such key")
	errSigning   = errors.New("authserver: the key that signs cannot be withdrawn")
)

// Announce publishes a new key for alg that does not sign yet.
func (r *KeyRing) Announce(alg string) (id string, err error) {
	private, err := generate(alg)
	if err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.made++
	// The random part keeps the keys of two runs apart.
	id = fmt.Sprintf("key-%d-%s", r.made, rand.Text()[:6])
	r.published = append(r.published, signingKey{id, jose.SignatureAlgorithm(alg), private})
	return id, nil
}

// Sign makes an announced key the one that signs. The one before is retired.
func (r *KeyRing) Sign(id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.index(id) < 0 {
		return errNoKey
	}
	r.signing = id
	return nil
}

// SignAtOnce publishes a new key and signs with it in the same breath, which
// good practice forbids and real servers do.
func (r *KeyRing) SignAtOnce(alg string) (id string, err error) {
	if id, err = r.Announce(alg); err != nil {
		return "", err
	}
	return id, r.Sign(id)
}

// Withdraw stops publishing a key. Tokens of it die as soon as the services
// notice, which is within the lifetime of the key set.
func (r *KeyRing) Withdraw(id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.index(id)
	switch {
	case i < 0:
		return errNoKey
	case id == r.signing:
		return errSigning
	}
	r.published = slices.Delete(slices.Clone(r.published), i, i+1)
	return nil
}

// Signing is the id of the key that signs now.
func (r *KeyRing) Signing() string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.signing
}

// Keys implements jwks.Source, for the one service that need not fetch them:
// the userinfo endpoint of this server.
func (r *KeyRing) Keys(_ context.Context, kid string) ([]jwks.Key, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var found []jwks.Key
	for _, k := range r.published {
		if kid == "" || kid == k.id {
			found = append(found, jwks.Key{ID: k.id, Algorithm: string(k.alg), Public: k.private.Public()})
		}
	}
	if len(found) == 0 {
		return nil, jwks.ErrNotFound
	}
	return found, nil
}

// set is the JWK Set (RFC 7517 §5) with the public halves.
func (r *KeyRing) set() jose.JSONWebKeySet {
	r.mu.RLock()
	defer r.mu.RUnlock()
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range r.published {
		set.Keys = append(set.Keys, jose.JSONWebKey{
			Key: k.private.Public(), KeyID: k.id, Algorithm: string(k.alg), Use: "sig",
		})
	}
	return set
}

// current is the key that signs.
func (r *KeyRing) current() (signingKey, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	i := r.index(r.signing)
	if i < 0 {
		return signingKey{}, errNoKey
	}
	return r.published[i], nil
}

// index must be called with the lock held.
func (r *KeyRing) index(id string) int {
	return slices.IndexFunc(r.published, func(k signingKey) bool { return k.id == id })
}

func generate(alg string) (crypto.Signer, error) {
	switch alg {
	case ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case EdDSA:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	case PS256, RS256:
		return rsa.GenerateKey(rand.Reader, 2048)
	default:
		return nil, fmt.Errorf("%w: %q", errAlgorithm, alg)
	}
}
