package refusals_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
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
	checkCache      check = "no other token is taken for this one"
	checkReplicated check = "claims are not taken from the header"
	checkIssuer     check = "iss"
	checkAudience   check = "aud"
	checkTime       check = "exp, nbf and iat"
	checkClaims     check = "required claims"
	checkBinding    check = "cnf"
	checkScope      check = "scope"
	checkLarger     check = "scopes imply smaller ones alone"
	checkClientID   check = "the subject is not the client"
	checkMark       check = "the subject is marked as a user"
	checkNoClient   check = "the subject is not marked as a client"
	checkMarkType   check = "the mark is a string"
	checkRole       check = "the caller has the role"
	checkRules      check = "the rules for all tokens"
	checkACR        check = "acr"
	checkAge        check = "auth_time"
	checkRuleType   check = "the claims of the rules are strings"
	checkDetail     check = "there is a detail of the type for this service"
	checkOneDetail  check = "one detail has all that is needed"
	checkLists      check = "the lists of a detail are lists"
	checkDetails    check = "the details can be read"
	checkActor      check = "the actor is the one that is meant"
	checkHistory    check = "the actors before it mean nothing"
	checkActs       check = "all actors can be read"
)

// naive is a guard written without postern, as people write them, that makes
// all the checks but one.
type naive struct {
	issuer  *tokentest.Issuer
	scopes  []string
	without check
	seen    map[string]bool // what a guard without checkCache knows tokens by
	used    map[string]bool // proofs
}

func (g naive) has(c check) bool { return g.without != c }

// target answers nothing of use but whether the call was let in.
func (g naive) target() tokentest.Target {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusUnauthorized
		if g.admits(r) {
			status = http.StatusOK
		}
		w.Header().Set("DPoP-Nonce", nonce)
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
	if g.cached(parts) {
		return true
	}
	header, okHeader := g.object(parts[0], checkSize)
	claims, okClaims := g.object(g.inner(parts[1]), checkNothing)
	good := okHeader && okClaims && g.headerGood(header, parts) && g.claimsGood(header, claims) && g.possessed(r, raw, claims)
	if good && !g.has(checkCache) {
		for _, name := range cacheNames(parts) {
			g.seen[name] = true
		}
	}
	return good
}

func (g naive) cached(parts []string) bool {
	return !g.has(checkCache) && slices.ContainsFunc(cacheNames(parts), func(name string) bool { return g.seen[name] })
}

// cacheNames are by what caches have been seen to know a token.
func cacheNames(parts []string) []string {
	var claims struct{ JTI string }
	signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	_ = json.Unmarshal(payload, &claims)
	return []string{"signed as " + string(signature), "reads " + parts[0] + "." + parts[1], "called " + claims.JTI}
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
		if scheme, raw, ok := strings.Cut(field, " "); ok && (scheme == "Bearer" || strings.EqualFold(scheme, "DPoP")) {
			return g.spelled(raw)
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
