package scope

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-go/postern/internal/hostname"
	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/internal/weburl"
	"github.com/postern-go/postern/token"
)

// wellKnown is where metadata of protected resources is (RFC 9728 §3).
const wellKnown = "/.well-known/oauth-protected-resource"

// longestIdentifier keeps challenges within what clients read of a header.
const longestIdentifier = 1024

const wantPublished = "an absolute https URL of at most 1024 bytes (http for a loopback host) without user and fragment, with a clean path"

// MetadataURL returns the URL of the protected resource metadata document of a
// resource identifier (RFC 9728 §3.1): the well-known path is inserted between
// host and path or query. A slash after the host with no path behind it is left
// out.
//
//	https://api.example.com        https://api.example.com/.well-known/oauth-protected-resource
//	https://api.example.com/a?k=v  https://api.example.com/.well-known/oauth-protected-resource/a?k=v
//
// The identifier must be an absolute https URL, or an http URL of a loopback
// host, without user and fragment, of at most 1024 bytes. Its path must be
// encoded as RFC 3986 demands and have no empty segment and no segment "." or
// "..", encoded or not, nor one behind an encoded slash: clients, proxies and http.ServeMux remove those. The error
// matches token.ErrConfig.
func MetadataURL(identifier string) (string, error) {
	u, ok := metadataURL(identifier)
	if !ok {
		return "", fmt.Errorf("scope: %w: the resource identifier is %s, want %s",
			token.ErrConfig, printable.Line(strconv.QuoteToASCII(weburl.WithoutPassword(identifier))), wantPublished)
	}
	return u, nil
}

// Audit names each issuer of auth with tokens that are not for the resource, if
// PublishesMetadata is set: a client that asks for a token for the resource that
// the metadata names would be refused with it. Issuers that do not tell their
// audiences pass. The audits of the guards call it. The error matches
// token.ErrConfig. It does not block.
func (r Resource) Audit(auth token.Authenticator) error {
	if !r.PublishesMetadata {
		return nil
	}
	var wrong []error
	for _, p := range token.Postures(auth) {
		if len(p.Audience) > 0 && !slices.Contains(p.Audience, r.Identifier) {
			wrong = append(wrong, fmt.Errorf("scope: %w: the tokens of issuer %s are for %s, want Resource.Identifier %s among them (see Config.Audience)",
				token.ErrConfig, quoted(p.Issuer), printable.Value(fmt.Sprintf("%+q", p.Audience)), quoted(r.Identifier)))
		}
	}
	return errors.Join(wrong...)
}

func metadataURL(identifier string) (string, bool) {
	u, err := url.Parse(identifier)
	if err != nil || len(identifier) > longestIdentifier || !quotable(identifier) || strings.Contains(identifier, "#") {
		return "", false
	}
	_, rest, slashes := strings.Cut(identifier, "://")
	end := len(rest)
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		end = i
	}
	host, rest := rest[:end], rest[end:]
	path, query, asks := strings.Cut(rest, "?")
	if !slashes || u.User != nil || host != u.Host || !isHost(u) || !isClean(path) || path != u.EscapedPath() || asks && query == "" {
		return "", false
	}
	if path == "/" {
		rest = rest[1:]
	}
	return u.Scheme + "://" + host + wellKnown + rest, true
}

// isHost reports whether u is a URL of a host name or address that may be asked,
// with or without a port.
func isHost(u *url.URL) bool {
	const in = "-._0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	name := u.Hostname()
	if strings.HasPrefix(u.Host, "[") {
		if a, err := netip.ParseAddr(name); err != nil || a.Zone() != "" {
			return false
		}
	} else if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !strings.ContainsRune(in, r) }) {
		return false
	}
	if strings.HasSuffix(u.Host, ":") || u.Port() != "" && !isPort(u.Port()) {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && hostname.IsLoopback(name)
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}

// isClean reports whether a path has no segment that something on the way from
// a client to a handler removes. The last may be empty.
func isClean(path string) bool {
	segments := strings.Split(path, "/")[1:]
	if path == "" {
		return true
	}
	for i, segment := range segments {
		plain, err := url.PathUnescape(segment)
		if err != nil || plain == "" && i < len(segments)-1 || hidesDots(plain) {
			return false
		}
	}
	return true
}

// hidesDots reports whether a segment is "." or "..", or becomes such segments
// where an encoded slash is taken for one, as some proxies do.
func hidesDots(segment string) bool {
	for part := range strings.FieldsFuncSeq(segment, func(r rune) bool { return r == '/' || r == '\\' }) {
		if part == "." || part == ".." {
			return true
		}
	}
	return false
}
