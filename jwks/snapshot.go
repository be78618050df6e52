package jwks

import (
	"fmt"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/strict"
)

const (
	snapshotVersion  = 1
	maxSnapshotBytes = maxSetBytes + 64<<10
)

// snapshot is the form in which a set leaves the process.
type snapshot struct {
	Version      int             `json:"postern_jwks_snapshot"`
	Issuer       string          `json:"issuer,omitempty"`
	DiscoverAt   string          `json:"discover_at,omitempty"`
	URL          string          `json:"url"`
	Fetched      time.Time       `json:"fetched"`
	Changed      time.Time       `json:"changed"`
	Lifetime     float64         `json:"lifetime"` // seconds
	ETag         string          `json:"etag,omitempty"`
	LastModified string          `json:"last_modified,omitempty"`
	Set          json.RawMessage `json:"jwks"`
}

// Snapshot returns the keys that are held, with their times, as JSON for
// RemoteConfig.Snapshot: a replica that starts while the issuer is down serves
// with them. It holds nothing secret, but anyone who can alter it can sign tokens.
// It makes no request. An error matches ErrUnavailable if no key is held that
// may be used.
func (r *Remote) Snapshot() ([]byte, error) {
	st := r.state.Load()
	if st.phase(r.now()) == phaseEmpty {
		return nil, ErrUnavailable
	}
	set, err := marshalSet(st.set.all)
	if err != nil {
		return nil, err
	}
	return json.Marshal(&snapshot{ // go-jose's RawMessage needs the pointer
		Version:      snapshotVersion,
		Issuer:       r.config.Issuer,
		DiscoverAt:   r.config.DiscoverAt,
		URL:          st.set.origin.url,
		Fetched:      st.set.at.UTC(),
		Changed:      st.set.changed.UTC(),
		Lifetime:     st.set.lifetime.Seconds(),
		ETag:         st.set.origin.etag,
		LastModified: st.set.origin.lastModified,
		Set:          set,
	})
}

func marshalSet(keys []Key) ([]byte, error) {
	set := struct {
		Keys []json.RawMessage `json:"keys"`
	}{[]json.RawMessage{}}
	for _, k := range keys {
		member, err := marshalKey(k)
		if err != nil {
			return nil, err
		}
		set.Keys = append(set.Keys, member)
	}
	return json.Marshal(&set)
}

// marshalKey adds the member that go-jose does not know: a key that lost it
// would be open to every issuer that shares the set.
func marshalKey(k Key) ([]byte, error) {
	key, err := json.Marshal(jose.JSONWebKey{Key: k.Public, KeyID: k.ID, Algorithm: k.Algorithm, Use: "sig"})
	if err != nil || k.Issuer == "" {
		return key, err
	}
	issuer, err := json.Marshal(k.Issuer)
	if err != nil {
		return nil, err
	}
	return slices.Concat([]byte(`{"issuer":`), issuer, []byte(","), key[1:]), nil
}

// takeOver makes a set out of a snapshot, or returns nil if the snapshot may
// not be used. That is not an error: a service must start without its snapshot.
func (r *Remote) takeOver(raw []byte) *keySet {
	if len(raw) == 0 {
		return nil
	}
	s, err := r.readSnapshot(raw)
	if err != nil {
		err = evidence.OneLine(fmt.Errorf("%w: %w", ErrSnapshot, err))
	}
	r.hooks.snapshot(err)
	return s
}

func (r *Remote) readSnapshot(raw []byte) (*keySet, error) {
	if len(raw) > maxSnapshotBytes {
		return nil, evidence.Errorf(ErrTooLarge, "it has more than %d bytes", maxSnapshotBytes)
	}
	if err := strict.Valid(string(raw)); err != nil {
		return nil, err
	}
	var s snapshot
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, err
	}
	if err := r.checkSnapshot(&s); err != nil {
		return nil, err
	}
	set, err := ParseSet(s.Set)
	if err != nil {
		return nil, err
	}
	if len(set.Keys) == 0 {
		return nil, noUsableKey(set.Skipped)
	}
	lifetime := r.config.clamp(time.Duration(min(s.Lifetime, longestLifetime.Seconds()) * float64(time.Second)))
	held := newKeySet(set, origin{s.URL, validator(s.ETag), validator(s.LastModified)}, s.Fetched, r.config.terms(lifetime))
	if s.Changed.Year() > 0 && s.Changed.Before(s.Fetched) { // a status says when, in years of four digits
		held.changed = s.Changed
	}
	if (&state{set: held}).phase(r.now()) == phaseEmpty {
		return nil, fmt.Errorf("fetched at %v, want a time within RemoteConfig.StaleFor and not in the future", s.Fetched)
	}
	return held, nil
}

// checkSnapshot refuses a snapshot that is not of this Remote's key set: kids
// are not unique between issuers.
func (r *Remote) checkSnapshot(s *snapshot) error {
	_, err := r.config.fetching().CheckURL(s.URL)
	switch {
	case s.Version != snapshotVersion:
		return fmt.Errorf("version is %d, want %d", s.Version, snapshotVersion)
	case s.Issuer != r.config.Issuer:
		return evidence.Errorf(ErrIssuerMismatch, "issuer is %q, want %q (see RemoteConfig.Issuer)", s.Issuer, r.config.Issuer)
	case s.DiscoverAt != r.config.DiscoverAt:
		return evidence.Errorf(ErrIssuerMismatch, "discover_at is %q, want %q (see RemoteConfig.DiscoverAt)", s.DiscoverAt, r.config.DiscoverAt)
	case err != nil:
		return fmt.Errorf("url is %s: %w", hidden(s.URL), err)
	case len(r.config.URLs) > 0 && !slices.Contains(r.config.URLs, s.URL):
		return fmt.Errorf("url is %s, want one that is configured (see RemoteConfig.URLs)", hidden(s.URL))
	}
	return nil
}
