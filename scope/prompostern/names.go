package prompostern

import (
	"strings"
	"sync"
)

const (
	mostNames   = 64
	longestName = 100 // bytes
)

// names keeps the values of the label issuer few: a service that makes a Remote for each
// of its tenants must not make series without end.
type names struct {
	mu   sync.Mutex
	seen map[string]bool
}

// label is the name as it shows.
func (n *names) label(name string) string {
	name = strings.ToValidUTF8(name[:min(len(name), longestName)], "")
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.seen[name] {
		return name
	}
	if len(n.seen) >= mostNames {
		return other
	}
	if n.seen == nil {
		n.seen = map[string]bool{}
	}
	n.seen[name] = true
	return name
}
