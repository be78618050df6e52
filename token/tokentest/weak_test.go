package tokentest_test

import (
	"bytes"
	"context"
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
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/postern-go/postern/internal/strict"
	"github.com/postern-go/postern/token/tokentest"
)

// check names one of the checks of naive. A service that leaves it out is what
// the suite has to find.
type check string

const (
	checkNothing    check = "" // for a guard that leaves nothing out
	checkPresence   check = "there is a token"
	checkPlace      check = "the token is in the Authorization field"
	checkScheme     check = "the scheme is Bearer"
	checkOneField   check = "there is one Authorization field"
	checkToken68    check = "the token is spelled as a token68"
	checkParts      check = "there are three parts"
	checkSize       check = "the token is small"
	checkBase64     check = "there is one spelling"
	checkJSON       check = "the JSON is strict"
	checkCase       check = "names are compared with their case"
	checkAlgorithm  check = "the algorithm is that of the key"
	checkAccepted   check = "the algorithm is accepted here"
	checkCritical   check = "no extension is demanded"
	checkType       check = "it is an access token"
	checkContent    check = "there is no token in the token"
	checkKeyID      check = "the key is the one that is named"
	checkEmbedded   check = "keys in the header are not used"
	checkSignature  check = "the signature is good"
	checkReplicated check = "claims are not taken from the header"
	checkIssuer     check = "iss"
	checkAudience   check = "aud"
	checkTime       check = "exp, nbf and iat"
	checkClaims     check = "required claims"
	checkBinding    check = "cnf"
	checkScope      check = "scope"
)

// naive is a guard written without postern, as people write them, that makes
// all the checks but one.
type naive struct {
	issuer  *tokentest.Issuer
	scopes  []string
	without check
}

func (g naive) has(c check) bool { return g.without != c }

// target answers nothing of use but whether the call was let in.
func (g naive) target() tokentest.Target {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusUnauthorized
		if g.admits(r) {
			status = http.StatusOK
		}
		w.WriteHeader(status)
	})
	call := tokentest.HTTPTarget(handler, orders)
	return func(ctx context.Context, c tokentest.Credentials) tokentest.Answer { return call(ctx, c) }
}

func (g naive) admits(r *http.Request) bool {
	raw, ok := g.credentials(r)
	if raw == "" && !g.has(checkPresence) {
		return true
	}
	if !ok || g.has(checkSize) && len(raw) > 16384 {
		return false
	}
	parts, ok := g.parts(raw)
	if !ok {
		return false
	}
	header, okHeader := g.object(parts[0], checkSize)
	claims, okClaims := g.object(g.inner(parts[1]), checkNothing)
	return okHeader && okClaims && g.headerGood(header, parts) && g.claimsGood(header, claims)
}

var (
	token68 = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)
	jwt     = regexp.MustCompile(`[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+`)
)

func (g naive) credentials(r *http.Request) (string, bool) {
	fields := r.Header.Values("Authorization")
	if g.has(checkOneField) && len(fields) > 1 {
		return "", false
	}
	for _, field := range fields {
		if strings.HasPrefix(field, "Bearer ") {
			return g.spelled(field[len("Bearer "):])
		}
		if found := jwt.FindString(field); !g.has(checkScheme) && found != "" {
			return found, true
		}
		if strings.HasPrefix(field, "Bearer") && !g.has(checkToken68) {
			return g.spelled(field[len("Bearer"):])
		}
	}
	if g.has(checkPlace) {
		return "", false
	}
	var all bytes.Buffer
	_ = r.Header.Write(&all)
	found := jwt.FindString(all.String() + r.URL.RawQuery)
	return found, found != ""
}

func (g naive) spelled(raw string) (string, bool) {
	if g.has(checkToken68) {
		return raw, token68.MatchString(raw)
	}
	var flattened struct{ Protected, Payload, Signature string }
	if json.Unmarshal([]byte(raw), &flattened) == nil {
		return flattened.Protected + "." + flattened.Payload + "." + flattened.Signature, true
	}
	return jwt.FindString(strings.NewReplacer("\r", "", "\n", "", "=", "").Replace(raw)), true
}

func (g naive) parts(raw string) ([]string, bool) {
	if !g.has(checkParts) {
		raw = strings.Trim(raw, ".")
	}
	parts := strings.Split(raw, ".")
	if len(parts) < 3 || slices.Contains(parts[:2], "") || g.has(checkParts) && len(parts) != 3 {
		return nil, false
	}
	if parts[2] == "" && g.has(checkAlgorithm) && g.has(checkSignature) {
		return nil, false
	}
	return parts[:3], true
}

func (g naive) decode(segment string) ([]byte, bool) {
	encoding := base64.RawURLEncoding.Strict()
	if !g.has(checkBase64) {
		segment = strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(segment), "=")
		encoding = base64.RawURLEncoding
	}
	decoded, err := encoding.DecodeString(segment)
	return decoded, err == nil
}

func (g naive) object(segment string, limit check) (map[string]any, bool) {
	text, ok := g.decode(segment)
	if !ok {
		return nil, false
	}
	if limit == checkSize && g.has(checkSize) && len(text) > 4096 {
		return nil, false
	}
	var object map[string]any
	if g.has(checkJSON) && strict.Members(string(text), func(string, strict.Value) {}) != nil {
		return nil, false
	}
	decoder := json.NewDecoder(strings.NewReader(forgiven(string(text))))
	decoder.UseNumber()
	return object, decoder.Decode(&object) == nil && object != nil
}

// forgiven makes JSON of what some readers take for JSON.
func forgiven(text string) string {
	if object, ok := strings.CutPrefix(text, "["); ok {
		text = strings.TrimSuffix(object, "]")
	}
	return strings.NewReplacer(
		"\ufeff", "", "/**/", "", ",}", "}", "'x'", `"x"`, "NaN", "null", "\n", "", ":01", ":1",
	).Replace(text)
}

// inner opens a token in the token.
func (g naive) inner(payload string) string {
	decoded, _ := g.decode(payload)
	if parts := strings.Split(string(decoded), "."); !g.has(checkContent) && len(parts) == 3 {
		return parts[1]
	}
	return payload
}

func (g naive) get(object map[string]any, name string) any {
	if value, ok := object[name]; ok || g.has(checkCase) {
		return value
	}
	for other, value := range object {
		if strings.EqualFold(other, name) {
			return value
		}
	}
	return nil
}

func (g naive) headerGood(header map[string]any, parts []string) bool {
	if g.has(checkType) && header["typ"] != "at+jwt" {
		return false
	}
	_, hasCty := header["cty"]
	_, hasCrit := header["crit"]
	_, hasB64 := header["b64"]
	if g.has(checkContent) && hasCty || g.has(checkCritical) && (hasCrit || hasB64) {
		return false
	}
	return g.signed(header, parts)
}

func (g naive) signed(header map[string]any, parts []string) bool {
	signature, ok := g.decode(parts[2])
	if !ok {
		return false
	}
	if !g.has(checkSignature) {
		return g.keyed(header)
	}
	input := []byte(parts[0] + "." + parts[1])
	if header["b64"] == false {
		payload, _ := g.decode(parts[1])
		input = append([]byte(parts[0]+"."), payload...)
	}
	for _, key := range g.keys(header) {
		if g.verified(header, key, input, signature) {
			return true
		}
	}
	return false
}

// keyed is what is left of the checks of a guard that forgot the signature.
func (g naive) keyed(header map[string]any) bool {
	alg, _ := header["alg"].(string)
	_, hasKey := header["kid"]
	return (g.algorithmOf(alg) || alg == "RS256") && (hasKey || header["jwk"] == nil)
}

func (g naive) algorithmOf(alg string) bool { return alg == g.issuer.SigningKey().Algorithm }

func (g naive) verified(header map[string]any, key jose.JSONWebKey, input, signature []byte) bool {
	alg, _ := g.get(header, "alg").(string)
	switch {
	case alg == key.Algorithm && (g.algorithmOf(alg) || !g.has(checkAccepted)):
		return verify(alg, key.Key, input, signature)
	case g.has(checkAlgorithm):
		return false
	case strings.EqualFold(alg, "none"):
		return true
	case strings.HasPrefix(alg, "HS"):
		return slices.ContainsFunc(secrets(key), func(s []byte) bool { return hmac.Equal(mac(alg, s, input), signature) })
	default:
		return verify(key.Algorithm, key.Key, input, signature)
	}
}

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

func (g naive) claimsGood(header, claims map[string]any) bool {
	if !g.has(checkReplicated) {
		for name, value := range header {
			if _, ok := claims[name]; !ok {
				claims[name] = value
			}
		}
	}
	_, bound := claims["cnf"]
	return (!g.has(checkIssuer) || g.get(claims, "iss") == g.issuer.Identifier()) &&
		(!g.has(checkAudience) || g.forMe(claims)) &&
		(!g.has(checkTime) || g.inTime(claims)) &&
		(!g.has(checkClaims) || g.complete(claims)) &&
		(!g.has(checkBinding) || !bound) &&
		(!g.has(checkScope) || g.granted(claims))
}

func (g naive) forMe(claims map[string]any) bool {
	own := g.issuer.Config().Audience[0]
	list, ok := g.get(claims, "aud").([]any)
	if !ok {
		return g.get(claims, "aud") == own
	}
	return slices.Contains(list, any(own)) && !slices.ContainsFunc(list, func(v any) bool { _, text := v.(string); return !text })
}

func (g naive) inTime(claims map[string]any) bool {
	now := float64(g.issuer.Now().Unix())
	exp, ok := seconds(g.get(claims, "exp"))
	if !ok || now >= exp || exp > 253402300799 {
		return false
	}
	for _, name := range []string{"nbf", "iat"} {
		if value := claims[name]; value != nil {
			if start, ok := seconds(value); !ok || start > now+30 {
				return false
			}
		}
	}
	return true
}

func seconds(value any) (float64, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := number.Float64()
	return f, err == nil
}

func (g naive) complete(claims map[string]any) bool {
	for _, name := range []string{"sub", "client_id", "jti"} {
		if text, _ := g.get(claims, name).(string); text == "" {
			return false
		}
	}
	_, isList := claims["scope"].([]any)
	return claims["iat"] != nil && !isList
}

func (g naive) granted(claims map[string]any) bool {
	text, _ := g.get(claims, "scope").(string)
	if list, ok := claims["scope"].([]any); ok { // checkClaims stands before this
		return len(list) == len(g.scopes)
	}
	return !slices.ContainsFunc(g.scopes, func(s string) bool { return !slices.Contains(strings.Split(text, " "), s) })
}
