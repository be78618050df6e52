package jwks

import (
	"context"
	"errors"
	"slices"
	"time"
)

// origins fetches the key set from where it is published. It is used by one
// flight at a time.
type origins struct {
	config    *RemoteConfig
	fetcher   *fetcher
	discovery discovery
}

// fetched is what an attempt brought: a set, or the word that it is unchanged.
type fetched struct {
	set         Set
	notModified bool
	origin      origin
	asked       time.Time
	lifetime    time.Duration
}

// apply makes the new state out of the old one. A set that came whole and is
// what was held keeps the time of its last change.
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

// fetch gets the set from the first place that has one. A key that nobody has
// announced may be at the issuer and not yet in the caches before it, so a fetch
// for the sake of one asks them to revalidate.
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
	// Each place stands for all: the first that may be asked again is.
	return fetched{set: Set{Skipped: skipped}}, join(failures, slices.Min[[]time.Duration])
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
	q := query{document: "key set", url: place, accept: acceptSet, limit: maxSetBytes, revalidate: revalidate}
	if held != nil && held.origin.url == place {
		q.etag, q.lastModified = held.origin.etag, held.origin.lastModified
	}
	a, err := o.fetcher.get(ctx, q)
	if err != nil {
		return fetched{}, err
	}
	got := fetched{origin: originOf(place, a), asked: a.asked, lifetime: o.lifetime(a, held)}
	if a.notModified() {
		got.notModified, got.origin = true, held.origin.renewed(got.origin)
		return got, nil
	}
	got.set, err = readSet(a)
	return got, q.about(err)
}

// readSet is ParseSet for an answer. A set without a usable key is a failure.
func readSet(a answer) (Set, error) {
	set, err := ParseSet(a.body)
	switch {
	case errors.Is(err, ErrSet):
		return set, because(ErrSet, "%s, want a JSON object with an array \"keys\"", a.looks())
	case err == nil && len(set.Keys) == 0:
		return set, noUsableKey(set.Skipped)
	}
	return set, err
}

// lifetime is how long the answer may be used. A 304 that does not say leaves
// what the answer that it confirms had said (RFC 9111 §4.3.4).
func (o *origins) lifetime(a answer, held *keySet) time.Duration {
	lifetime, told := freshFor(a.header, o.fetcher.now())
	switch {
	case told:
		return o.config.clamp(lifetime)
	case a.notModified():
		return o.config.clamp(held.lifetime)
	}
	return o.config.clamp(o.config.defaultLifetime() - age(a.header))
}

func originOf(place string, a answer) origin {
	return origin{place, validator(a.header.Get("ETag")), validator(a.header.Get("Last-Modified"))}
}

func validator(s string) string {
	if len(s) > maxValidator {
		return ""
	}
	return s
}

// renewed is o with the validators of a 304, as far as that has any.
func (o origin) renewed(by origin) origin {
	if by.etag != "" {
		o.etag = by.etag
	}
	if by.lastModified != "" {
		o.lastModified = by.lastModified
	}
	return o
}

// joinedError is what became of several requests.
type joinedError struct {
	error // joined
	wait  time.Duration
}

func (e *joinedError) Unwrap() error             { return e.error }
func (e *joinedError) retryAfter() time.Duration { return e.wait }

// join joins the failures of several requests and picks one of their waits.
func join(failures []error, pick func([]time.Duration) time.Duration) error {
	var waits []time.Duration
	for _, err := range failures {
		var d delayed
		if errors.As(err, &d) {
			waits = append(waits, d.retryAfter())
		} else {
			waits = append(waits, 0)
		}
	}
	return &joinedError{joined(failures), pick(waits)}
}
