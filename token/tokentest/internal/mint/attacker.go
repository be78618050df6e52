package mint

import (
	"sync"
	"testing"
)

// Attacker has keys that no issuer publishes, and documents on the web. Its
// methods may be called concurrently.
type Attacker struct {
	tb   testing.TB
	base string // of the URLs of its documents

	mu        sync.Mutex
	keys      map[string]Key    // by algorithm
	documents map[string]string // by URL
}

// NewAttacker makes an attacker with documents at URLs below base.
func NewAttacker(tb testing.TB, base string) *Attacker {
	return &Attacker{tb: tb, base: base, keys: map[string]Key{}, documents: map[string]string{}}
}

// TB is the test.
func (a *Attacker) TB() testing.TB { return a.tb }

// Key is the attacker's key for an algorithm. It is made once, since RSA keys
// are slow to make.
func (a *Attacker) Key(algorithm string) Key {
	a.mu.Lock()
	defer a.mu.Unlock()
	k, ok := a.keys[algorithm]
	if !ok {
		k = NewKey(a.tb, algorithm, "attacker-1")
		a.keys[algorithm] = k
	}
	return k
}

// URL is the address of the attacker's document of this name.
func (a *Attacker) URL(name string) string { return a.base + "/" + name }

// Serve publishes a document and returns its address.
func (a *Attacker) Serve(name, body string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.documents[a.URL(name)] = body
	return a.URL(name)
}

// Document is the document at an address, if there is one.
func (a *Attacker) Document(url string) (body string, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	body, ok = a.documents[url]
	return body, ok
}
