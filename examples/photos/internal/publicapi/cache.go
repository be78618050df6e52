package publicapi

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/postern-go/postern/token"
)

// caller is whom an answer is for. An owner's answer is neither for another
// owner, nor for the same owner through another client or with other rights.
type caller struct {
	issuer, subject, client, scopes string
}

func callerOf(t *token.Token) caller {
	scopes := t.Scopes()
	slices.Sort(scopes)
	return caller{t.Issuer(), t.Subject(), t.ClientID(), strings.Join(scopes, " ")}
}

// maxKept bounds the cache.
const maxKept = 1000

// cache keeps the last answer of each caller for a moment. What is in it is
// never older than keepFor and never given to anybody else.
type cache struct {
	keepFor time.Duration
	now     func() time.Time

	mu   sync.Mutex
	kept map[caller]kept
}

type kept struct {
	body  []byte
	until time.Time
}

func newCache(keepFor time.Duration, now func() time.Time) *cache {
	return &cache{keepFor: keepFor, now: now, kept: make(map[caller]kept)}
}

func (c *cache) get(t *token.Token) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.kept[callerOf(t)]
	return k.body, ok && c.now().Before(k.until)
}

func (c *cache) put(t *token.Token, body []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) >= maxKept {
		c.dropOld()
	}
	if len(c.kept) < maxKept {
		c.kept[callerOf(t)] = kept{body, c.now().Add(c.keepFor)}
	}
}

func (c *cache) dropOld() {
	for who, k := range c.kept {
		if !c.now().Before(k.until) {
			delete(c.kept, who)
		}
	}
}
