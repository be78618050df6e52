package metadata

import (
	"errors"
	"net/url"
	"strings"
)

const (
	wellKnown = "/.well-known/"
	oauth     = wellKnown + "oauth-authorization-server"
	openid    = wellKnown + "openid-configuration"
)

// places are where the metadata of an issuer may be, in the order in which they
// are tried: RFC 8414 §3.1, the same with the well-known name of OpenID, and
// OpenID Connect Discovery §4.
func places(issuer *url.URL) []string {
	path := strings.TrimSuffix(issuer.EscapedPath(), "/")
	origin := issuer.Scheme + "://" + issuer.Host
	urls := []string{origin + oauth + path, origin + openid + path}
	if path != "" {
		urls = append(urls, origin+path+openid)
	}
	return urls
}

// IsPlace reports whether u leads to metadata.
func IsPlace(u *url.URL) bool {
	return strings.Contains(u.Path, openid) || strings.Contains(u.Path, oauth)
}

// CheckIssuer reads an issuer identifier. It refuses one outside RFC 8414 §2,
// and two texts that are often mistaken for an identifier: a template of
// several, and the address of the metadata. check says which URLs may be fetched.
func CheckIssuer(issuer string, check func(string) (*url.URL, error)) (*url.URL, error) {
	u, err := check(issuer)
	switch {
	case err != nil:
		return nil, err
	case strings.ContainsAny(issuer, "?#"):
		return nil, errors.New("an issuer has no query and no fragment")
	case strings.ContainsAny(issuer, "{}"):
		return nil, errors.New("a template, want the identifier of one issuer")
	case strings.Contains(u.Path, wellKnown):
		return nil, errors.New("the URL of a metadata document, want the issuer that it names")
	}
	return u, nil
}
