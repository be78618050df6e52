package guard

import (
	"net/url"
	"strings"

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
func (b Bases) Apply(u *url.URL) (path string) {
	if len(b) == 0 {
		return ""
	}
	base := b[0]
	for _, each := range b {
		if strings.EqualFold(each.Host, u.Host) {
			base = each
			break
		}
	}
	u.Scheme, u.Host = base.Scheme, base.Host
	return strings.TrimSuffix(base.Path, "/")
}
