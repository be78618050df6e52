package mtls

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/postern-go/postern/token"
)

// Header is the field in which a proxy passes on the certificate of a client. It
// is one header field over HTTP, and one key of metadata over gRPC.
//
// The proxy must remove the field from what clients send, always: a client whose
// certificate is absent would otherwise send that of another client. Check it with
// a forged field.
type Header struct {
	// Format is how the field has the certificate. It is required.
	Format Format
	// Name is the name of the field, in any case. Empty means "Client-Cert" for
	// ClientCert and "X-Forwarded-Client-Cert" for XFCC. It is required for the other
	// formats, which have no name of their own.
	Name string
	// Hop is the element of XFCC that counts, from the right: 0, the last, is that
	// of the nearest proxy, 1 that of the proxy before it. There must be as many
	// elements as that, and no more.
	Hop int
	// ForwardsHops is for a proxy that leaves the XFCC of its clients in place, as
	// Envoy does with APPEND_FORWARD. Elements to the left of Hop are then ignored,
	// instead of refused. Envoy writes a URI or DNS name of a certificate as it is, so
	// that a comma in one makes another element: use this only behind proxies that
	// verify certificates against an authority that issues no such names.
	ForwardsHops bool
}

// Format is how a field has a certificate.
type Format uint8

// The formats. In all of them there is one certificate, base64 has its standard
// alphabet and padding, and a field is at most 16 KiB long.
const (
	// ClientCert is the field of RFC 9440: DER in base64 between colons.
	ClientCert Format = iota + 1
	// XFCC is x-forwarded-client-cert of Envoy and Istio. Hash suffices, unless there
	// are Config.Roots, which need Cert. Where both are there, they must agree.
	XFCC
	// EscapedPEM is PEM with percent encoding, such as nginx has it in
	// $ssl_client_escaped_cert, and AWS in X-Amzn-Mtls-Clientcert-Leaf.
	EscapedPEM
	// Base64DER is DER in base64 and nothing else, such as the OpenShift router has
	// it in X-SSL-Client-DER.
	Base64DER
)

// String is the name of the constant, for operators.
func (f Format) String() string {
	switch f {
	case ClientCert:
		return "ClientCert"
	case XFCC:
		return "XFCC"
	case EscapedPEM:
		return "EscapedPEM"
	case Base64DER:
		return "Base64DER"
	default:
		return fmt.Sprintf("Format(%d)", uint8(f))
	}
}

func (h Header) isZero() bool { return h == Header{} }

// name is the name of the field as http.Header has it.
func (h Header) name() string {
	switch {
	case h.Name != "":
		return http.CanonicalHeaderKey(h.Name)
	case h.Format == ClientCert:
		return "Client-Cert"
	case h.Format == XFCC:
		return "X-Forwarded-Client-Cert"
	default:
		return ""
	}
}

// inNames are the characters that the name of a field may have. An underscore is
// not among them: proxies that map it to a hyphen, or drop the field, make two
// names into one, and a client chooses which of them it sends.
const inNames = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"

func (h Header) validate() error {
	name := h.name()
	switch {
	case h.Format < ClientCert || h.Format > Base64DER:
		return fmt.Errorf("mtls: %w: Header.Format is %v, want one of the formats", token.ErrConfig, h.Format)
	case name == "":
		return fmt.Errorf("mtls: %w: Header.Name is empty, want the field in which the proxy sends %v", token.ErrConfig, h.Format)
	case strings.Trim(name, inNames) != "" || len(name) > maxName:
		return fmt.Errorf("mtls: %w: Header.Name is %+q, want at most %d letters, digits and hyphens", token.ErrConfig, h.Name, maxName)
	case strings.HasSuffix(name, "-Bin"):
		return fmt.Errorf("mtls: %w: Header.Name is %+q, which gRPC would decode", token.ErrConfig, h.Name)
	case h.Format != XFCC && (h.Hop != 0 || h.ForwardsHops):
		return fmt.Errorf("mtls: %w: Header.Hop and Header.ForwardsHops are for XFCC, and the format is %v", token.ErrConfig, h.Format)
	case h.Hop < 0 || h.Hop >= maxElements:
		return fmt.Errorf("mtls: %w: Header.Hop is %d, want 0 to %d", token.ErrConfig, h.Hop, maxElements-1)
	default:
		return nil
	}
}

// maxName is the longest name of a field, in bytes.
const maxName = 100
