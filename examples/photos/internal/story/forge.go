package story

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/postern-go/postern/examples/internal/photosvc"
)

var errNotAToken = errors.New("story: the token to forge is not one")

// parts are the three of a token (RFC 7515 §7.1), the first two decoded.
type parts struct {
	header, payload map[string]any
	signature       string
}

// given presents a token as it is by then.
func (s *story) given(raw *string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return *raw, nil }
}

// forged presents what a forger makes of Olivia's token, after writing the
// right to change her photos into it.
func (s *story) forged(forge func(parts) (string, error)) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		p, err := split(s.accessToken)
		if err != nil {
			return "", err
		}
		p.payload["scope"] = photosvc.ScopeRead + " " + photosvc.ScopeWrite
		return forge(p)
	}
}

// withMoreRights keeps the signature of what the token said before.
func withMoreRights(p parts) (string, error) {
	return encode(p.header) + "." + encode(p.payload) + "." + p.signature, nil
}

// signedByStranger is signed by another key under the name of the issuer's.
func signedByStranger(p parts) (string, error) {
	kid, _ := p.header["kid"].(string)
	return signWith(kid, p.payload)
}

// signedByUnknown is signed by a key that the issuer does not publish.
func signedByUnknown(p parts) (string, error) { return signWith("key-of-a-stranger", p.payload) }

func unsigned(p parts) (string, error) {
	p.header["alg"] = "none"
	return encode(p.header) + "." + encode(p.payload) + "." + p.signature, nil
}

func signWith(kid string, payload map[string]any) (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: kid}},
		(&jose.SignerOptions{}).WithType("at+jwt"))
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(payload)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(text)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

func split(raw string) (parts, error) {
	segments := strings.Split(raw, ".")
	if len(segments) != 3 {
		return parts{}, errNotAToken
	}
	p := parts{signature: segments[2]}
	for i, into := range []*map[string]any{&p.header, &p.payload} {
		text, err := base64.RawURLEncoding.DecodeString(segments[i])
		if err != nil {
			return parts{}, err
		}
		if err := json.Unmarshal(text, into); err != nil {
			return parts{}, err
		}
	}
	return p, nil
}

// encode is for maps that were JSON before, which always marshal.
func encode(m map[string]any) string {
	text, _ := json.Marshal(m)
	return base64.RawURLEncoding.EncodeToString(text)
}
