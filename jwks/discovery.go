package jwks

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/postern-go/postern/internal/strict"
)

const maxMetadataBytes = 256 << 10

// How long metadata is remembered: as its issuer says, within these bounds. An
// issuer that moves its keys is followed within that time, and at once if the
// old place stops answering.
const (
	leastMetadataLifetime   = 15 * time.Minute
	usualMetadataLifetime   = time.Hour
	longestMetadataLifetime = 24 * time.Hour
)

// metadataURLs are where the metadata of an issuer may be, in the order in
// which they are tried: RFC 8414 §3.1, the same with the well-known name of
// OpenID, and OpenID Connect Discovery §4.
func metadataURLs(issuer *url.URL) []string {
	path := strings.TrimSuffix(issuer.EscapedPath(), "/")
	origin := issuer.Scheme + "://" + issuer.Host
	urls := []string{
		origin + "/.well-known/oauth-authorization-server" + path,
		origin + "/.well-known/openid-configuration" + path,
	}
	if path != "" {
		urls = append(urls, origin+path+"/.well-known/openid-configuration")
	}
	return urls
}

// discovery finds and remembers where an issuer's keys are. It is used by one
// flight at a time.
type discovery struct {
	issuer   string
	sameHost bool
	fetcher  *fetcher

	keys     string // jwks_uri, or ""
	asked    time.Time
	lifetime time.Duration
	suspect  bool // keys could not be fetched from there
}

// locate returns where the keys are, by a request only if that is not known or
// not to be trusted any more. If the metadata cannot be fetched, what it said
// last still holds; if it says something wrong, it does not.
func (d *discovery) locate(ctx context.Context) (string, error) {
	if d.keys != "" && !d.suspect && isWithin(d.asked, d.fetcher.now(), d.lifetime) {
		return d.keys, nil
	}
	err := d.ask(ctx)
	if err != nil && (d.keys == "" || isVerdict(err)) {
		return "", err
	}
	return d.keys, nil
}

// isVerdict reports whether the metadata was read and found wrong.
func isVerdict(err error) bool {
	for _, verdict := range []error{ErrIssuerMismatch, ErrInsecureURL, ErrCrossHost, ErrNoKeys} {
		if errors.Is(err, verdict) {
			return true
		}
	}
	return false
}

// ask tries the places in turn until one answers 200, and then believes or
// refuses that document: to try on after a wrong one would let whoever
// controls one path of the host speak for the issuer.
func (d *discovery) ask(ctx context.Context) error {
	issuer, err := checkIssuer(d.issuer)
	if err != nil {
		return err
	}
	var answers []error
	for _, place := range metadataURLs(issuer) {
		a, err := d.fetcher.get(ctx, query{url: place, accept: acceptMetadata, limit: maxMetadataBytes})
		if err == nil {
			return d.learn(a, issuer)
		}
		if !errors.Is(err, ErrStatus) {
			return err
		}
		answers = append(answers, err)
	}
	return join(answers, slices.Max[[]time.Duration])
}

func (d *discovery) learn(a answer, issuer *url.URL) error {
	keys, err := parseMetadata(a.body, d.issuer)
	if err != nil {
		return err
	}
	u, err := checkURL(keys)
	if err != nil {
		return err
	}
	crossHost := !strings.EqualFold(u.Host, issuer.Host)
	if crossHost && d.sameHost {
		return ErrCrossHost
	}
	d.keys, d.asked, d.lifetime, d.suspect = keys, a.asked, metadataLifetime(a.header, d.fetcher.now()), false
	d.fetcher.trace.discovered(Discovered{Issuer: d.issuer, URL: keys, CrossHost: crossHost})
	return nil
}

func metadataLifetime(h http.Header, now time.Time) time.Duration {
	lifetime, told := freshFor(h, now)
	if !told {
		return usualMetadataLifetime
	}
	return min(max(lifetime, leastMetadataLifetime), longestMetadataLifetime)
}

// parseMetadata reads where the keys are from a metadata document (RFC 8414
// §2), if the document is of that very issuer. Nothing else of it is used: it
// can widen nothing, and signed_metadata has nobody here to vouch for it.
func parseMetadata(body []byte, issuer string) (jwksURI string, err error) {
	var named string
	err = strict.Members(string(body), func(name string, v strict.Value) {
		switch name {
		case "issuer":
			named, _ = v.Text()
		case "jwks_uri":
			jwksURI, _ = v.Text()
		}
	})
	switch {
	case err != nil:
		return "", ErrMetadata
	case named != issuer:
		return "", ErrIssuerMismatch
	case jwksURI == "":
		return "", ErrNoKeys
	}
	return jwksURI, nil
}
