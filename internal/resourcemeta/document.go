// Package resourcemeta writes protected resource metadata (RFC 9728 §2): the
// names of its members, their JSON and their signature. What goes into a
// document is decided elsewhere.
package resourcemeta

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-go/postern/internal/printable"
)

// The members that are derived from settings.
const (
	Resource             = "resource"
	AuthorizationServers = "authorization_servers"
	Keys                 = "jwks_uri"
	Scopes               = "scopes_supported"
	BearerMethods        = "bearer_methods_supported"
	SigningAlgorithms    = "resource_signing_alg_values_supported"
	Name                 = "resource_name"
	Documentation        = "resource_documentation"
	Policy               = "resource_policy_uri"
	Terms                = "resource_tos_uri"
	CertificateBound     = "tls_client_certificate_bound_access_tokens"
	Details              = "authorization_details_types_supported"
	DPoPAlgorithms       = "dpop_signing_alg_values_supported"
	DPoPRequired         = "dpop_bound_access_tokens_required"
	signed               = "signed_metadata"
)

// reserved are the members of RFC 9728 §2, and the claims that a signed document
// has or that would mean something else in it (RFC 7519 §4.1).
var reserved = []string{
	Resource, AuthorizationServers, Keys, Scopes, BearerMethods, SigningAlgorithms, Name, Documentation, Policy, Terms,
	CertificateBound, Details, DPoPAlgorithms, DPoPRequired, signed,
	"iss", "sub", "aud", "exp", "nbf", "iat", "jti",
}

// Document is a metadata document by the names of its members.
type Document map[string]any

// Set sets a member. A value without content is left out (RFC 9728 §3.2).
func (d Document) Set(name string, value any) {
	switch v := value.(type) {
	case string:
		if v == "" {
			return
		}
	case bool:
		if !v {
			return
		}
	case []string:
		if len(v) == 0 {
			return
		}
	}
	d[name] = value
}

// SetTagged sets a member and those of its languages (RFC 9728 §2.1). It reports
// the first key of byLanguage that is no language tag.
func (d Document) SetTagged(name, value string, byLanguage map[string]string) error {
	d.Set(name, value)
	for tag, value := range byLanguage {
		if !isLanguage(tag) {
			return fmt.Errorf("%s is no language tag (BCP 47)", printable.Value(fmt.Sprintf("%+q", tag)))
		}
		d.Set(name+"#"+tag, value)
	}
	return nil
}

// SetExtra sets a member that RFC 9728 does not define, as JSON of this moment.
// Null and the empty array are left out.
func (d Document) SetExtra(name string, value any) error {
	plain, _, _ := strings.Cut(name, "#")
	if plain == "" || !printable.Is(name) || slices.Contains(reserved, plain) {
		return fmt.Errorf("%s is no name for a further member", printable.Value(fmt.Sprintf("%+q", name)))
	}
	text, err := marshal(value)
	if err != nil {
		return fmt.Errorf("%s has no JSON: %s", printable.Value(name), printable.Line(err.Error()))
	}
	if text := string(text); text != "null" && text != "[]" {
		d[name] = json.RawMessage(text)
	}
	return nil
}

// JSON is the document, its members in alphabetical order. It ends with a line
// break.
func (d Document) JSON() ([]byte, error) {
	text, err := marshal(d)
	return append(text, '\n'), err
}

// marshal writes scopes and URLs as they are: "&" is no danger outside of HTML.
func marshal(value any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(value)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// isLanguage reports whether tag has the form of a language tag (RFC 5646 §2.1).
func isLanguage(tag string) bool {
	const in = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for part := range strings.SplitSeq(tag, "-") {
		if part == "" || len(part) > 8 || strings.ContainsFunc(part, func(r rune) bool { return !strings.ContainsRune(in, r) }) {
			return false
		}
	}
	return true
}
