package jwks

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/fetch"
	"github.com/postern-go/postern/internal/hostname"
	"github.com/postern-go/postern/internal/printable"
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
	client   *fetch.Client
	trace    *hooks

	keys     string // jwks_uri, or ""
	asked    time.Time
	lifetime time.Duration
	suspect  bool // keys could not be fetched from there
}

// locate returns where the keys are, by a request only if that is not known or
// not to be trusted any more. If the metadata cannot be fetched, what it said
// last still holds; if it says something wrong, it does not.
func (d *discovery) locate(ctx context.Context) (string, error) {
	if d.keys != "" && !d.suspect && isWithin(d.asked, d.client.Now(), d.lifetime) {
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
	return errors.Is(err, ErrIssuerMismatch) || errors.Is(err, ErrInsecureURL) || errors.Is(err, ErrCrossHost)
}

// isElsewhere reports whether a place holds no metadata of any issuer: a page of
// an application that answers every path, a redirect to its login, or metadata
// for clients alone.
func isElsewhere(err error) bool {
	for _, kind := range []error{ErrStatus, ErrMetadata, ErrNoKeys, ErrEncoding, ErrTooLarge} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// ask tries the places in turn until one has metadata, and then believes or
// refuses that document: to try on after one of another issuer would let the
// owner of one path of the host speak for the issuer.
func (d *discovery) ask(ctx context.Context) error {
	issuer, err := checkIssuer(d.issuer)
	if err != nil {
		return err
	}
	var answers []error
	for _, place := range metadataURLs(issuer) {
		err := d.askAt(ctx, place, issuer)
		if !isElsewhere(err) { // nil included
			return err
		}
		answers = append(answers, err)
	}
	return fetch.Join(answers, slices.Max[[]time.Duration])
}

func (d *discovery) askAt(ctx context.Context, place string, issuer *url.URL) error {
	t := fetch.Target{Document: "metadata", URL: place, Accept: "application/json", Limit: maxMetadataBytes}
	a, err := d.client.Get(ctx, fetch.Query{Target: t})
	if err != nil {
		return err
	}
	return t.About(d.learn(a, issuer))
}

func (d *discovery) learn(a fetch.Answer, issuer *url.URL) error {
	raw, err := parseMetadata(a.Body, d.issuer)
	if errors.Is(err, ErrMetadata) {
		return evidence.Errorf(ErrMetadata, "%v: %s", err, a.Looks())
	}
	if err != nil {
		return err
	}
	keys, err := d.checkKeys(raw, issuer)
	if err != nil {
		return err
	}
	d.keys, d.asked, d.lifetime, d.suspect = raw, a.Asked, metadataLifetime(a.Header, d.client.Now()), false
	d.trace.discovered(Discovered{Issuer: d.issuer, URL: raw, CrossHost: !fetch.SameHost(keys, issuer)})
	return nil
}

// checkKeys refuses a jwks_uri that would widen what the configuration trusts.
// Loopback and http are for an issuer on this machine. From any other, such a
// URL would be a request of its choice to the ports of this machine.
func (d *discovery) checkKeys(raw string, issuer *url.URL) (*url.URL, error) {
	seen := "jwks_uri is " + printable.Value(raw)
	keys, err := fetch.CheckURL(raw)
	switch {
	case err != nil:
		return nil, evidence.Errorf(ErrInsecureURL, "%s: %v, want an https URL (see RemoteConfig.URLs)", seen, err)
	case hostname.IsLoopback(keys.Hostname()) && !hostname.IsLoopback(issuer.Hostname()):
		return nil, evidence.Errorf(ErrInsecureURL, "%s, a loopback host, want one of the network as the issuer has (see RemoteConfig.URLs)", seen)
	case d.sameHost && !fetch.SameHost(keys, issuer):
		return nil, evidence.Errorf(ErrCrossHost, "%s, want host %q (see RemoteConfig.SameHost)", seen, issuer.Host)
	}
	return keys, nil
}

func metadataLifetime(h http.Header, now time.Time) time.Duration {
	lifetime, told := fetch.FreshFor(h, now)
	if !told {
		return usualMetadataLifetime
	}
	return min(max(lifetime, leastMetadataLifetime), longestMetadataLifetime)
}

// parseMetadata reads where the keys are from a metadata document (RFC 8414
// §2), if the document is of that very issuer. Nothing else of it is used: it
// can widen nothing, and signed_metadata has nobody here to vouch for it.
func parseMetadata(body []byte, issuer string) (jwksURI string, err error) {
	var named strict.Value
	err = strict.Members(string(body), func(name string, v strict.Value) {
		switch name {
		case "issuer":
			named = v
		case "jwks_uri":
			jwksURI, _ = v.Text()
		}
	})
	text, _ := named.Text()
	switch {
	case err != nil:
		return "", evidence.Errorf(ErrMetadata, "no JSON object with distinct members")
	case named.Raw == "" || named.Kind == strict.Null:
		return "", evidence.Errorf(ErrMetadata, "no issuer is named, want %q", issuer)
	case text != issuer:
		return "", evidence.Errorf(ErrIssuerMismatch, "issuer is %s, want %q (see RemoteConfig.Issuer)", evidence.Value(named), issuer)
	case jwksURI == "":
		return "", evidence.Errorf(ErrNoKeys, "no jwks_uri (see RemoteConfig.URLs)")
	}
	return jwksURI, nil
}

// checkIssuer refuses an issuer identifier outside RFC 8414 §2, and two texts
// that are often taken for one: a template of several, and the address of the
// metadata.
func checkIssuer(issuer string) (*url.URL, error) {
	u, err := fetch.CheckURL(issuer)
	switch {
	case err != nil:
		return nil, err
	case strings.ContainsAny(issuer, "?#"):
		return nil, errors.New("an issuer has no query and no fragment")
	case strings.ContainsAny(issuer, "{}"):
		return nil, errors.New("a template, want the identifier of one issuer")
	case strings.Contains(u.Path, "/.well-known/"):
		return nil, errors.New("the URL of a metadata document, want the issuer that it names")
	}
	return u, nil
}
