package tokentest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// Discovery is a set of well-known names for an issuer's metadata. Combine
// them with |.
type Discovery uint8

// The well-known names. Both forms of OpenID are the same for an issuer
// without a path.
const (
	// DiscoverOAuth is /.well-known/oauth-authorization-server, before the
	// issuer's path (RFC 8414 §3).
	DiscoverOAuth Discovery = 1 << iota
	// DiscoverOpenID is /.well-known/openid-configuration after the issuer's
	// path (OpenID Connect Discovery §4).
	DiscoverOpenID
	// DiscoverOpenIDInserted is the same before the issuer's path (RFC 8414 §5).
	DiscoverOpenIDInserted
	// DiscoverNothing publishes no metadata at all.
	DiscoverNothing
)

// KeysURL is where the issuer publishes its key set.
func (i *Issuer) KeysURL() string { return strings.TrimSuffix(i.identifier, "/") + "/jwks.json" }

// MetadataURLs are where the issuer publishes its metadata, in the order in
// which RFC 8414 has clients ask.
func (i *Issuer) MetadataURLs() []string {
	u := mint.Must(url.Parse(i.identifier))
	path := strings.TrimSuffix(u.Path, "/")
	origin := u.Scheme + "://" + u.Host
	const oauth, openID = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"
	var urls []string
	for _, form := range []struct {
		name Discovery
		url  string
	}{
		{DiscoverOAuth, origin + oauth + path},
		{DiscoverOpenIDInserted, origin + openID + path},
		{DiscoverOpenID, origin + path + openID},
	} {
		if i.publishesAt(form.name) && !slices.Contains(urls, form.url) {
			urls = append(urls, form.url)
		}
	}
	return urls
}

func (i *Issuer) publishesAt(form Discovery) bool {
	return i.options.Discovery == 0 || i.options.Discovery&form != 0
}

// Requests counts the requests that the issuer was sent for these URLs, or for
// all there are if none is given. Requests that failed, or were never
// answered, count as well.
func (i *Issuer) Requests(urls ...string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(urls) == 0 {
		urls = slices.Collect(maps.Keys(i.requests))
	}
	n := 0
	for _, u := range urls {
		n += i.requests[u]
	}
	return n
}

// reply is an answer before it is put on the wire.
type reply struct {
	status int
	header http.Header
	body   string
}

// question is a request as it came from the wire.
type question struct {
	method, target string
	header         http.Header
	body           string
}

// answer handles one request. An error is one of the connection: the client
// gets no answer then.
func (i *Issuer) answer(ctx context.Context, q question) (reply, error) {
	if err := ctx.Err(); err != nil {
		return reply{}, err
	}
	f := i.noted(q.target)
	if err := i.delay(ctx, f.delay); err != nil {
		return reply{}, err
	}
	switch {
	case f.down:
		return reply{}, errRefused
	case f.hung != nil:
		return reply{}, i.hang(ctx, f.hung)
	case f.status != 0:
		return i.textReply(f.status, "text/plain", http.StatusText(f.status)), nil
	default:
		return i.document(ctx, q)
	}
}

// noted counts the request and tells how the issuer behaves at the moment.
func (i *Issuer) noted(target string) fault {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.requests[target]++
	return i.fault
}

func (i *Issuer) document(ctx context.Context, q question) (reply, error) {
	switch {
	case q.target == i.IntrospectionURL():
		return i.introspection(ctx, q)
	case q.target == i.KeysURL():
		return i.notModified(q.header, i.keySetReply()), nil
	case slices.Contains(i.MetadataURLs(), q.target):
		return i.notModified(q.header, i.metadataReply()), nil
	default:
		return i.otherReply(q.target)
	}
}

func (i *Issuer) keySetReply() reply {
	i.mu.Lock()
	body, garbage := i.fault.garbage, i.fault.garbled
	i.mu.Unlock()
	if !garbage {
		body = i.KeySet()
	}
	return i.textReply(http.StatusOK, "application/jwk-set+json", body)
}

// KeySet is the key set as the issuer publishes it now (RFC 7517 §5).
func (i *Issuer) KeySet() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	keys := make([]string, len(i.published))
	for n, k := range i.published {
		keys[n] = k.jwk
	}
	return `{"keys":[` + strings.Join(keys, ",") + `]}`
}

func (i *Issuer) metadataReply() reply {
	i.mu.Lock()
	defer i.mu.Unlock()
	document := map[string]any{
		"issuer":                                i.identifier,
		"jwks_uri":                              i.KeysURL(),
		"authorization_endpoint":                i.identifier + "/authorize",
		"token_endpoint":                        i.identifier + "/token",
		"response_types_supported":              []string{"code"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": i.options.Algorithms,
	}
	maps.Copy(document, i.introspectionMetadata())
	maps.Copy(document, i.metadata)
	maps.DeleteFunc(document, func(_ string, value any) bool { return value == nil })
	body := mint.Must(json.Marshal(document))
	return i.lockedReply(http.StatusOK, "application/json", string(body))
}

// otherReply answers for other documents than the issuer's own. In memory it
// has no network behind it, so that an unknown host cannot be resolved.
func (i *Issuer) otherReply(target string) (reply, error) {
	body, ok := i.attacker.Document(target)
	u := mint.Must(url.Parse(target))
	switch {
	case ok:
		return i.textReply(http.StatusOK, "application/json", body), nil
	case u.Host != mint.Must(url.Parse(i.identifier)).Host:
		return reply{}, &net.DNSError{Err: "no such host", Name: u.Hostname(), IsNotFound: true}
	default:
		return i.textReply(http.StatusNotFound, "text/plain", "not found"), nil
	}
}

func (i *Issuer) textReply(status int, contentType, body string) reply {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.lockedReply(status, contentType, body)
}

// lockedReply needs i.mu.
func (i *Issuer) lockedReply(status int, contentType, body string) reply {
	header := i.field(contentType)
	if status == http.StatusOK {
		sum := sha256.Sum256([]byte(body))
		header.Set("ETag", fmt.Sprintf(`"%s"`, hex.EncodeToString(sum[:8])))
		header.Set("Cache-Control", i.options.CacheControl)
	}
	i.override(header)
	return reply{status, header, body}
}

// field begins the header fields of an answer.
func (i *Issuer) field(contentType string) http.Header {
	header := http.Header{}
	header.Set("Content-Type", contentType)
	header.Set("Date", i.Now().UTC().Format(http.TimeFormat))
	return header
}

// override puts the fields of SetHeader in. It needs i.mu.
func (i *Issuer) override(header http.Header) {
	for name, values := range i.headers {
		header[name] = slices.Clone(values)
		if len(values) == 1 && values[0] == "" {
			delete(header, name)
		}
	}
}

// notModified answers 304 to a client that has this very document already (RFC 9110
// §13.1.2).
func (i *Issuer) notModified(request http.Header, r reply) reply {
	tag := r.header.Get("ETag")
	if tag == "" || request.Get("If-None-Match") != tag {
		return r
	}
	r.header.Del("Content-Type")
	return reply{status: http.StatusNotModified, header: r.header}
}
