package refusals_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"

	"github.com/go-jose/go-jose/v4"
)

// keys are what a token may be verified with.
func (g naive) keys(header map[string]any) []jose.JSONWebKey {
	if keys := g.embedded(header); len(keys) > 0 && !g.has(checkEmbedded) {
		return keys
	}
	var set jose.JSONWebKeySet
	_ = json.Unmarshal([]byte(g.issuer.KeySet()), &set)
	kid, named := header["kid"]
	if !named || !g.has(checkKeyID) || !g.has(checkAlgorithm) {
		return set.Keys
	}
	id, _ := kid.(string)
	if len(id) == 0 || len(id) > 256 {
		return nil
	}
	return set.Key(id)
}

// embedded are the keys that the token brings along.
func (g naive) embedded(header map[string]any) (keys []jose.JSONWebKey) {
	algorithm := g.issuer.SigningKey().Algorithm
	add := func(der []byte) {
		if certificate, err := x509.ParseCertificate(der); err == nil {
			keys = append(keys, jose.JSONWebKey{Key: certificate.PublicKey, Algorithm: algorithm})
		}
	}
	if value, ok := header["jwk"]; ok {
		text, _ := json.Marshal(value)
		var key jose.JSONWebKey
		_ = key.UnmarshalJSON(text)
		keys = append(keys, key)
	}
	if chain, ok := header["x5c"].([]any); ok {
		der, _ := base64.StdEncoding.DecodeString(chain[0].(string))
		add(der)
	}
	if url, ok := header["jku"].(string); ok {
		var set jose.JSONWebKeySet
		_ = json.Unmarshal(g.fetch(url), &set)
		keys = append(keys, set.Keys...)
	}
	if url, ok := header["x5u"].(string); ok {
		if block, _ := pem.Decode(g.fetch(url)); block != nil {
			add(block.Bytes)
		}
	}
	return keys
}

func (g naive) fetch(url string) []byte {
	response, err := g.issuer.Client().Get(url)
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	return body
}

func verify(alg string, key any, input, signature []byte) bool {
	digest, hash := sha256.Sum256(input), crypto.SHA256
	switch public := key.(type) {
	case *ecdsa.PublicKey:
		if alg == "ES384" {
			return ecdsa.Verify(public, sum384(input), half(signature, 0), half(signature, 1))
		}
		return len(signature) == 64 && ecdsa.Verify(public, digest[:], half(signature, 0), half(signature, 1))
	case *rsa.PublicKey:
		if alg == "PS256" {
			options := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
			return rsa.VerifyPSS(public, hash, digest[:], signature, options) == nil
		}
		return rsa.VerifyPKCS1v15(public, hash, digest[:], signature) == nil
	}
	return false
}

func sum384(input []byte) []byte {
	digest := sha512.Sum384(input)
	return digest[:]
}

func half(signature []byte, n int) *big.Int {
	middle := len(signature) / 2
	return new(big.Int).SetBytes([][]byte{signature[:middle], signature[middle:]}[n])
}

// secrets are what guards have been seen to take for an HMAC secret.
func secrets(key jose.JSONWebKey) [][]byte {
	der, _ := x509.MarshalPKIXPublicKey(key.Key)
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	jwk, _ := key.MarshalJSON()
	all := [][]byte{der, text, bytes.TrimSpace(text), jwk, []byte(key.KeyID), nil}
	var raw []byte
	switch public := key.Key.(type) {
	case *ecdsa.PublicKey:
		raw, _ = public.Bytes()
	case *rsa.PublicKey:
		raw = public.N.Bytes()
		all = append(all, pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(public)}))
	}
	return append(all, raw, []byte(base64.RawURLEncoding.EncodeToString(raw)))
}

func mac(alg string, secret, input []byte) []byte {
	hash := map[string]crypto.Hash{"HS256": crypto.SHA256, "HS384": crypto.SHA384, "HS512": crypto.SHA512}[alg]
	h := hmac.New(hash.New, secret)
	h.Write(input)
	return h.Sum(nil)
}
