package token

import (
	"context"
	"fmt"
	"slices"

	"github.com/postern-go/postern/jwks"
)

// ownKeys are those keys of a source that sign for one issuer of a Template: a
// key that names another must not, although the set is the same. It keeps what
// else the source can do.
type ownKeys struct {
	shared  jwks.Source
	issuer  string
	pattern *pattern
}

// Keys is that of the source. The usual answer, in which every key may be used,
// costs no memory.
func (o *ownKeys) Keys(ctx context.Context, kid string) ([]jwks.Key, error) {
	keys, err := o.shared.Keys(ctx, kid)
	if err != nil {
		return nil, err
	}
	if own := o.of(keys); len(own) > 0 {
		return own, nil
	}
	return nil, errForeignKeys
}

var errForeignKeys = fmt.Errorf("%w: each of that id has the issuer of another", jwks.ErrNotFound)

// of returns those of the keys that sign for the issuer.
func (o *ownKeys) of(keys []jwks.Key) []jwks.Key {
	for i := range keys {
		if o.foreign(&keys[i]) {
			return slices.DeleteFunc(slices.Clone(keys), func(k jwks.Key) bool { return o.foreign(&k) })
		}
	}
	return keys
}

func (o *ownKeys) foreign(k *jwks.Key) bool {
	return k.Issuer != "" && k.Issuer != o.issuer && !o.pattern.admits(k.Issuer)
}

// Reconsider is that of a jwks.Remote. The source is told of the keys that were
// withheld too, or it would offer them as news.
func (o *ownKeys) Reconsider(ctx context.Context, kid string, seen []jwks.Key) ([]jwks.Key, error) {
	source, ok := o.shared.(interface {
		Reconsider(ctx context.Context, kid string, seen []jwks.Key) ([]jwks.Key, error)
	})
	if !ok {
		return nil, nil
	}
	held, _ := o.shared.Keys(ctx, kid) // without an answer, none is withheld
	for i := range held {
		if o.foreign(&held[i]) {
			seen = append(slices.Clip(seen), held[i])
		}
	}
	keys, err := source.Reconsider(ctx, kid, seen)
	return o.of(keys), err
}
