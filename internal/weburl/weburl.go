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
