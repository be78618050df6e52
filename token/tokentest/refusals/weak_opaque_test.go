package refusals_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/strict"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

// The checks of asking, besides those of naive on claims.
const (
	checkRead       check = "the answer is read"
	checkActive     check = "active is true"
	checkActiveType check = "active is a boolean"
	checkTokenType  check = "it is an access token that is active"
	checkStatus     check = "the status of the answer is 200"
	checkOneAnswer  check = "the answer is read in one way"
	checkLength     check = "the answer is not too long"
	checkRedirects  check = "redirects are not followed"
	checkOurs       check = "our credentials are ours to lose"
	checkOutage     check = "an outage is not the caller's fault"
	checkBadRequest check = "a text that the issuer cannot read is the caller's fault"
	checkMediaType  check = "the media type is that of signed answers"
	checkAnswerType check = "the answer is of type token-introspection+jwt"
	checkSigner     check = "the answer is signed by the issuer"
	checkAnswerAlg  check = "the algorithm of the answer is that of the key"
	checkSpeaker    check = "the answer is of this issuer"
	checkListener   check = "the answer is for this service"
	checkDate       check = "the answer has a date"
	checkInside     check = "what counts is in token_introspection"
)

// asking is a service for opaque tokens written without postern. It asks the
// issuer at each call and makes all the checks but one.
type asking struct {
	issuer  *tokentest.Issuer
	signed  bool
	without check
}

func (g asking) has(c check) bool { return g.without != c }

// judgement is a status for the caller, or 0 if a token is good.
type judgement int

const (
	good    judgement = 0
	bad     judgement = http.StatusUnauthorized
	unknown judgement = http.StatusServiceUnavailable
)

func (g asking) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch g.judge(raw) {
	case bad:
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		w.WriteHeader(http.StatusUnauthorized)
	case unknown:
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

func (g asking) judge(raw string) judgement {
	body, mediaType, verdict := g.ask(raw)
	if verdict != good || !g.has(checkRead) {
		return verdict
	}
	text := body
	if g.signed {
		if text, verdict = g.opened(body, mediaType); verdict != good {
			return verdict
		}
	}
	return g.believed(text)
}

// ask asks the issuer.
func (g asking) ask(raw string) (body, mediaType string, _ judgement) {
	client := *g.issuer.Client()
	if g.has(checkRedirects) {
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	form := url.Values{"token": {raw}}
	r, _ := http.NewRequest(http.MethodPost, g.issuer.IntrospectionURL(), strings.NewReader(form.Encode()))
	us := g.issuer.Introspectors()[0]
	r.SetBasicAuth(url.QueryEscape(us.ID), url.QueryEscape(us.Secret))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if g.signed {
		r.Header.Set("Accept", "application/token-introspection+jwt")
	}
	response, err := client.Do(r)
	if err != nil {
		return "", "", g.outage()
	}
	defer func() { _ = response.Body.Close() }()
	const most = 1 << 18
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<22))
	if err != nil || g.has(checkLength) && len(text) > most {
		return "", "", g.outage()
	}
	return string(text), response.Header.Get("Content-Type"), g.statusGood(response.StatusCode, string(text))
}

func (g asking) outage() judgement {
	if !g.has(checkOutage) {
		return bad
	}
	return unknown
}

func (g asking) statusGood(status int, body string) judgement {
	ours := status == http.StatusUnauthorized || status == http.StatusForbidden || strings.Contains(body, "_client") || strings.Contains(body, "invalid_request")
	switch {
	case status == http.StatusBadRequest && strings.Contains(body, `"error"`) && !ours && g.has(checkBadRequest):
		return bad
	case ours && !g.has(checkOurs):
		return bad
	case status != http.StatusOK && g.has(checkStatus):
		return g.outage()
	default:
		return good
	}
}

// opened takes the answer out of its JWT.
func (g asking) opened(body, mediaType string) (string, judgement) {
	if mediaType != "application/token-introspection+jwt" {
		if g.has(checkMediaType) {
			return "", unknown
		}
		if mediaType == "application/json" {
			return body, good
		}
	}
	parts := strings.Split(body, ".")
	if len(parts) != 3 {
		return "", unknown
	}
	header, claims := object(parts[0]), object(parts[1])
	if !g.signedGood(header, parts) ||
		g.has(checkAnswerType) && header["typ"] != "token-introspection+jwt" ||
		g.has(checkSpeaker) && claims["iss"] != g.issuer.Identifier() ||
		g.has(checkListener) && claims["aud"] != g.issuer.Introspectors()[0].ID {
		return "", unknown
	}
	if _, isNumber := claims["iat"].(json.Number); g.has(checkDate) && !isNumber {
		return "", unknown
	}
	return g.inside(parts[1], claims)
}

func (g asking) inside(payload string, claims map[string]any) (string, judgement) {
	var outer struct {
		Said json.RawMessage `json:"token_introspection"`
	}
	decoded, _ := base64.RawURLEncoding.DecodeString(payload)
	_ = json.Unmarshal(decoded, &outer)
	if g.has(checkInside) {
		return string(outer.Said), good
	}
	text, _ := claims["token_introspection"].(string)
	switch {
	case text != "":
		return text, good
	case outer.Said == nil && claims["active"] == nil:
		return `{"active":true,` + g.everything()[1:], good
	case outer.Said == nil:
		return string(decoded), good
	default:
		return string(outer.Said), good
	}
}

// everything is what a service fills in that takes silence for consent.
func (g asking) everything() string {
	raw := g.issuer.Token()
	decoded, _ := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[1])
	return string(decoded)
}

func (g asking) signedGood(header map[string]any, parts []string) bool {
	if !g.has(checkSigner) {
		return true
	}
	var set jose.JSONWebKeySet
	_ = json.Unmarshal([]byte(g.issuer.KeySet()), &set)
	kid, _ := header["kid"].(string)
	signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
	keys := set.Key(kid)
	if len(keys) == 0 {
		return false
	}
	key := keys[0]
	if header["alg"] != key.Algorithm {
		return !g.has(checkAnswerAlg)
	}
	return verify(key.Algorithm, key.Key, []byte(parts[0]+"."+parts[1]), signature)
}

func object(segment string) map[string]any {
	text, _ := base64.RawURLEncoding.DecodeString(segment)
	return loosely(string(text))
}

// loosely reads the first object in a text.
func loosely(text string) map[string]any {
	var members map[string]any
	decoder := json.NewDecoder(strings.NewReader(forgiven(text)))
	decoder.UseNumber()
	_ = decoder.Decode(&members)
	return members
}

// believed looks at what the issuer has said.
func (g asking) believed(text string) judgement {
	if g.has(checkOneAnswer) && strict.Members(text, func(string, strict.Value) {}) != nil {
		return g.outage()
	}
	said := loosely(text)
	if said == nil && !g.has(checkOneAnswer) {
		return good // the status was 200
	}
	if verdict := g.activeIn(said); verdict != good {
		return verdict
	}
	_, bound := said["cnf"]
	if bound && g.has(checkBinding) || said["token_type"] != "Bearer" && !bound && g.has(checkTokenType) {
		return bad
	}
	if !(naive{issuer: g.issuer, without: g.without}).claimsGood(nil, said) {
		return bad
	}
	return good
}

func (g asking) activeIn(said map[string]any) judgement {
	active, isBoolean := said["active"].(bool)
	switch {
	case !isBoolean && g.has(checkActiveType):
		return unknown
	case !isBoolean:
		return good
	case !active && g.has(checkActive):
		return bad
	default:
		return good
	}
}

func (g asking) target() tokentest.Target { return tokentest.HTTPTarget(g, orders) }

// ofAsking is what the claims of naive need, and no scopes.
func ofAsking(signed bool) *refusals.Config {
	cfg := ofClerks()
	cfg.Opaque, cfg.Signed = true, signed
	cfg.Skip = map[string]string{"missing": "not its subject", "credentials": "not its subject"}
	return cfg
}

// For each service that leaves one check out, an attack that finds it.
var weakAsking = map[check]struct {
	attack string
	want   error
}{
	checkRead:       {"token revoked", refusals.ErrAdmitted},
	checkActive:     {"inactive with everything else of a good token", refusals.ErrAdmitted},
	checkActiveType: {"active is the string true", refusals.ErrAdmitted},
	checkTokenType:  {"active refresh token", refusals.ErrAdmitted},
	checkStatus:     {"500 with the answer for a good token", refusals.ErrAdmitted},
	checkOneAnswer:  {"active first false, then true", refusals.ErrAdmitted},
	checkLength:     {"answer of a megabyte", refusals.ErrAdmitted},
	checkRedirects:  {"redirect to the attacker's endpoint", refusals.ErrFetched},
	checkOurs:       {"credentials of the service unknown to the issuer", refusals.ErrAnswer},
	checkOutage:     {"endpoint down", refusals.ErrAnswer},
	checkBadRequest: {"token that the issuer cannot read", refusals.ErrAnswer},
	checkMediaType:  {"answer without a signature", refusals.ErrAdmitted},
	checkAnswerType: {"signed answer of type JWT", refusals.ErrAdmitted},
	checkSigner:     {"answer signed by the attacker", refusals.ErrAdmitted},
	checkAnswerAlg:  {"signed answer with alg none", refusals.ErrAdmitted},
	checkSpeaker:    {"signed answer of another issuer", refusals.ErrAdmitted},
	checkListener:   {"signed answer for another service", refusals.ErrAdmitted},
	checkDate:       {"signed answer without a date", refusals.ErrAdmitted},
	checkInside:     {"signed answer in a string", refusals.ErrAdmitted},
	checkIssuer:     {"another issuer", refusals.ErrAdmitted},
	checkAudience:   {"another service", refusals.ErrAdmitted},
	checkTime:       {"expired", refusals.ErrAdmitted},
	checkBinding:    {"bound to a DPoP key", refusals.ErrAdmitted},
}

// severalAsking are attacks that several checks stand against.
var severalAsking = map[string]string{
	"inactive and expired": "is about the order of checks",
}

// aboutOpaque are the groups of attacks on services for opaque tokens.
var aboutOpaque = []string{"inactive", "introspection answer", "introspection endpoint", "signed answer"}

// The suite finds every weak service for opaque tokens, and every attack on one
// finds a weak service.
func TestWeakServicesForOpaqueTokens(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	t.Parallel()
	found := map[string]bool{}
	for missing, want := range weakAsking {
		for _, signed := range []bool{false, true} {
			results := resultsOfAsking(t, missing, signed)
			if signed {
				assert.ErrorIs(t, resultOf(t, results, want.attack).Err, want.want, "without the check that %s", missing)
			}
			for _, r := range results {
				if r.Err != nil {
					found[r.Attack.Name] = true
				}
			}
		}
	}
	for _, a := range refusals.Attacks() {
		if _, several := severalAsking[a.Name]; slices.Contains(aboutOpaque, a.Group) && !several {
			assert.True(t, found[a.Name], "%s: %s finds no weak service", a.Group, a.Name)
		}
	}
}

func TestServiceForOpaqueTokensThatIsNotWeak(t *testing.T) {
	t.Parallel()
	for _, signed := range []bool{false, true} {
		made := 0
		for _, r := range resultsOfAsking(t, checkNothing, signed) {
			assert.NotErrorIs(t, r.Err, refusals.ErrAdmitted, r.Attack.Name)
			if slices.Contains(aboutOpaque, r.Attack.Group) && r.Skipped == "" {
				made++
				assert.NoError(t, r.Err, r.Attack.Name)
			}
		}
		assert.Greater(t, made, 40)
	}
}

// resultsOfAsking is in a bubble, where waiting takes no time.
func resultsOfAsking(t *testing.T, missing check, signed bool) (results []refusals.Result) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		issuer := tokentest.NewIssuer(t, nil)
		results = refusals.Run(t.Context(), issuer, asking{issuer: issuer, signed: signed, without: missing}.target(), ofAsking(signed))
		for _, r := range results {
			require.NotErrorIs(t, r.Err, refusals.ErrRefused, "without the check that %s", missing)
		}
	})
	return results
}
