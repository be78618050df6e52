package refusals_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/postern-go/postern/internal/strict"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

// Of a guard that takes tokens bound to a key.
const (
	checkUnbound        check = "a token under DPoP is bound"
	checkProof          check = "there is a proof"
	checkProofPlace     check = "the proof is in the DPoP field"
	checkOneProof       check = "there is one proof"
	checkProofParts     check = "the proof is a compact JWS"
	checkProofSize      check = "the proof is small"
	checkProofJSON      check = "the JSON of the proof is strict"
	checkProofType      check = "it is a proof"
	checkProofCritical  check = "the proof demands no extension"
	checkProofAlgorithm check = "the algorithm of the proof is accepted"
	checkProofKey       check = "the proof has its key"
	checkPrivateKey     check = "and only the public half"
	checkProofSignature check = "the signature of the proof is good"
	checkProofClaims    check = "the claims of the proof are there"
	checkProofMethod    check = "htm"
	checkProofTarget    check = "htu"
	checkProofHash      check = "ath"
	checkBoundKey       check = "the key of the proof is that of the token"
	checkNonce          check = "nonce"
	checkProofTime      check = "iat of the proof"
	checkReplay         check = "the proof was not used before"
	checkReplayByID     check = "nor in another spelling"
	checkReplica        check = "nor at another replica"

	checkCertificate check = "the certificate is that of the token"
	checkNoField     check = "certificates are not taken from fields"
	checkThumbprint  check = "thumbprints are compared exactly"
	checkBoth        check = "of two bindings both hold"
)

// Of weakGuards, those that take DPoP.
var weakWithDPoP = map[check]string{
	checkUnbound:        "unbound token with a good proof",
	checkProof:          "stolen bound token",
	checkProofPlace:     "proof in another field",
	checkOneProof:       "two proofs",
	checkProofParts:     "proof with four parts",
	checkProofSize:      "proof of 20 kilobytes",
	checkProofJSON:      "member of a proof twice",
	checkProofType:      "proof with typ JWT",
	checkProofCritical:  "proof with b64 false",
	checkProofAlgorithm: "proof with alg none",
	checkProofKey:       "proof that names its key",
	checkPrivateKey:     "proof with its private key",
	checkProofSignature: "proof signed by the thief's key",
	checkProofClaims:    "proof without htu",
	checkProofMethod:    "proof for another method",
	checkProofTarget:    "proof for another path",
	checkProofHash:      "proof for another token",
	checkBoundKey:       "stolen bound token with a proof by the thief's key",
	checkNonce:          "proof with a nonce of another fleet",
	checkProofTime:      "proof of ten minutes ago",
	checkReplay:         "proof replayed",
	checkReplayByID:     "proof replayed with its other signature",
	checkReplica:        "proof replayed to another replica",

	checkCertificate: "stolen token with the thief's certificate",
	checkNoField:     "forged Client-Cert",
	checkThumbprint:  "thumbprint in hex",
	checkBoth:        "bound to a key too, which is not proved",
}

// nonce is the one of naive, and atOrders the call to it.
const nonce = "bm9uY2U"

func atOrders(replica tokentest.Target) *refusals.DPoP {
	return &refusals.DPoP{Method: http.MethodGet, URL: "http://example.com/orders", Replica: replica}
}

// replica is a guard with the same weakness, which shares what it remembers if the
// guard does not lack that.
func (g naive) replica() naive {
	if !g.has(checkReplica) {
		g.used = map[string]bool{}
	}
	return g
}

// possessed tells whether the caller has the key that the token is bound to.
func (g naive) possessed(r *http.Request, raw string, claims map[string]any) bool {
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	underDPoP := strings.EqualFold(scheme, "DPoP")
	cnf, bound := claims["cnf"]
	if !bound {
		return !underDPoP || !g.has(checkUnbound)
	}
	members, _ := cnf.(map[string]any)
	jkt, _ := members["jkt"].(string)
	sum, certified := members["x5t#S256"].(string)
	switch {
	case certified && jkt != "" && g.has(checkBoth): // no caller has both here
		return !g.has(checkBinding)
	case certified && !underDPoP:
		return g.certified(r, sum)
	case !underDPoP:
		return !g.has(checkBinding)
	}
	proof, ok := g.oneProof(r)
	if !ok || proof == "" {
		return !g.has(checkProof)
	}
	return jkt != "" && g.proves(proof, raw, jkt)
}

func (g naive) certified(r *http.Request, want string) bool {
	for name := range r.Header {
		if strings.Contains(name, "Client") && !g.has(checkNoField) {
			return true
		}
	}
	if r.TLS == nil {
		return !g.has(checkBinding)
	}
	sum := sha256.Sum256(r.TLS.PeerCertificates[0].Raw)
	seen := base64.RawURLEncoding.EncodeToString(sum[:])
	if !g.has(checkThumbprint) {
		return want == hex.EncodeToString(sum[:]) || strings.HasPrefix(strings.ToLower(want), strings.ToLower(seen[:20])) || want == seen[:20]
	}
	return seen == want || !g.has(checkCertificate)
}

func (g naive) oneProof(r *http.Request) (string, bool) {
	fields := r.Header.Values("DPoP")
	if other := r.Header.Values("X-Dpop"); !g.has(checkProofPlace) && len(other) > 0 {
		fields = other
	}
	if g.has(checkOneProof) && len(fields) > 1 || len(fields) == 0 {
		return "", false
	}
	if !g.has(checkOneProof) {
		return jwt.FindString(fields[0]), true
	}
	return fields[0], true
}

// proofHeader is the header of a proof.
type proofHeader struct {
	Typ, Alg string
	JWK      json.RawMessage
	Crit     []string
	B64      *bool
}

func (g naive) proves(proof, raw, jkt string) bool {
	parts := strings.Split(strings.TrimRight(proof, "="), ".")
	if g.has(checkProofParts) && (len(parts) != 3 || strings.HasSuffix(proof, "=")) || len(parts) < 2 {
		return false
	}
	if len(parts) == 2 {
		return true
	}
	var header proofHeader
	text, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil || json.Unmarshal(text, &header) != nil {
		return false
	}
	if g.has(checkProofSize) && len(proof) > 8192 || g.has(checkProofType) && header.Typ != "dpop+jwt" || g.has(checkProofCritical) && header.Crit != nil {
		return false
	}
	return g.proofSigned(header, parts, jkt) && g.proofSays(parts[1], proof, raw)
}

func (g naive) proofSigned(header proofHeader, parts []string, jkt string) bool {
	if header.JWK == nil {
		return !g.has(checkProofKey)
	}
	var key jose.JSONWebKey
	if key.UnmarshalJSON(header.JWK) != nil {
		return false
	}
	thumbprint, err := key.Thumbprint(crypto.SHA256)
	if err != nil || g.has(checkPrivateKey) && !key.IsPublic() || g.has(checkBoundKey) && base64.RawURLEncoding.EncodeToString(thumbprint) != jkt {
		return false
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return false
	}
	input := []byte(parts[0] + "." + parts[1])
	if header.B64 != nil {
		payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
		input = append([]byte(parts[0]+"."), payload...)
	}
	return g.proofVerified(header, key.Public(), input, signature)
}

func (g naive) proofVerified(header proofHeader, key jose.JSONWebKey, input, signature []byte) bool {
	if !g.has(checkProofSignature) || header.Alg == "ES256" {
		return !g.has(checkProofSignature) || verify("ES256", key.Key, input, signature)
	}
	if g.has(checkProofAlgorithm) {
		return false
	}
	h := hmac.New(sha256.New, header.JWK)
	h.Write(input)
	return header.Alg == "none" || hmac.Equal(h.Sum(nil), signature) || verify("ES256", key.Key, input, signature) || header.Alg == "ES384" && verify("ES384", key.Key, input, signature)
}

// proofSays reads the claims. A guard without checkProofClaims takes what it cannot
// read for what it wants.
func (g naive) proofSays(payload, proof, raw string) bool {
	text, err := base64.RawURLEncoding.DecodeString(payload)
	var claims map[string]any
	if err != nil || json.Unmarshal(text, &claims) != nil || g.has(checkProofJSON) && strict.Members(string(text), func(string, strict.Value) {}) != nil {
		return false
	}
	is := func(name string, c check, fits func(string) bool) bool {
		text, ok := claims[name].(string)
		if !ok || text == "" {
			return !g.has(checkProofClaims)
		}
		return !g.has(c) || fits(text)
	}
	sum := sha256.Sum256([]byte(raw))
	issued, dated := claims["iat"].(float64)
	now := float64(g.issuer.Now().Unix())
	return is("jti", checkProofClaims, func(v string) bool { return len(v) <= 256 }) &&
		is("htm", checkProofMethod, func(v string) bool { return v == http.MethodGet }) &&
		is("htu", checkProofTarget, func(v string) bool { return v == atOrders(nil).URL }) &&
		is("ath", checkProofHash, func(v string) bool { return v == base64.RawURLEncoding.EncodeToString(sum[:]) }) &&
		(!g.has(checkNonce) || claims["nonce"] == nonce) &&
		(!dated && !g.has(checkProofClaims) || dated && (!g.has(checkProofTime) || issued > now-60 && issued < now+30)) &&
		g.unused(claims, proof)
}

func (g naive) unused(claims map[string]any, proof string) bool {
	id, _ := claims["jti"].(string)
	if !g.has(checkReplayByID) {
		id = proof
	}
	if id == "" || !g.has(checkReplay) {
		return true
	}
	seen := g.used[id]
	g.used[id] = true
	return !seen
}
