package metadata

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/fetch"
	"github.com/postern-go/postern/internal/hostname"
	"github.com/postern-go/postern/internal/printable"
)

const maxBytes = 256 << 10

// Bounds for the lifetime that an issuer gives its document. If an issuer moves
// an endpoint, the new place is found within that time.
const (
	leastLifetime   = 15 * time.Minute
	usualLifetime   = time.Hour
	longestLifetime = 24 * time.Hour
)

// Issuer finds the endpoints of one issuer. It remembers nothing.
type Issuer struct {
	ID         string // as CheckIssuer wants it, or any text beside DiscoverAt
	DiscoverAt string // where the document is looked for instead, as CheckIssuer wants it, or ""
	SameHost   bool   // refuse endpoints on other hosts than the base's
	Client     *fetch.Client
	Settings   string // the struct with the settings of these names, and Issuer, for errors
}

// base is the URL that the places of the document are made of. It is all that
// the configuration says about hosts: beside DiscoverAt, ID is a name and no place.
func (i *Issuer) base() string { return cmp.Or(i.DiscoverAt, i.ID) }

// Wanted is an endpoint to find.
type Wanted struct {
	Member  Member
	Setting string // the setting that would name it without metadata, for errors
	Missing error  // matched by the error for metadata without it
}

// Endpoint is where an issuer's metadata says that an endpoint is.
type Endpoint struct {
	URL       string
	CrossHost bool          // it is on another host than the base
	Asked     time.Time     // when the metadata was asked for
	Lifetime  time.Duration // for how long it holds since
}

// Find returns an endpoint of the issuer. It tries the places of metadata in
// turn until one has a document with that endpoint, and then accepts or refuses
// that document: going on after a document of another issuer would let the
// owner of one path of the host speak for the issuer. It blocks for one
// exchange for each place.
func (i *Issuer) Find(ctx context.Context, w Wanted) (Endpoint, error) {
	base, err := CheckIssuer(i.base(), i.Client.CheckURL)
	if err != nil {
		return Endpoint{}, err
	}
	var errs []error
	for _, place := range places(base) {
		e, err := i.findAt(ctx, place, base, w)
		if !isElsewhere(err, w) { // nil included
			return e, err
		}
		errs = append(errs, err)
	}
	return Endpoint{}, fetch.Join(errs, slices.Max[[]time.Duration])
}

// isElsewhere reports whether a place holds no metadata of any issuer: a page of
// an application that answers every path, a redirect to its login, or metadata
// for clients alone.
func isElsewhere(err error, w Wanted) bool {
	for _, kind := range []error{fetch.ErrStatus, ErrMetadata, w.Missing, fetch.ErrEncoding, fetch.ErrTooLarge} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

func (i *Issuer) findAt(ctx context.Context, place string, base *url.URL, w Wanted) (Endpoint, error) {
	t := fetch.Target{Document: "metadata", URL: place, Accept: "application/json", Limit: maxBytes}
	a, err := i.Client.Get(ctx, fetch.Query{Target: t})
	if err != nil {
		return Endpoint{}, err
	}
	e, err := i.endpoint(a, base, w)
	return e, t.About(err)
}

func (i *Issuer) endpoint(a fetch.Answer, base *url.URL, w Wanted) (Endpoint, error) {
	document, err := i.read(a.Body)
	if errors.Is(err, ErrMetadata) {
		return Endpoint{}, evidence.Errorf(ErrMetadata, "%v: %s", err, a.Looks())
	}
	if err != nil {
		return Endpoint{}, err
	}
	raw := document[w.Member]
	if raw == "" {
		return Endpoint{}, evidence.Errorf(w.Missing, "no %s (see %s)", w.Member, w.Setting)
	}
	u, err := i.check(raw, base, w)
	if err != nil {
		return Endpoint{}, err
	}
	return Endpoint{raw, !fetch.SameHost(u, base), a.Asked, lifetime(a.Header, i.Client.Now())}, nil
}

// check refuses a URL that would widen what the configuration trusts. Loopback hosts
// are for an issuer on this machine. From any other, such a URL would be a request
// of its choice to the ports of this machine.
func (i *Issuer) check(raw string, base *url.URL, w Wanted) (*url.URL, error) {
	seen := string(w.Member) + " is " + printable.Value(raw)
	u, err := i.Client.CheckURL(raw)
	switch {
	case err != nil:
		return nil, evidence.Errorf(fetch.ErrInsecureURL, "%s: %v, want an https URL (see %s)", seen, err, w.Setting)
	case hostname.IsLoopback(u.Hostname()) && !hostname.IsLoopback(base.Hostname()):
		return nil, evidence.Errorf(fetch.ErrInsecureURL, "%s, a loopback host, want one of the network as the issuer has (see %s)", seen, w.Setting)
	case i.SameHost && !fetch.SameHost(u, base):
		return nil, evidence.Errorf(ErrCrossHost, "%s, want host %q (see %s.SameHost)", seen, base.Host, i.Settings)
	}
	return u, nil
}

func lifetime(h http.Header, now time.Time) time.Duration {
	stated, ok := fetch.FreshFor(h, now)
	if !ok {
		return usualLifetime
	}
	return min(max(stated, leastLifetime), longestLifetime)
}
