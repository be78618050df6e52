package token

import (
	"strings"

	"github.com/postern-go/postern/internal/printable"
)

// Field is a field for the response to a call. Only Presentation.Respond makes
// one, so that a transport can send it as it is. The zero Field must not be
// sent.
type Field struct{ name, value string }

// Name is the canonical name of the header field. gRPC has it in lower case.
func (f Field) Name() string { return f.name }

// Value is one line of printable ASCII.
func (f Field) Value() string { return f.value }

// maxField is the longest value of a Field, in bytes.
const maxField = 1024

// responseFields are the fields that a check may send, each with further
// characters that its value must not have.
var responseFields = map[string]string{
	"Authentication-Info": "",     // RFC 9110 §11.6.3
	"DPoP-Nonce":          ` ,"\`, // RFC 9449 §8.1
	"Vary":                "*",    // RFC 9110 §12.5.5
}

// Respond asks the guard to send a field with its response, whether the call
// goes through or is refused: a header field over HTTP, and over gRPC header
// metadata of a call that goes through and the trailer of a refusal. A later
// value of a name replaces an earlier one.
//
// The name is "DPoP-Nonce" (RFC 9449 §8), "Authentication-Info" (RFC 9110
// §11.6.3) or "Vary", for a verdict that depends on a header field (RFC 9440 §2.4),
// and the value at most 1024 bytes of printable ASCII, and a nonce as RFC 9449 §8.1
// defines it. Over HTTP an answer with a nonce is not stored by caches unless the
// handler says otherwise (RFC 9449 §8.2), and Vary is added to that of the handler;
// gRPC has no use for Vary and leaves it out. Respond reports whether the field will
// be sent: it is false for any other name or value, and without a guard to send it.
//
// It does not block. Call it before Authenticate returns, and not concurrently
// for one call.
func (p Presentation) Respond(name, value string) bool {
	without, known := responseFields[name]
	fits := value != "" && len(value) <= maxField && printable.Is(value) && strings.TrimSpace(value) == value
	if !known || !fits || strings.ContainsAny(value, without) || p.Call == nil {
		return false
	}
	return p.Call.Respond(Field{name, value})
}

// Spent reports whether a guard further out has accepted this one-time credential,
// such as a proof, for the same call already: it is judged once more by an inner
// guard then, and is not a replay. id identifies the credential and everything
// that it was accepted for. It is false without a guard.
func (p Presentation) Spent(id [32]byte) bool {
	c, ok := p.Call.(spender)
	return ok && c.Spent(id)
}

// Spend notes a one-time credential that is accepted, for guards further in. Call it
// before Authenticate returns, and not concurrently for one call. Without a guard
// it does nothing.
func (p Presentation) Spend(id [32]byte) {
	if c, ok := p.Call.(spender); ok {
		c.Spend(id)
	}
}

// spender is the call of a guard of this module.
type spender interface {
	Spent(id [32]byte) bool
	Spend(id [32]byte)
}

// Challenger is an error with a challenge of its own, for faults outside the
// token, such as a missing proof or a stale nonce (RFC 9449 §7.1, §9). It must
// match ErrInvalid, and is answered 401 or UNAUTHENTICATED like it.
type Challenger interface {
	// Error is for operators.
	Error() string
	// Challenge returns the error code, in lower case letters, digits and
	// underscores and at most 63 long, and the error description, at most 200
	// bytes of printable ASCII without quotes and backslashes. Both are told to
	// the caller, and gRPC tells the code in upper case as the reason of
	// google.rpc.ErrorInfo: return literals, and nothing of a request or a token.
	// An answer that does not fit counts as none: the caller is told what ErrInvalid
	// and its reasons tell.
	Challenge() (code, description string)
}
