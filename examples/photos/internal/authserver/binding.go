package authserver

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/postern-go/postern/token/dpop"
)

// proofAlgorithms are those of proofs.
var proofAlgorithms = []jose.SignatureAlgorithm{jose.ES256, jose.PS256, jose.EdDSA}

// proofLifetime is how far the time of a proof may be from that of the server.
const proofLifetime = time.Minute

var errProof = refuse("invalid_dpop_proof", "The DPoP proof is not a good one for this request.")

// proofClaims are those of a proof for an authorization server (RFC 9449 §4.2).
type proofClaims struct {
	ID       string `json:"jti"`
	Method   string `json:"htm"`
	URL      string `json:"htu"`
	IssuedAt int64  `json:"iat"`
}

// boundTo is the thumbprint of the key that the client has proved to have, or "" if it
// asks for a bearer token (RFC 9449 §5).
func (s *Server) boundTo(r *http.Request) (string, error) {
	fields := r.Header.Values("DPoP")
	if len(fields) == 0 {
		return "", nil
	}
	if len(fields) > 1 {
		return "", errProof
	}
	key, claims, ok := readProof(fields[0])
	age := s.cfg.now().Sub(time.Unix(claims.IssuedAt, 0))
	if !ok || claims.ID == "" || claims.Method != http.MethodPost || claims.URL != s.cfg.Issuer+tokenPath || age.Abs() > proofLifetime {
		return "", errProof
	}
	sum, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return "", errProof
	}
	thumbprint := base64.RawURLEncoding.EncodeToString(sum)
	return thumbprint, s.useOnce(r.Context(), thumbprint, claims.ID)
}

// readProof verifies a proof by the key that it brings along.
func readProof(raw string) (jose.JSONWebKey, proofClaims, bool) {
	var claims proofClaims
	parsed, err := jose.ParseSignedCompact(raw, proofAlgorithms)
	if err != nil {
		return jose.JSONWebKey{}, claims, false
	}
	header := parsed.Signatures[0].Protected
	if header.JSONWebKey == nil || !header.JSONWebKey.IsPublic() || header.ExtraHeaders[jose.HeaderType] != "dpop+jwt" {
		return jose.JSONWebKey{}, claims, false
	}
	payload, err := parsed.Verify(header.JSONWebKey)
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return jose.JSONWebKey{}, claims, false
	}
	return *header.JSONWebKey, claims, true
}

func (s *Server) useOnce(ctx context.Context, thumbprint, id string) error {
	first, err := s.proofs.Use(ctx, sha256.Sum256([]byte(thumbprint+" "+id)), 2*proofLifetime)
	if err == nil && !first {
		return errProof
	}
	return err
}

// newProofs remembers which proofs were used.
func newProofs(now func() time.Time) (*dpop.MemoryStore, error) {
	return dpop.NewMemoryStore(&dpop.MemoryStoreConfig{Time: now})
}
