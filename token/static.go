package token

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"slices"

	"github.com/postern-go/postern/jwks"
)

// indexed is a jwks.Static with an index by kid, so that its size does not
// matter.
type indexed struct {
	all  jwks.Static
	byID map[string][]jwks.Key
}

// index copies the keys, and refuses those that ParseSet would have skipped.
func index(keys jwks.Static) (indexed, error) {
	if len(keys) == 0 {
		return indexed{}, fmt.Errorf("%w: Keys is a jwks.Static without a key, so no token could pass", ErrConfig)
	}
	x := indexed{all: slices.Clone(keys), byID: map[string][]jwks.Key{}}
	for i, k := range x.all {
		if err := jwks.CheckKey(k); err != nil {
			return indexed{}, fmt.Errorf("%w: Keys holds a key that verifies nothing, number %d with kid %q: %w", ErrConfig, i+1, k.ID, err)
		}
		if public, ok := k.Public.(ed25519.PublicKey); ok {
			k.Public = slices.Clone(public)
			x.all[i] = k
		}
		x.byID[k.ID] = append(x.byID[k.ID], k)
	}
	return x, nil
}

// Keys is that of jwks.Static.
func (x indexed) Keys(_ context.Context, kid string) ([]jwks.Key, error) {
	unnamed := x.byID[""]
	if kid == "" || len(unnamed) == len(x.all) {
		return x.all, nil
	}
	if keys, ok := x.byID[kid]; ok {
		return keys, nil
	}
	return nil, jwks.ErrNotFound
}
