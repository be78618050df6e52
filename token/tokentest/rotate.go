package tokentest

import (
	"fmt"
	"slices"
	"strings"
)

// publishedKey is a member of the key set.
type publishedKey struct {
	id  string
	jwk string
	own SigningKey // without a private key if the issuer cannot sign with it
}

// SigningKey is the key that signs tokens now.
func (i *Issuer) SigningKey() SigningKey { return i.keyFor(i.options.Algorithms[0]) }

// Announce publishes a key that does not sign yet, as an issuer does ahead of
// a planned rotation, and returns it. Promote makes it sign.
func (i *Issuer) Announce() SigningKey {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.addKey(i.options.Algorithms[0])
}

// Promote makes a published key sign from now on the tokens of its algorithm.
// It panics if the issuer has no such key.
func (i *Issuer) Promote(id string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	n := i.indexOf(id)
	if n < 0 || i.published[n].own.Private == nil {
		panic(fmt.Errorf("tokentest: no key %q to sign with", id))
	}
	k := i.published[n].own
	i.signing[k.Algorithm] = k
}

// Rotate publishes a new key that signs at once, and returns it. The old key
// stays published; see Withdraw. Services that hold the key set from before
// meet a kid that they do not know.
func (i *Issuer) Rotate() SigningKey {
	k := i.Announce()
	i.Promote(k.ID)
	return k
}

// Withdraw takes keys out of the key set. A key that signs goes on signing, so
// that a service can be shown tokens of a withdrawn key.
func (i *Issuer) Withdraw(ids ...string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.published = slices.DeleteFunc(i.published, func(k publishedKey) bool { return slices.Contains(ids, k.id) })
}

// ReplaceKey puts a new key in the place of a published one, under the same
// id, and returns it. Issuers should not do this, and some do. It panics if
// the issuer has no such key.
func (i *Issuer) ReplaceKey(id string) SigningKey {
	i.mu.Lock()
	defer i.mu.Unlock()
	n := i.indexOf(id)
	if n < 0 {
		panic(fmt.Errorf("tokentest: no key %q to replace", id))
	}
	k := i.published[n].own
	k = i.ForeignKey(k.Algorithm, id)
	i.published[n] = publishedKey{id: id, jwk: k.JWK(), own: k}
	if i.signing[k.Algorithm].ID == id {
		i.signing[k.Algorithm] = k
	}
	return k
}

// Publish adds a key to the key set. Promote makes it sign.
func (i *Issuer) Publish(k SigningKey) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.published = append(i.published, publishedKey{id: k.ID, jwk: k.JWK(), own: k})
}

// AddKey adds a member to the key set as it is, such as a key of an unknown
// type, one for encryption, or no JSON at all. id is for Withdraw.
func (i *Issuer) AddKey(id, jwk string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.published = append(i.published, publishedKey{id: id, jwk: jwk})
}

// SetMetadata sets a member of the issuer's metadata, such as "issuer" to
// that of another issuer. nil leaves the member out.
func (i *Issuer) SetMetadata(name string, value any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.metadata[name] = value
}

// SetHeader sets a header field of every answer, such as Cache-Control, Age or
// Retry-After. An empty value leaves the field out.
func (i *Issuer) SetHeader(name, value string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.headers.Set(name, value)
}

// keyFor is the key that signs for an algorithm. The first time it is asked
// for, it is made and published.
func (i *Issuer) keyFor(algorithm string) SigningKey {
	i.mu.Lock()
	defer i.mu.Unlock()
	k, ok := i.signing[algorithm]
	if !ok {
		k = i.addKey(algorithm)
		i.signing[algorithm] = k
	}
	return k
}

// addKey makes and publishes a key. It needs i.mu.
func (i *Issuer) addKey(algorithm string) SigningKey {
	i.minted++
	id := fmt.Sprintf("%s-%d", strings.ToLower(algorithm), i.minted)
	k := i.ForeignKey(algorithm, id)
	i.published = append(i.published, publishedKey{id: id, jwk: k.JWK(), own: k})
	return k
}

// indexOf needs i.mu.
func (i *Issuer) indexOf(id string) int {
	return slices.IndexFunc(i.published, func(k publishedKey) bool { return k.id == id })
}
