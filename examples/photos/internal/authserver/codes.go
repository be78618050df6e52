package authserver

import (
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"
)

// grant is what a user has allowed a client, and what the code for it is
// bound to.
type grant struct {
	clientID    string
	redirectURI string
	challenge   string // PKCE, S256
	resource    Resource
	scopes      []string
	nonce       string
	subject     string
	authTime    time.Time
	expires     time.Time
	boundTo     string // thumbprint of the client's key, or ""
}

// Bounds of the code store (RFC 6749 §4.1.2 recommends ten minutes at most).
const (
	codeLifetime = time.Minute
	maxCodes     = 1000
)

// codeStore keeps grants under the hash of their codes, so that a reader of
// the memory finds no code in it.
type codeStore struct {
	mu     sync.Mutex
	grants map[[sha256.Size]byte]grant
}

// issue returns a code for g. It reports false if too many codes are waiting.
func (c *codeStore) issue(g grant, now time.Time) (code string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dropExpired(now)
	if len(c.grants) >= maxCodes {
		return "", false
	}
	if c.grants == nil {
		c.grants = make(map[[sha256.Size]byte]grant)
	}
	code = rand.Text()
	g.expires = now.Add(codeLifetime)
	c.grants[sha256.Sum256([]byte(code))] = g
	return code, true
}

// take returns the grant of a code and forgets it, whatever comes of the
// attempt: a code is good for one presentation.
func (c *codeStore) take(code string, now time.Time) (grant, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := sha256.Sum256([]byte(code))
	g, ok := c.grants[key]
	delete(c.grants, key)
	return g, ok && now.Before(g.expires)
}

func (c *codeStore) dropExpired(now time.Time) {
	for key, g := range c.grants {
		if !now.Before(g.expires) {
			delete(c.grants, key)
		}
	}
}
