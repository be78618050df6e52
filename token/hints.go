package token

import (
	"encoding/binary"
	"sync/atomic"
)

// hints map the identity of a token to the Verifier that remembers it, so that
// ByIssuer need not read iss again. A hint is not trusted: that Verifier
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

type hint struct {
	id       tokenID
	verifier *Verifier
}

// get returns the Verifier to ask, or nil.
func (h *hints) get(id *tokenID) *Verifier {
	table := h.table.Load()
	if table == nil {
		return nil
	}
	set := &table[id.set()]
	for i := range set {
		if k := set[i].Load(); k != nil && k.id == *id {
			return k.verifier
		}
	}
	return nil
}

// put takes a free place for the hint, or the place of a hint with a forgotten
// token, or else any.
func (h *hints) put(id *tokenID, v *Verifier) {
	table := h.table.Load()
	if table == nil {
		h.table.CompareAndSwap(nil, new([hintSets]hintSet))
		table = h.table.Load()
	}
	set := &table[id.set()]
	place := int(id.rest[16]) % hintWays
	for i := range set {
		if k := set[i].Load(); k == nil || k.id == *id || !k.verifier.memory.holds(&k.id) {
			place = i
			break
		}
	}
	set[place].Store(&hint{*id, v})
}

func (id *tokenID) set() uint64 { return binary.LittleEndian.Uint64(id.rest[24:]) % hintSets }
