package bench

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"
	"time"
)

// draft is a token that is being made.
type draft struct {
	header, claims map[string]any
	payload        []byte // instead of claims
	sign           func(input []byte) []byte
}

// draft has all that RFC 9068 asks for and some of what issuers add.
func (i *Issuer) draft() *draft {
	now := time.Now()
	return &draft{
		header: map[string]any{"alg": i.Algorithm, "typ": "at+jwt", "kid": currentKey},
		claims: map[string]any{
			"iss": IssuerURL, "aud": Audience, "sub": "248289761001", "client_id": "print-shop",
			"exp": now.Add(24 * time.Hour).Unix(), "iat": now.Unix(), "jti": rand.Text()[:16],
			"scope": Scope + " orders:write profile",
		},
		sign: i.signer(i.current),
	}
}

// Token is a good token of size bytes, or up to two bytes shorter: not every
// length can be had in base64.
func (i *Issuer) Token(size int) string {
	d := i.draft()
	d.fill(size)
	return d.compact()
}

// TokenWithScopes is a good token that grants n scopes, Scope the last of them.
func (i *Issuer) TokenWithScopes(n int) string {
	d := i.draft()
	var scopes strings.Builder
	for i := range n - 1 {
		fmt.Fprintf(&scopes, "s%03d ", i)
	}
	d.claims["scope"] = scopes.String() + Scope
	return d.compact()
}

// fill makes the token as long as it is to be, by what makes tokens long in
// practice: lists of groups.
func (d *draft) fill(size int) {
	room := d.room(size)
	var groups []string
	for used := len(`,"note":"","groups":[]`); used+len(`"group-0000",`) <= room; used += len(`"group-0000",`) {
		groups = append(groups, fmt.Sprintf("group-%04d", len(groups)%10_000))
	}
	if groups != nil {
		d.claims["groups"] = groups
	}
	d.claims["note"] = ""
	d.claims["note"] = strings.Repeat("n", max(d.room(size), 0))
}

// room is how many bytes the payload may still grow.
func (d *draft) room(size int) int {
	header, payload, signature := cut(d.compact())
	return (size-len(header)-len(signature)-2)*3/4 - base64.RawURLEncoding.DecodedLen(len(payload))
}

func (d *draft) compact() string {
	payload := d.payload
	if payload == nil {
		payload = must(json.Marshal(d.claims))
	}
	input := encode(must(json.Marshal(d.header))) + "." + encode(payload)
	return input + "." + encode(d.sign([]byte(input)))
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// signer signs as RFC 7518 §3 and RFC 8037 §3.1 say.
func (i *Issuer) signer(key crypto.Signer) func([]byte) []byte {
	return func(input []byte) []byte {
		digest := sha256.Sum256(input)
		switch i.Algorithm {
		case "PS256":
			return must(key.Sign(rand.Reader, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}))
		case "ES256":
			r, s, err := ecdsa.Sign(rand.Reader, key.(*ecdsa.PrivateKey), digest[:])
			signature := must(make([]byte, 64), err)
			r.FillBytes(signature[:32])
			s.FillBytes(signature[32:])
			return signature
		case "EdDSA":
			return must(key.Sign(rand.Reader, input, crypto.Hash(0)))
		default:
			return must(key.Sign(rand.Reader, digest[:], crypto.SHA256))
		}
	}
}

// hmacWithPublicKey signs with a secret that everybody knows: the public key,
// for whoever lets the token choose the algorithm.
func (i *Issuer) hmacWithPublicKey(input []byte) []byte {
	der := must(x509.MarshalPKIXPublicKey(i.current.Public()))
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	mac.Write(input)
	return mac.Sum(nil)
}

// cut takes a compact token apart.
func cut(raw string) (header, payload, signature string) {
	parts := strings.Split(raw, ".")
	return parts[0], parts[1], parts[2]
}
