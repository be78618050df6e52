package middleware

import (
	"net/http"
	"strings"

	"github.com/postern-go/postern/internal/hostname"
)

// withHost is r with its host in the spelling that patterns use, or r itself.
// http.ServeMux compares hosts byte by byte, so that a caller could choose by a
// capital letter or a final dot whether the routes of a host or those of all
// hosts apply to it (RFC 3986 §3.2.2, RFC 1034 §3.1).
func withHost(r *http.Request) *http.Request {
	host := oneSpelling(r.Host)
	if host == r.Host {
		return r
	}
	r = r.WithContext(r.Context())
	r.Host = host
	return r
}

// oneSpelling is host, with or without a port, in lower case and without dots
// at the end of its name. It changes nothing when done twice, as by a Mux inside
// a Mux.
func oneSpelling(host string) string {
	name, port := host, ""
	if colon := strings.LastIndexByte(host, ':'); colon >= 0 {
		name, port = host[:colon], host[colon:]
	}
	if short := strings.TrimRight(name, "."); short != "" && short != name {
		host = short + port
	}
	return hostname.Lower(host)
}

// onePattern is a pattern of http.ServeMux, [METHOD ][HOST]/[PATH], with its
// host normalized.
func onePattern(pattern string) string {
	slash := strings.IndexByte(pattern, '/')
	if slash < 0 {
		return pattern
	}
	start := strings.LastIndexAny(pattern[:slash], " \t") + 1
	return pattern[:start] + oneSpelling(pattern[start:slash]) + pattern[slash:]
}
