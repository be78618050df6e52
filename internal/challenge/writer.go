package challenge

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// realm is a realm for r. A challenge has one even if it need not
// (RFC 6750 §3), so that it is never a bare scheme.
func realm(r scope.Resource) string { return cmp.Or(r.Realm, "api") }

// domain names the service in google.rpc.ErrorInfo.
func domain(r scope.Resource) string {
	if u, err := url.Parse(r.Identifier); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return realm(r)
}

type param struct{ name, value string }

// writer composes challenges, a line for each scheme. The order of parameters is
// fixed: realm, error, error_description, error_uri, scope, acr_values, max_age,
// those of the scheme, resource_metadata.
type writer struct {
	schemes  []scheme
	errorURI string
}

// scheme is the beginning and the end of every line of a scheme.
type scheme struct{ name, head, tail string }

func newWriter(r scope.Resource, schemes []token.Scheme) writer {
	w, metadata := writer{}, ""
	if r.Documentation != "" {
		w.errorURI = ", error_uri=" + quote(r.Documentation)
	}
	if u := r.MetadataURL(); u != "" {
		metadata = ", resource_metadata=" + quote(u)
	}
	for _, s := range schemes {
		if s.Unadvertised {
			continue
		}
		var params strings.Builder
		for _, p := range s.Params {
			params.WriteString(", " + p.Name + "=" + quote(p.Value))
		}
		w.schemes = append(w.schemes, scheme{s.Name, s.Name + " realm=" + quote(realm(r)), params.String() + metadata})
	}
	return w
}

// plain is the challenge for a call without credentials: a client that sent
// none made no error (RFC 6750 §3.1).
func (w writer) plain() []string {
	lines := make([]string, len(w.schemes))
	for i, s := range w.schemes {
		lines[i] = s.head + s.tail
	}
	return lines
}

// with is lines of all schemes, in their order, with one more parameter in its
// place.
func (w writer) with(lines []string, p param) []string {
	more := make([]string, len(lines))
	for i, s := range w.schemes {
		more[i] = strings.TrimSuffix(lines[i], s.tail) + ", " + p.name + "=" + quote(p.value) + s.tail
	}
	return more
}

// failed is the challenge for credentials of the scheme used that were not good
// enough: the lines of other schemes are plain. All lines tell the error if the
// scheme is not one of them. Parameters without a value are left out.
func (w writer) failed(used, code, text string, params ...param) []string {
	known := slices.ContainsFunc(w.schemes, func(s scheme) bool { return s.name == used })
	lines := make([]string, len(w.schemes))
	for i, s := range w.schemes {
		if known && s.name != used {
			lines[i] = s.head + s.tail
			continue
		}
		lines[i] = s.failed(w.errorURI, code, text, params)
	}
	return lines
}

func (s scheme) failed(errorURI, code, text string, params []param) string {
	var b strings.Builder
	b.WriteString(s.head + `, error="` + code + `", error_description="` + text + `"` + errorURI)
	for _, p := range params {
		if p.value != "" {
			b.WriteString(", " + p.name + "=" + quote(p.value))
		}
	}
	b.WriteString(s.tail)
	return b.String()
}

// quote writes a quoted-string (RFC 9110 §5.6.4) of printable ASCII.
func quote(value string) string { return `"` + escaper.Replace(value) + `"` }

var escaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// listValue joins the members of a list in a challenge. A list with a member
// that cannot be written there (RFC 6750 §3) is left out, since half a list
// would mislead.
func listValue(list []string) string {
	if slices.ContainsFunc(list, func(s string) bool { return !scope.Valid(s) }) {
		return ""
	}
	return strings.Join(list, " ")
}

// seconds is a duration in whole seconds, or "" for none. A shorter one is not 0, which
// no login is recent enough for by the time that its token arrives.
func seconds(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return strconv.FormatInt(max(1, int64(d/time.Second)), 10)
}
