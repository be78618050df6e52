package dpop

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/postern-go/postern/internal/nilcheck"
	"github.com/postern-go/postern/internal/publickey"
	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

// Prover is the client's side of DPoP: it holds a key and makes proofs with it
// (RFC 9449 §4.2). It may be used concurrently if its key may.
type Prover struct {
	// The key is the function's, so that package fmt has no way to it.
	sign       func(input string) ([]byte, error)
	algorithm  string
	header     string // encoded
	thumbprint string
}

// NewProver returns a Prover with the key, which may be in hardware or at a remote
// service: an ECDSA key on P-256, P-384 or P-521, an Ed25519 key, or an RSA key of
// 2048 to 8192 bits. It signs with ES256, ES384, ES512, EdDSA and PS256. The error
// matches token.ErrConfig.
func NewProver(key crypto.Signer) (*Prover, error) {
	if nilcheck.Is(key) {
		return nil, fmt.Errorf("dpop: %w: the key is nil", token.ErrConfig)
	}
	public := jwks.Key{Public: key.Public()}
	if err := jwks.CheckKey(public); err != nil {
		return nil, fmt.Errorf("dpop: %w: %w", token.ErrConfig, err)
	}
	thumbprint, err := public.Thumbprint()
	if err != nil {
		return nil, fmt.Errorf("dpop: %w: %w", token.ErrConfig, err)
	}
	alg := signingWith(public.Public)
	jwk, _ := publickey.JWK(public.Public) // as CheckKey has found it fit
	header := `{"typ":"dpop+jwt","alg":"` + alg.name + `","jwk":` + jwk + `}`
	sign := func(input string) ([]byte, error) { return alg.sign(key, input) }
	return &Prover{sign, alg.name, encode([]byte(header)), thumbprint}, nil
}

// NewKey returns a new key on P-256 for NewProver. It is in memory alone: tokens
// that are bound to it are useless once it is gone.
func NewKey() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// Thumbprint names the key (RFC 7638). Tokens that are bound to it have it as
// cnf.jkt (RFC 9449 §6.1), and requests for authorization as dpop_jkt (§10).
func (p *Prover) Thumbprint() string { return p.thumbprint }

// Algorithm is the signature algorithm of the proofs.
func (p *Prover) Algorithm() string { return p.algorithm }

// Claims are what a proof is for. Method and URL are required.
type Claims struct {
	// Method is the HTTP method of the request, and POST for gRPC.
	Method string
	// URL is where the request goes to. Query and fragment are left out of the
	// proof. For gRPC it is https://AUTHORITY/PACKAGE.SERVICE/METHOD.
	URL string
	// Token is the access token that is sent with the proof. Empty makes a proof
	// without ath, for an authorization server.
	Token string
	// Nonce is the last nonce of the server. Empty leaves it out.
	Nonce string
	// IssuedAt is when the proof is made. Zero means now.
	IssuedAt time.Time
	// ID is the jti of the proof. Empty means 128 random bits, as it should be
	// outside of tests.
	ID string
}

// Proof makes a proof for one request, the value of its DPoP field. Each attempt
// needs a proof of its own, since a server takes each of them once. It blocks as
// long as the key takes to sign. The error is that of the key, or matches
// token.ErrConfig for a Prover that NewProver has not made.
func (p *Prover) Proof(c Claims) (string, error) {
	if p == nil || p.sign == nil {
		return "", fmt.Errorf("dpop: %w: the Prover has no key", token.ErrConfig)
	}
	payload, err := json.Marshal(c.payload())
	if err != nil {
		return "", fmt.Errorf("dpop: %w", err)
	}
	input := p.header + "." + encode(payload)
	signature, err := p.sign(input)
	if err != nil {
		return "", fmt.Errorf("dpop: signing a proof: %w", err)
	}
	return input + "." + encode(signature), nil
}

// payload are the claims of a proof (RFC 9449 §4.2).
type payload struct {
	ID       string `json:"jti"`
	Method   string `json:"htm"`
	URL      string `json:"htu"`
	IssuedAt int64  `json:"iat"`
	Hash     string `json:"ath,omitempty"`
	Nonce    string `json:"nonce,omitempty"`
}

func (c Claims) payload() payload {
	bare, _, _ := strings.Cut(c.URL, "#")
	bare, _, _ = strings.Cut(bare, "?")
	out := payload{ID: c.ID, Method: c.Method, URL: bare, IssuedAt: c.IssuedAt.Unix(), Nonce: c.Nonce}
	if c.IssuedAt.IsZero() {
		out.IssuedAt = time.Now().Unix()
	}
	if c.ID == "" {
		var id [16]byte
		_, _ = rand.Read(id[:]) // never fails
		out.ID = encode(id[:])
	}
	if c.Token != "" {
		out.Hash = hashOf(c.Token)
	}
	return out
}

// hashOf is the ath of a token (RFC 9449 §4.2).
func hashOf(accessToken string) string {
	sum := sha256.Sum256([]byte(accessToken))
	return encode(sum[:])
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
