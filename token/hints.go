package token

import (
	"encoding/binary"
	"sync/atomic"
)

// hints map the identity of a token to the Verifier that remembers it, so that
// Issuers and a Resolver need not read iss again. A hint is not trusted: that Verifier
// decides as if it had been asked directly. A lost hint, common in a flood,
// costs reading iss and nothing else.
//
// The alternatives are worse. Asking the memory of each Verifier in turn is
// slower from some ten issuers on, and one memory for all would let the tokens
// of one issuer evict those of another.
type hints struct {
	table atomic.Pointer[[hintSets]hintSet] // nil until there is one to keep
}

const (
	hintSets = 1 << 10
	hintWays = 4 // with 8 bytes for each, and 80 for a hint, 352 KiB at most
)

type hintSet [hintWays]atomic.Pointer[hint]

// hint has one of verifier and known. A Verifier that a Resolver has dropped
// must not stay in memory because of a hint, so that one points to what knows
// of it.
type hint struct {
	id       tokenID
	verifier *Verifier
	known    *known
}

// forgotten reports whether the hint has become useless.
func (h *hint) forgotten() bool {
	v := h.verifier
	if h.known != nil {
		v = h.known.verifier()
	}
	return v == nil || !v.memory.holds(&h.id)
}

// get returns the hint for a token, or nil.
func (h *hints) get(id *tokenID) *hint {
	table := h.table.Load()
	if table == nil {
		return nil
	}
	set := &table[id.set()]
	for i := range set {
		if k := set[i].Load(); k != nil && k.id == *id {
			return k
		}
	}
	return nil
}

// put takes a free place for the hint, or the place of a hint with a forgotten
// token, or else any.
func (h *hints) put(fresh *hint) {
	table := h.table.Load()
	if table == nil {
		h.table.CompareAndSwap(nil, new([hintSets]hintSet))
		table = h.table.Load()
	}
	set := &table[fresh.id.set()]
	place := int(fresh.id.rest[16]) % hintWays
	for i := range set {
		if k := set[i].Load(); k == nil || k.id == fresh.id || k.forgotten() {
			place = i
			break
		}
	}
	set[place].Store(fresh)
}

func (id *tokenID) set() uint64 { return binary.LittleEndian.Uint64(id.rest[24:]) % hintSets }
