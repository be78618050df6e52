package token_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

const (
	issuer   = "https://as.example.com"
	audience = "https://api.example.com"
)

// now is when every test of this package takes place.
var now = time.Unix(1_700_000_000, 0)

// keys are the issuer's, and some of others. They are fixed, so that a good
// token is good in every process of a fuzzer.
var keys = struct {
	rsa, pssRSA, otherRSA func() *rsa.PrivateKey
	p256, otherP256       func() *ecdsa.PrivateKey
	p384, p521            func() *ecdsa.PrivateKey
	ed                    func() ed25519.PrivateKey
}{
	rsa:       stored[*rsa.PrivateKey]("rsa2048"),
	pssRSA:    stored[*rsa.PrivateKey]("rsa2048-pss"),
	otherRSA:  stored[*rsa.PrivateKey]("rsa2048-other"),
	p256:      stored[*ecdsa.PrivateKey]("p256"),
	otherP256: stored[*ecdsa.PrivateKey]("p256-other"),
	p384:      stored[*ecdsa.PrivateKey]("p384"),
	p521:      stored[*ecdsa.PrivateKey]("p521"),
	ed:        stored[ed25519.PrivateKey]("ed25519"),
}

func stored[T any](name string) func() T {
	return sync.OnceValue(func() T {
		data, err := os.ReadFile("testdata/" + name + ".pem")
		must(err)
		block, _ := pem.Decode(data)
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		must(err)
		return key.(T)
	})
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// keyFor is the key the issuer signs with, and its kid, which is the name of
// the algorithm family.
func keyFor(alg string) (kid string, key crypto.Signer) {
	switch alg {
	case "RS256", "RS384", "RS512":
		return "rs", keys.rsa()
	case "PS256", "PS384", "PS512":
		return "ps", keys.pssRSA()
	case "ES256":
		return "es256", keys.p256()
	case "ES384":
		return "es384", keys.p384()
	case "ES512":
		return "es512", keys.p521()
	default:
		return "ed", keys.ed()
	}
}

var everyAlgorithm = []string{
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
}

// published is the issuer's key set.
func published() jwks.Static {
	return jwks.Static{
		{ID: "rs", Public: keys.rsa().Public()},
		{ID: "ps", Algorithm: "PS256", Public: keys.pssRSA().Public()},
		{ID: "ps", Algorithm: "PS384", Public: keys.pssRSA().Public()},
		{ID: "ps", Algorithm: "PS512", Public: keys.pssRSA().Public()},
		{ID: "es256", Public: keys.p256().Public()},
		{ID: "es384", Public: keys.p384().Public()},
		{ID: "es512", Public: keys.p521().Public()},
		{ID: "ed", Public: keys.ed().Public()},
	}
}

// sign makes a signature as the algorithm wants it.
func sign(alg string, key crypto.Signer, input string) []byte {
	hash := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[alg[max(0, len(alg)-3):]]
	if k, ok := key.(ed25519.PrivateKey); ok {
		return ed25519.Sign(k, []byte(input))
	}
	h := hash.New()
	h.Write([]byte(input))
	digest := h.Sum(nil)
	switch k := key.(type) {
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, k, digest)
		must(err)
		size := (k.Curve.Params().BitSize + 7) / 8
		return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
	case *rsa.PrivateKey:
		var options crypto.SignerOpts = hash
		if strings.HasPrefix(alg, "PS") {
			options = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
		}
		signature, err := k.Sign(rand.Reader, digest, options)
		must(err)
		return signature
	}
	panic(fmt.Sprintf("no way to sign with %T", key))
}

func b64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// mint is a token in the making. The zero value makes a good one.
type mint struct {
	alg        string         // ES256 if empty
	key        crypto.Signer  // the issuer's for alg if nil
	header     map[string]any // changes to the header; a nil value removes
	claims     map[string]any // changes to the claims; a nil value removes
	rawHeader  string         // replaces the header
	rawPayload string         // replaces the payload
	rawInput   bool           // the payload is signed as it is, as b64 false wants
	signature  func([]byte) []byte
	compact    func(string) string
}

// null stands for the JSON null in changes, where nil removes.
var null = json.RawMessage("null")

func (m mint) token() string {
	alg := m.alg
	if alg == "" {
		alg = "ES256"
	}
	kid, key := keyFor(alg)
	if m.key != nil {
		key = m.key
	}
	header := m.rawHeader
	if header == "" {
		header = encode(map[string]any{"alg": alg, "typ": "at+jwt", "kid": kid}, m.header)
	}
	payload := m.rawPayload
	if payload == "" {
		payload = encode(goodClaims(), m.claims)
	}
	parts := b64([]byte(header)) + "." + b64([]byte(payload))
	input := parts
	if m.rawInput {
		input = b64([]byte(header)) + "." + payload
	}
	signature := sign(alg, key, input)
	if m.signature != nil {
		signature = m.signature(signature)
	}
	raw := parts + "." + b64(signature)
	if m.compact != nil {
		raw = m.compact(raw)
	}
	return raw
}

func goodClaims() map[string]any {
	return map[string]any{
		"iss": issuer, "aud": audience, "sub": "user", "client_id": "client", "jti": "id-1",
		"iat": now.Unix(), "exp": now.Unix() + 300, "scope": "read",
	}
}

func encode(base, changes map[string]any) string {
	maps.Copy(base, changes)
	maps.DeleteFunc(base, func(_ string, v any) bool { return v == nil })
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	must(encoder.Encode(base))
	return strings.TrimSpace(b.String())
}

// payloadWith is a good payload with more text before its closing brace.
func payloadWith(more string) string {
	return strings.TrimSuffix(encode(goodClaims(), nil), "}") + more + "}"
}

func hmacSign(secret []byte) func([]byte) []byte {
	return func([]byte) []byte {
		h := hmac.New(sha256.New, secret)
		return h.Sum(nil)
	}
}

// config is the baseline configuration.
func config() token.Config {
	return token.Config{
		Issuer: issuer, Audience: []string{audience}, Keys: published(),
		Time: func() time.Time { return now },
	}
}

func newVerifier(tb testing.TB, edit func(*token.Config)) *token.Verifier {
	tb.Helper()
	cfg := config()
	if edit != nil {
		edit(&cfg)
	}
	v, err := token.NewVerifier(cfg)
	require.NoError(tb, err)
	return v
}
