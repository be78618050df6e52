package token

import (
	"net/url"
	"strings"

	"github.com/postern-go/postern/internal/hostname"
	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/internal/rejection"
)

// maxIdentifier is longer than any issuer in use.
const maxIdentifier = 512

const wantedIdentifier = "an https URL of at most 512 bytes without user, query, fragment, escapes and dot segments"

// checkIdentifier refuses an issuer that a Resolver does not let the program
// decide about. It was chosen by a stranger, and keys may be fetched from
// where it leads: each must have one spelling, so that what the program looks
// at is where the request goes.
func checkIdentifier(issuer string) error {
	if isIdentifier(issuer) {
		return nil
	}
	return &rejection.Error{Reason: ErrIssuer, Claim: "iss", Got: issuer, Want: wantedIdentifier}
}

func isIdentifier(s string) bool {
	if len(s) > maxIdentifier || !printable.Is(s) || strings.ContainsAny(s, " %?#@\\\"<>^`{|}") {
		return false
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || strings.HasSuffix(u.Host, ":") {
		return false
	}
	local := strings.HasPrefix(s, "http://") && hostname.IsLoopback(u.Hostname())
	return (local || strings.HasPrefix(s, "https://")) && isPlainPath(u.Path)
}

// isPlainPath reports whether a path has no dot segment and no empty segment but
// the last.
func isPlainPath(path string) bool {
	if path == "" || path == "/" {
		return true
	}
	segments := strings.Split(strings.TrimSuffix(path[1:], "/"), "/")
	for _, s := range segments {
		if s == "" || s == "." || s == ".." {
			return false
		}
	}
	return true
}
