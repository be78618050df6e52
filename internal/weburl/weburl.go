// Package weburl reads the URLs of settings that name a place on the web.
package weburl

import (
	"net/url"
	"strings"
)

// Base parses text as an http or https URL of a host and a path alone: no
// user, query, fragment or escaped path. It reports false for any other text.
func Base(text string) (*url.URL, bool) {
	u, err := url.Parse(text)
	if err != nil || strings.HasSuffix(text, "#") {
		return nil, false
	}
	web := u.Scheme == "https" || u.Scheme == "http"
	bare := u.User == nil && u.RawQuery == "" && !u.ForceQuery && u.Fragment == "" && u.RawPath == ""
	return u, web && bare && u.Host != "" && u.Opaque == ""
}

// IsPage reports whether text is an http or https URL of something on the web that may
// be told to everyone: it has no user and no password.
func IsPage(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

// WithoutPassword is text, for an error about it: without a password if it is a URL that
// has one.
func WithoutPassword(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.User == nil {
		return text
	}
	return u.Redacted()
}
