package challenge

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/scope"
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

// writer composes Bearer challenges. The order of parameters is fixed: realm,
// error, error_description, error_uri, scope, acr_values, max_age,
// resource_metadata.
type writer struct{ head, errorURI, tail string }

func newWriter(r scope.Resource) writer {
	w := writer{head: "Bearer realm=" + quote(realm(r))}
	if r.Documentation != "" {
		w.errorURI = ", error_uri=" + quote(r.Documentation)
	}
	if r.Metadata != "" {
		w.tail = ", resource_metadata=" + quote(r.Metadata)
	}
	return w
}

// plain is the challenge for a call without credentials: a client that sent
// none made no error (RFC 6750 §3.1).
func (w writer) plain() []string { return []string{w.head + w.tail} }

// failed is the challenge for credentials that were not good enough.
// Parameters without a value are left out.
func (w writer) failed(code, text string, params ...param) []string {
	var b strings.Builder
	b.WriteString(w.head + `, error="` + code + `", error_description="` + text + `"` + w.errorURI)
	for _, p := range params {
		if p.value != "" {
			b.WriteString(", " + p.name + "=" + quote(p.value))
		}
	}
	b.WriteString(w.tail)
	return []string{b.String()}
}

// quote writes a quoted-string (RFC 9110 §5.6.4) of printable ASCII.
func quote(value string) string { return `"` + escaper.Replace(value) + `"` }

var escaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// scopeValue joins what a challenge lists. A list with a member that cannot be
// written there (RFC 6750 §3) is left out, for half a list would mislead.
func scopeValue(list []string) string {
	for _, s := range list {
		if s == "" || !printable.Is(s) || strings.ContainsAny(s, ` "\`) {
			return ""
		}
	}
	return strings.Join(list, " ")
}

func seconds(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return strconv.FormatInt(int64(d/time.Second), 10)
}
