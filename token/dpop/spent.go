package dpop

import (
	"crypto/rand"
	"encoding/binary"
	"hash/maphash"
	"reflect"
)

// spentSeed keeps where a store lies in memory out of what others could learn.
var spentSeed = maphash.MakeSeed()

// markOf tells the store of a Checker from any other in this process. That a guard
// further out has taken a proof as new says nothing of another store: the inner one
// may be that of all replicas, and the outer one that of this replica alone. A store
// that cannot be compared is another for each Checker.
func markOf(store ReplayStore) (mark [8]byte) {
	if reflect.ValueOf(store).Comparable() {
		binary.BigEndian.PutUint64(mark[:], maphash.Comparable(spentSeed, store))
		return mark
	}
	_, _ = rand.Read(mark[:]) // never fails
	return mark
}

// spentAs is what a proof counts as once the store has taken it as new, for guards
// further in.
func (c *Checker) spentAs(id [32]byte) [32]byte {
	for i, b := range c.mark {
		id[i] ^= b
	}
	return id
}
