package token

import (
	"crypto/sha256"
	"encoding/base64"
	"reflect"
	"strings"
	"time"

	"github.com/postern-go/postern/internal/claims"
	"github.com/postern-go/postern/internal/jws"
)

// Claiming is a Token with the claims, which nobody has verified.
func Claiming(payload string) *Token {
	return newToken("e30."+base64.RawURLEncoding.EncodeToString([]byte(payload))+".c2ln", &claims.Set{})
}

// TokenID is what a token goes by in the memory of a Verifier.
func TokenID(raw string) any {
	var id tokenID
	id.hash(raw)
	return id
}

// idOf is what a name goes by in a Cache.
func idOf(name string) tokenID { return tokenID{rest: sha256.Sum256([]byte(name))} }

// Cache is the memory of a Verifier, filled without signatures.
type Cache struct{ c *cache }

func NewCache(bytes int) *Cache { return &Cache{newCache(bytes)} }

func (c *Cache) Get(name string) bool {
	id := idOf(name)
	return c.c.get(&id) != nil
}

func (c *Cache) Put(name string, size int, expiry, now time.Time) {
	id, set := idOf(name), &claims.Set{Expiry: expiry.Unix(), Subject: strings.Repeat("x", size)}
	if e := newEntry(&id, &jws.Signer{}, set); e != nil {
		c.c.put(e, now)
	}
}

// Room is for how many entries there are places.
func (c *Cache) Room() int { return c.c.count * slotsPerBucket }

func (c *Cache) Bytes() int {
	bytes := 0
	for i := range *c.c.buckets.Load() {
		b := &(*c.c.buckets.Load())[i]
		held := 0
		for s := range b.slots {
			if e := b.slots[s].Load(); e != nil {
				held += e.size
			}
		}
		if held != b.bytes {
			panic("the account of a bucket is wrong")
		}
		bytes += held
	}
	return bytes
}

func (c *Cache) Entries() int {
	entries := 0
	for i := range *c.c.buckets.Load() {
		for s := range (*c.c.buckets.Load())[i].slots {
			if (*c.c.buckets.Load())[i].slots[s].Load() != nil {
				entries++
			}
		}
	}
	return entries
}

// Remembers tells whether the Verifier need not verify the token again.
func Remembers(v *Verifier, raw string) bool {
	var id tokenID
	id.hash(raw)
	return v.memory.holds(&id)
}

// Hinted tells whether one of several Verifiers is known to remember the token.
func Hinted(auth Authenticator, raw string) bool {
	var id tokenID
	id.hash(raw)
	return hintsOf(auth).get(&id) != nil
}

func hintsOf(auth Authenticator) *hints {
	if r, ok := auth.(*Resolver); ok {
		return &r.hints
	}
	return &auth.(*Issuers).load().hints
}

// Hints is how many tokens that is known of.
func Hints(auth Authenticator) (n int) {
	table := hintsOf(auth).table.Load()
	if table == nil {
		return 0
	}
	for s := range table {
		for w := range table[s] {
			if table[s][w].Load() != nil {
				n++
			}
		}
	}
	return n
}

// Selected is what of the claims is given to the decoder for a target of type t.
func Selected(t reflect.Type, claims string) string { return string(namesFor(t).of([]byte(claims))) }

// Held is how many issuers a Resolver keeps in memory: known and unknown ones,
// those that failed, and those that are being resolved.
func Held(r *Resolver) map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return map[string]int{
		"known": len(r.known.of), "in use": r.known.proven.Len(), "others": r.known.unproven.Len(),
		"unknown": len(r.unknown.of), "queued": len(r.unknown.queue), "failed": len(r.failed.of),
		"flights": len(r.flights), "running": r.running,
	}
}
