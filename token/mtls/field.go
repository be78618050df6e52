package mtls

import (
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/token"
)

// maxField is the longest field that is read, in bytes.
const maxField = 16 << 10

// ofField is the client that a trusted proxy names in its field.
func (c *Checker) ofField(fields http.Header) (client, error) {
	value, err := c.value(fields)
	if err != nil {
		return client{}, err
	}
	var found client
	var wrong *fault
	switch c.config.Header.Format {
	case ClientCert:
		found, wrong = parseClientCert(value)
	case XFCC:
		found, wrong = c.config.Header.parseXFCC(value)
	case EscapedPEM:
		found, wrong = parseEscapedPEM(value)
	default:
		found, wrong = parseBase64DER(value)
	}
	if wrong != nil {
		return client{}, wrong.in(c.field, value)
	}
	return found, nil
}

// value is the one value of the field. Two of them, in two fields or in a list,
// may be that of the caller and that of the proxy (RFC 9440 §2.2).
func (c *Checker) value(fields http.Header) (string, error) {
	values := fields[c.field]
	refused := &rejection.Error{Reason: token.ErrBinding, Claim: "field " + c.field, Setting: "mtls.Config.Header"}
	switch {
	case len(values) == 0 || len(values) == 1 && values[0] == "":
		refused.Want = "the client's certificate, from the proxy"
	case len(values) > 1:
		refused.Reason, refused.Got, refused.Want = token.ErrRequest, "there "+strconv.Itoa(len(values))+" times", "one"
	case len(values[0]) > maxField:
		refused.Got, refused.Want = strconv.Itoa(len(values[0]))+" bytes long", "at most "+strconv.Itoa(maxField)
	case c.config.Header.Format != XFCC && strings.Contains(values[0], ","):
		refused.Reason, refused.Got, refused.Want = token.ErrRequest, "a list", "one certificate"
	default:
		return values[0], nil
	}
	return "", refused
}

// fault is where the value of a field is malformed.
type fault struct {
	at    int // bytes before it
	want  string
	cause error // or nil
}

// in is the fault as an error about a field. It shows no more of the value than
// tells which kind of text it is.
func (f *fault) in(name, value string) error {
	const most = 24
	rest := value[min(f.at, len(value)):]
	return &rejection.Error{
		Reason: token.ErrBinding, Claim: "field " + name + " of " + strconv.Itoa(len(value)) + " bytes, at byte " + strconv.Itoa(f.at),
		Got: rest[:min(most, len(rest))], Want: f.want, Setting: "mtls.Config.Header", Cause: f.cause,
	}
}

// after is f in a text that has more bytes before it.
func (f *fault) after(more int) *fault {
	if f != nil {
		f.at += more
	}
	return f
}

// parseDER reads exactly one certificate.
func parseDER(der []byte) (client, *fault) {
	cert, err := x509.ParseCertificate(der) // which refuses trailing bytes
	if err != nil {
		return client{}, &fault{0, "one certificate in DER and nothing behind it", err}
	}
	return clientOf(cert), nil
}

// parseBase64DER reads the format Base64DER.
func parseBase64DER(text string) (client, *fault) {
	der, wrong := decodeBase64(text)
	if wrong != nil {
		return client{}, wrong
	}
	return parseDER(der)
}

// decodeBase64 decodes the one spelling of some bytes in base64 with the standard
// alphabet and padding.
func decodeBase64(text string) ([]byte, *fault) {
	const want = "base64 with the standard alphabet and padding"
	if at := strings.IndexAny(text, "\r\n"); at >= 0 { // the decoder would skip them
		return nil, &fault{at, want, nil}
	}
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		var at base64.CorruptInputError
		errors.As(err, &at)
		return nil, &fault{int(at), want, nil}
	}
	return data, nil
}
