package guard

import (
	"net/url"
	"strings"

	"github.com/postern-go/postern/internal/hostname"
	"github.com/postern-go/postern/internal/weburl"
	"github.com/postern-go/postern/scope"
)

// Bases are the base URLs of a resource server. It is immutable.
type Bases []*url.URL

// NewBases are those of r, which must be valid.
func NewBases(r scope.Resource) Bases {
	var bases Bases
	for _, text := range r.BaseURLs {
		if u, ok := weburl.Base(text); ok {
			bases = append(bases, u)
		}
	}
	return bases
}

// Apply puts the base URL that counts for u, the target as the connection shows
// it, in place of its scheme and host, and returns the path of that base without
// a final slash. It changes nothing if there are no base URLs.
//
// A single one counts whatever host the call names, since a proxy may have put
// another there. Of several, the host chooses. known is false if it is none of
// theirs: to take any of them would let a proof for one name of the service pass
// for a call that the application takes for another, as behind the host of another
// tenant spelled in a way of its own.
func (b Bases) Apply(u *url.URL) (path string, known bool) {
	base := b.of(u.Host)
	switch {
	case len(b) == 0:
		return "", true
	case base == nil:
		return "", false
	}
	u.Scheme, u.Host = base.Scheme, base.Host
	return strings.TrimSuffix(base.Path, "/"), true
}

func (b Bases) of(host string) *url.URL {
	if len(b) == 1 {
		return b[0]
	}
	for _, base := range b {
		if hostname.Lower(withoutPort(base.Scheme, base.Host)) == hostname.Lower(withoutPort(base.Scheme, host)) {
			return base
		}
	}
	return nil
}

// withoutPort is host without the port that the scheme has anyway.
func withoutPort(scheme, host string) string {
	if scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

// Climbs reports whether a path, as it was sent, leads out of where it begins by its
// dot segments (RFC 3986 §5.2.4). Below the path of a base URL it is then a path of
// another service of that host, and a proof for that must not pass here.
func Climbs(path string) bool {
	if !strings.Contains(path, "/.") && !strings.Contains(path, "/%2") {
		return false
	}
	depth := 0
	for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		switch dots.Replace(segment) {
		case ".":
		case "..":
			if depth--; depth < 0 {
				return true
			}
		default:
			depth++
		}
	}
	return false
}

var dots = strings.NewReplacer("%2e", ".", "%2E", ".")
