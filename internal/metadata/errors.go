package metadata

import (
	"errors"

	"github.com/postern-go/postern/internal/fetch"
)

// Why a document was not used.
var (
	// ErrMetadata means that a text is not a metadata document (RFC 8414 §3.2):
	// no JSON object, one that repeats a member, or one that names no issuer.
	ErrMetadata = errors.New("metadata: not an authorization server metadata document")
	// ErrIssuerMismatch means that the document names another issuer (RFC 8414
	// §3.3). Nothing of it was used.
	ErrIssuerMismatch = errors.New("metadata: document is of another issuer")
	// ErrCrossHost means that an endpoint is on another host than its issuer,
	// which SameHost forbids.
	ErrCrossHost = errors.New("metadata: endpoint is on another host than its issuer")
)

// IsWrong reports whether err says that a document of the issuer, or one in its
// place, was read and must not be used. An earlier document is then no longer
// valid either.
func IsWrong(err error) bool {
	return errors.Is(err, ErrIssuerMismatch) || errors.Is(err, fetch.ErrInsecureURL) || errors.Is(err, ErrCrossHost)
}
