package jwks

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/fetch"
)

const (
	acceptSet    = "application/jwk-set+json, application/json" // RFC 7517 §8.5
	maxValidator = 1024                                         // bytes of an ETag worth sending back
)

// origins fetches the key set from where it is published. It is used by one
// flight at a time.
type origins struct {
	config    *RemoteConfig
	client    *fetch.Client
	discovery discovery
}

// fetched is the result of an attempt: a set, or the confirmation of the one held.
type fetched struct {
	set         Set
	notModified bool
	origin      origin
	asked       time.Time
	lifetime    time.Duration
}

// apply returns the set that is held from now on. A set that came whole and equals
// the held one keeps the time of its last change.
func (g fetched) apply(held *keySet, t terms) *keySet {
	if g.notModified {
		return held.confirmed(g.origin, g.asked, t)
	}
	s := newKeySet(g.set, g.origin, g.asked, t)
	if held != nil {
		if added, removed := changes(held.all, s.all); len(added)+len(removed) == 0 {
			s.changed = held.changed
		}
	}
	return s
}

// fetch gets the set from the first place that has one. An unannounced key may be
// at the issuer and not yet in the caches before it, so a fetch for such a key
// asks them to revalidate.
func (o *origins) fetch(ctx context.Context, cause Cause, held *keySet) (fetched, error) {
	revalidate := cause == CauseUnknownKey || cause == CauseBadSignature
	if len(o.config.URLs) == 0 {
		return o.fetchDiscovered(ctx, revalidate, held)
	}
	var skipped []Skipped
	var failures []error
	for _, place := range o.config.URLs {
		got, err := o.fetchFrom(ctx, place, revalidate, held)
		if err == nil {
			return got, nil
		}
		skipped, failures = append(skipped, got.set.Skipped...), append(failures, err)
	}
	// Each place stands for all: the first that may be asked again decides.
	return fetched{set: Set{Skipped: skipped}}, fetch.Join(failures, slices.Min[[]time.Duration])
}

func (o *origins) fetchDiscovered(ctx context.Context, revalidate bool, held *keySet) (fetched, error) {
	place, err := o.discovery.locate(ctx)
	if err != nil {
		return fetched{}, err
	}
	got, err := o.fetchFrom(ctx, place, revalidate, held)
	o.discovery.suspect = err != nil
	return got, err
}

func (o *origins) fetchFrom(ctx context.Context, place string, revalidate bool, held *keySet) (fetched, error) {
	q := fetch.Query{
		Target:     fetch.Target{Document: "key set", URL: place, Accept: acceptSet, Limit: maxSetBytes},
		Revalidate: revalidate,
	}
	if held != nil && held.origin.url == place {
		q.ETag, q.LastModified = held.origin.etag, held.origin.lastModified
	}
	a, err := o.client.Get(ctx, q)
	if err != nil {
		return fetched{}, err
	}
	got := fetched{origin: originOf(place, a), asked: a.Asked, lifetime: o.lifetime(a, held)}
	if a.NotModified() {
		got.notModified, got.origin = true, held.origin.renewed(got.origin)
		return got, nil
	}
	got.set, err = readSet(a)
	return got, q.About(err)
}

// readSet is ParseSet for an answer. A set without a usable key is a failure.
func readSet(a fetch.Answer) (Set, error) {
	set, err := ParseSet(a.Body)
	switch {
	case errors.Is(err, ErrSet):
		return set, evidence.Errorf(ErrSet, "%s, want a JSON object with an array \"keys\"", a.Looks())
	case err == nil && len(set.Keys) == 0:
		return set, noUsableKey(set.Skipped)
	}
	return set, err
}

// lifetime is how long the answer may be used. A 304 without a lifetime keeps
// that of the answer it confirms (RFC 9111 §4.3.4).
func (o *origins) lifetime(a fetch.Answer, held *keySet) time.Duration {
	lifetime, stated := fetch.FreshFor(a.Header, o.client.Now())
	switch {
	case stated:
		return o.config.clamp(lifetime)
	case a.NotModified():
		return o.config.clamp(held.lifetime)
	}
	return o.config.clamp(o.config.defaultLifetime() - fetch.Age(a.Header))
}

func originOf(place string, a fetch.Answer) origin {
	return origin{place, validator(a.Header.Get("ETag")), validator(a.Header.Get("Last-Modified"))}
}

func validator(s string) string {
	if len(s) > maxValidator {
		return ""
	}
	return s
}

// renewed is o with the validators of a 304, if it has any.
func (o origin) renewed(by origin) origin {
	if by.etag != "" {
		o.etag = by.etag
	}
	if by.lastModified != "" {
		o.lastModified = by.lastModified
	}
	return o
}
