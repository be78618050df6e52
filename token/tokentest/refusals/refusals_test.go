package refusals_test

import (
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/mtls"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

func newVerifier(t *testing.T, cfg token.Config) *token.Verifier {
	t.Helper()
	v, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	return v
}

// guarded is a service as it should be.
func guarded(tb testing.TB, cfg token.Config, policy scope.Policy) http.Handler {
	tb.Helper()
	verifier, err := token.NewVerifier(cfg)
	require.NoError(tb, err)
	return middleware.New(verifier, nil).Require(policy)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}))
}

func orders() *http.Request { return httptest.NewRequest(http.MethodGet, "/orders", nil) }

func TestRefusalsOfSoundServices(t *testing.T) {
	t.Parallel()
	for name, algorithm := range map[string]string{"RS256": "RS256", "PS256": "PS256", "ES256": "ES256", "EdDSA": "EdDSA", "Ed25519": "Ed25519"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := tokentest.NewIssuer(t, &tokentest.Options{Algorithms: []string{algorithm, "ES384"}})
			needs := ofUsers("orders:read", "orders:list")
			cfg := issuer.Config()
			cfg.Profile, cfg.ScopeImplies = needs.Profile, needs.ScopeImplies
			service := guarded(t, cfg, scope.All(needs.Scopes...).And(scope.User))
			refusals.Test(t, issuer, tokentest.HTTPTarget(service, orders), needs)
		})
	}
}

// A service of many tenants is no weaker than one of one.
func TestRefusalsOfTenants(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, &tokentest.Options{Identifier: "https://sso.test/realms/acme"})
	needs := ofUsers("orders:read", "orders:list")
	cfg := issuer.Config()
	cfg.Issuer, cfg.Profile, cfg.ScopeImplies = "", needs.Profile, needs.ScopeImplies
	for name, template := range map[string]token.Template{
		"listed": {Issuer: "https://sso.test/realms/{realm}", Values: []string{"acme"}, Config: cfg},
		"any":    {Issuer: "https://sso.test/realms/{realm}", AnyValue: true, Config: cfg},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resolver, err := token.NewResolver(token.ResolverConfig{Templates: []token.Template{template}})
			require.NoError(t, err)
			service := middleware.New(resolver, nil).Require(scope.All(needs.Scopes...).And(scope.User))(http.HandlerFunc(
				func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
			refusals.Test(t, issuer, tokentest.HTTPTarget(service, orders), needs)
		})
	}
}

// For each guard that leaves one check out, an attack that then gets in.
var weakGuards = map[check]string{
	checkPresence:   "no credentials",
	checkPlace:      "good token in the query",
	checkScheme:     "good token under the scheme Token",
	checkOneField:   "two Authorization fields with good tokens",
	checkToken68:    "good token in quotes",
	checkParts:      "four parts",
	checkSize:       "token of 100 kilobytes",
	checkBase64:     "spare bits set in the signature",
	checkJSON:       "sub twice",
	checkCase:       "EXP instead of exp",
	checkAlgorithm:  "alg none, empty signature",
	checkAccepted:   "alg that the service does not accept, by a published key",
	checkCritical:   "b64 false, signed over the payload as it is",
	checkType:       "ID token for this service",
	checkContent:    "cty JWT around another good token",
	checkKeyID:      "kid that the issuer does not publish",
	checkEmbedded:   "jwk of the attacker",
	checkSignature:  "by another key under the issuer's kid",
	checkCache:      "jti of a token just let in, by another key",
	checkReplicated: "iss, aud and exp in the header only",
	checkIssuer:     "another issuer",
	checkAudience:   "another service",
	checkTime:       "expired",
	checkClaims:     "sub missing",
	checkBinding:    "bound to a DPoP key",
	checkScope:      "another scope",
	checkLarger:     "smaller scopes for the larger one",
	checkClientID:   "client that acts for itself",
	checkMark:       "no mark of users or clients",
	checkNoClient:   "mark of clients beside that of users",
	checkMarkType:   "mark of users in an array",
	checkRole:       "values of a set as scopes",
	checkRules:      "rule 4: another value",
	checkRuleType:   "rule 1: value in an array",
	checkDetail:     "details for another service",
	checkOneDetail:  "details in pieces",
	checkLists:      "details with a string for a list",
	checkDetails:    "details beside 64 others",
	checkActor:      "actor of another issuer",
	checkHistory:    "actor in the history alone",
	checkActs:       "act nested 9 deep",
	checkACR:        "acr in the other case",
	checkAge:        "login of last year in a token just issued",
}

// Attacks that two checks stand against, and why they are made all the same.
var severalChecks = map[string]string{
	"two parts":                      "has no signature, and so no third part",
	"dots alone":                     "has no claims",
	"empty header":                   "has no algorithm",
	"empty payload":                  "has no claims",
	"opaque token":                   "has no claims",
	"encrypted token":                "has no claims",
	"header is null":                 "has no algorithm",
	"payload is a string":            "has no claims",
	"payload is null":                "has no claims",
	"member of cnf twice":            "is bound as well; its row asks for it",
	"exp is NaN":                     "has no end; its row asks for it",
	"of an expired token broken too": "is about the order of checks",
	"too little scope and expired":   "is about the order of checks",
	"mark of clients alone":          "has no mark of users either",
	"act is a string":                "names no actor either; see TestAct",
	"scope is a string":              "is for lists of scopes; see TestScopesInEitherShape",
	"the token as its proof":         "has nothing of a proof",
	"proof with a symmetric key":     "is by another key",
	"unbound token under Bearer":     "is for services that require DPoP; see TestServicesWithDPoPThatAreWrong",
	"not bound where bound tokens alone are let in":              "is for calls for bound tokens; see TestBound",
	"actor where only the subject's own tokens are let in":       "is for calls without an actor; see TestAct",
	"another service in aud beside the claim that stands for it": "is for audiences elsewhere; see TestAudienceElsewhere",
}

// implies are the scopes of the services here that stand for others.
var implies = map[string][]string{"orders:admin": {"orders:read"}, "orders:list": {"orders:count"}}

// ofUsers is a call for users alone, and how the service tells them.
func ofUsers(scopes ...string) *refusals.Config {
	user := token.Mark{Claim: "idtyp", Values: []string{"user"}}
	var all []token.Mark
	for name, value := range rules {
		all = append(all, token.Mark{Claim: name, Values: []string{value}})
	}
	return &refusals.Config{
		Scopes:       scopes,
		ScopeImplies: implies,
		Good:         []tokentest.Edit{tokentest.Marked(user)},
		User:         true,
		Profile:      token.Profile{Rules: all, Users: []token.Mark{user}, Clients: []token.Mark{{Claim: "azpacr", Values: []string{"1"}}}},
	}
}

// detail is one that a call for clerks needs, and gateway the actor.
var detail = map[string]any{"type": "till", "actions": []string{"open", "close"}, "privileges": []string{"cash"}}

// roles are those that a call for clerks needs.
var roles = []string{"clerk", "cashier"}

// ofClerks is a call for users with some roles who have just signed in, and where the
// service finds the roles.
func ofClerks(scopes ...string) *refusals.Config {
	cfg := ofUsers(scopes...)
	cfg.Sets = map[string][]string{"roles": roles}
	cfg.Detail, cfg.Actor = detail, token.Actor{Subject: "gateway"}
	cfg.ACR, cfg.MaxAge = []string{"loa2"}, 5*time.Minute
	cfg.Profile.Sets = map[string][]token.Source{"roles": {{Path: []string{"realm_access", "roles"}}}}
	return cfg
}

// The suite finds every weak guard, and every attack finds one: it was refused
// for the one thing that is wrong with it and for nothing else.
func TestWeakGuards(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	t.Parallel()
	issuer := tokentest.NewIssuer(t, &tokentest.Options{Algorithms: []string{"ES256", "ES384"}})
	letIn := map[string]bool{}
	all := maps.Clone(weakGuards)
	maps.Copy(all, weakWithDPoP)
	for missing, attack := range all {
		admitted := admittedBy(t, issuer, missing)
		assert.Contains(t, admitted, attack, "without the check that %s", missing)
		for _, name := range admitted {
			letIn[name] = true
		}
	}
	for _, a := range refusals.Attacks() {
		if slices.Contains(aboutOpaque, a.Group) {
			continue // see TestWeakServicesForOpaqueTokens
		}
		_, several := severalChecks[a.Name]
		assert.Equal(t, !several && !onlyRSA[a.Name], letIn[a.Name], "%s: %s", a.Group, a.Name)
	}
}

var onlyRSA = map[string]bool{
	"HS256 with the RSA public key in PKCS 1":   true,
	"PSS with a salt of 20 bytes":               true,
	"PKCS 1 instead of PSS by the same RSA key": true,
}

func TestWeakGuardsOfRSA(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	t.Parallel()
	issuer := tokentest.NewIssuer(t, &tokentest.Options{Algorithms: []string{"PS256"}})
	admitted := slices.Concat(admittedBy(t, issuer, checkSignature), admittedBy(t, issuer, checkAlgorithm))
	for name := range onlyRSA {
		assert.Contains(t, admitted, name)
	}
}

func TestGuardThatIsNotWeak(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"ES256", "PS256"} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			issuer := tokentest.NewIssuer(t, &tokentest.Options{Algorithms: []string{algorithm, "ES384"}})
			assert.Empty(t, admittedBy(t, issuer, checkNothing))
		})
	}
}

// admittedBy runs the suite against a guard that leaves one check out.
func admittedBy(t *testing.T, issuer *tokentest.Issuer, missing check) (names []string) {
	t.Helper()
	scopes := []string{"orders:read", "orders:list"}
	guard := naive{issuer: issuer, scopes: scopes, without: missing, seen: map[string]bool{}, used: map[string]bool{}}
	needs := ofClerks(scopes...)
	needs.DPoP, needs.Certificate = atOrders(guard.replica().target()), tokentest.NewCertificate(t, nil)
	if _, ok := weakWithDPoP[missing]; ok {
		needs.Skip = otherGroups("dpop", "certificate")
	}
	results := refusals.Run(t.Context(), issuer, guard.target(), needs)
	for _, r := range results {
		require.NotErrorIs(t, r.Err, refusals.ErrRefused, "without the check that %s", missing)
		if errors.Is(r.Err, refusals.ErrAdmitted) {
			names = append(names, r.Attack.Name)
		}
	}
	return names
}

// otherGroups leaves out all attacks that are not of some groups.
func otherGroups(groups ...string) map[string]string {
	skip := map[string]string{}
	for _, a := range refusals.Attacks() {
		if !slices.Contains(groups, a.Group) {
			skip[a.Group] = "about something else"
		}
	}
	return skip
}

// Each attack is refused for the reason it is listed under: the check it is
// about is the one that finds it.
func TestReasonsOfRefusals(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"ES256", "PS256", "EdDSA"} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			issuer := tokentest.NewIssuer(t, &tokentest.Options{Algorithms: []string{algorithm, "ES384"}})
			policy := scope.All("orders:read", "orders:list").And(scope.User).And(scope.AllOf("roles", roles...)).And(
				scope.HasDetail(scope.Detail{Type: "till", Actions: []string{"open", "close"}, Privileges: []string{"cash"}})).And(
				scope.ActorIn(token.Actor{Issuer: issuer.Identifier(), Subject: "gateway"})).And(
				scope.ACR("loa2", "LOA3")).And(scope.MaxAge(5 * time.Minute))
			needs := ofClerks(policy.Scopes()...)
			checker, err := dpop.New(dpop.Config{Nonces: dpop.NewLocalNonces()})
			require.NoError(t, err)
			cfg := issuer.Config()
			cfg.Profile, cfg.ScopeImplies = needs.Profile, needs.ScopeImplies
			ofConnection, err := mtls.New(mtls.Config{})
			require.NoError(t, err)
			cfg.Confirmations = []token.ConfirmationChecker{ofConnection, checker}
			verifier, err := token.NewVerifier(cfg)
			require.NoError(t, err)
			guard := middleware.New(verifier, &middleware.Config{Resource: scope.Resource{BaseURLs: []string{"https://example.com"}}})

			var reasons []string
			call := tokentest.HTTPTarget(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, err := guard.Check(r, policy)
				reasons = append(reasons, token.Reason(err))
				if err != nil {
					guard.WriteError(w, r, err)
				}
			}), orders)
			needs.DPoP, needs.Certificate = atOrders(call), tokentest.NewCertificate(t, nil)
			needs.DPoP.URL = "https://example.com/orders"
			results := refusals.Run(t.Context(), issuer, call, needs)
			assert.Equal(t, "nonce", reasons[0])
			reasons = reasons[1:]
			for _, r := range results {
				require.NoError(t, r.Err, r.Attack.Name)
				first := r.Attack.Group == "cache" || strings.HasPrefix(r.Attack.Name, "proof replayed") ||
					r.Attack.Group == "implied scope" && r.Attack.Name != weakGuards[checkLarger]
				letIn := map[bool]int{true: 1}[first && r.Skipped == ""]
				if r.Attack.Group == "control" {
					letIn = 2 // of three
				}
				assert.Equal(t, slices.Repeat([]string{""}, letIn), reasons[:letIn], r.Attack.Name)
				reasons = reasons[letIn:]
				if r.Skipped == "" {
					assert.Contains(t, append(r.Attack.Reasons, ""), reasons[0], r.Attack.Name)
					assert.Equal(t, r.Answer.Admitted, reasons[0] == "", r.Attack.Name)
					reasons = reasons[1:]
				}
			}
		})
	}
}
