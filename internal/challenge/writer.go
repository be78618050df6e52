package challenge

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/postern-go/postern/token"
)

// Config is what challenges say about the resource server.
type Config struct {
	Realm            string
	ErrorURI         string
	ResourceMetadata string
}

// Validate checks that every part can stand in a challenge (RFC 6750 §3,
// RFC 9728 §5.1). The error matches token.ErrConfig.
func (c Config) Validate() error {
	if !printable(c.Realm) {
		return fmt.Errorf("%w: realm %q is not printable ASCII", token.ErrConfig, c.Realm)
	}
	for _, p := range []param{{"error_uri", c.ErrorURI}, {"resource_metadata", c.ResourceMetadata}} {
		if p.value != "" && !absoluteURI(p.value) {
			return fmt.Errorf("%w: %s %q is not an absolute URI", token.ErrConfig, p.name, p.value)
		}
	}
	return nil
}

func absoluteURI(value string) bool {
	u, err := url.Parse(value)
	return err == nil && u.IsAbs() && u.Host != "" && !strings.ContainsAny(value, ` "\`) && printable(value)
}

type param struct{ name, value string }

// writer composes Bearer challenges. The order of parameters is fixed: realm,
// error, error_description, error_uri, scope, acr_values, max_age,
// resource_metadata.
type writer struct{ head, errorURI, tail string }

func newWriter(cfg Config) writer {
	w := writer{head: "Bearer realm=" + quote(cfg.Realm)}
	if cfg.ErrorURI != "" {
		w.errorURI = ", error_uri=" + quote(cfg.ErrorURI)
	}
	if cfg.ResourceMetadata != "" {
		w.tail = ", resource_metadata=" + quote(cfg.ResourceMetadata)
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

func printable(value string) bool {
	for i := range len(value) {
		if value[i] < ' ' || value[i] > '~' {
			return false
		}
	}
	return true
}

// scopeValue joins what a challenge lists. A list with a member that cannot be
// written there (RFC 6750 §3) is left out, for half a list would mislead.
func scopeValue(list []string) string {
	for _, s := range list {
		if s == "" || !printable(s) || strings.ContainsAny(s, ` "\`) {
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
