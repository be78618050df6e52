package refusals_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

// reasons are what token.Reason may say.
var reasons = strings.Fields(`missing request scope step_up denied unavailable keys_unavailable invalid malformed
	too_large algorithm critical type unknown_key signature issuer audience expired not_yet_valid claim inactive binding subject_unknown detail
	proof proof_missing proof_stale replay nonce introspection_unavailable`)

func TestAttacksAreDescribed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, a := range refusals.Attacks() {
		assert.False(t, seen[a.Name], "two attacks are called %q", a.Name)
		seen[a.Name] = true
		assert.NotEmpty(t, a.Group, a.Name)
		assert.NotEmpty(t, a.Why, a.Name)
		assert.NotZero(t, a.Want, a.Name)
		assert.NotEmpty(t, a.Reasons, a.Name)
		assert.Subset(t, reasons, a.Reasons, a.Name)
		if a.Row != "" {
			assert.Regexp(t, `^\d{4}-([0-9.]+|err)-\d+[a-z]?$`, a.Row, a.Name)
		}
	}
}

// refuseWith refuses in one way, for every reason.
func refuseWith(status int, challenge ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Www-Authenticate"] = challenge
		w.WriteHeader(status)
	}
}

// refusing is a service that tells good tokens from bad ones, and then refuses
// in its own way.
func refusing(t *testing.T, issuer *tokentest.Issuer, refuse http.HandlerFunc) tokentest.Target {
	t.Helper()
	verifier := newVerifier(t, issuer.Config())
	guard := middleware.New(verifier, nil)
	return tokentest.HTTPTarget(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := guard.Check(r, scope.User); err != nil {
			refuse(w, r)
		}
	}), nil)
}

func TestWrongAnswers(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	const invalid = `Bearer realm="api", error="invalid_token"`
	for name, test := range map[string]struct {
		refuse http.HandlerFunc
		attack string
		want   error
	}{
		"the right answer":          {refuseWith(401, invalid), "expired", nil},
		"with other parameters":     {refuseWith(401, `Bearer scope="a\"b, error=x", Error = invalid_token`), "expired", nil},
		"in a second challenge":     {refuseWith(401, `DPoP algs="ES256"`, invalid), "expired", nil},
		"the wrong status":          {refuseWith(403, invalid), "expired", refusals.ErrAnswer},
		"an outage":                 {refuseWith(503), "expired", refusals.ErrAnswer},
		"a fault of the service":    {refuseWith(500), "expired", refusals.ErrAnswer},
		"no challenge":              {refuseWith(401), "expired", refusals.ErrAnswer},
		"no error code":             {refuseWith(401, `Bearer realm="api"`), "expired", refusals.ErrAnswer},
		"another error code":        {refuseWith(401, `Bearer error="invalid_request"`), "expired", refusals.ErrAnswer},
		"an error for no token":     {refuseWith(401, invalid), "no credentials", refusals.ErrAnswer},
		"a redirect":                {refuseWith(302), "no credentials", refusals.ErrAdmitted},
		"a page of success":         {refuseWith(200), "expired", refusals.ErrAdmitted},
		"the token in the answer":   {echo, "expired", refusals.ErrEcho},
		"a panic":                   {func(http.ResponseWriter, *http.Request) { panic("x") }, "expired", refusals.ErrAnswer},
		"a connection that is shut": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "expired", refusals.ErrAnswer},
		"denied":                    {refuseWith(403), "client that acts for itself", nil},
		"denied with a challenge":   {refuseWith(403, `Bearer realm="api"`), "client that acts for itself", refusals.ErrAnswer},
		"denied as a bad token":     {refuseWith(401, invalid), "client that acts for itself", refusals.ErrAnswer},
		"a fetched key":             {fetchJKU(issuer), "jku of the attacker", refusals.ErrFetched},
	} {
		t.Run(name, func(t *testing.T) {
			results := refusals.Run(t.Context(), issuer, refusing(t, issuer, test.refuse), &refusals.Config{User: true})
			r := resultOf(t, results, test.attack)
			if test.want == nil {
				assert.NoError(t, r.Err)
				return
			}
			assert.ErrorIs(t, r.Err, test.want)
			assert.Contains(t, refusals.Report(results), "FAILED")
		})
	}
}

func echo(w http.ResponseWriter, r *http.Request) {
	raw := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	refuseWith(401, `Bearer error="invalid_token", error_description="`+raw+`"`)(w, r)
}

// fetchJKU refuses well, but only after it has done what the attacker wanted.
func fetchJKU(issuer *tokentest.Issuer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		guard := naive{issuer: issuer, without: checkEmbedded}
		guard.admits(r)
		refuseWith(401, `Bearer error="invalid_token"`)(w, r)
	}
}

func resultOf(t *testing.T, results []refusals.Result, name string) refusals.Result {
	t.Helper()
	for _, r := range results {
		if r.Attack.Name == name {
			return r
		}
	}
	require.Fail(t, "no such attack", name)
	return refusals.Result{}
}

// A service that refuses everything has passed no test.
func TestServiceThatRefusesTheGoodToken(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	closed := tokentest.HTTPTarget(refuseWith(401, `Bearer error="invalid_token"`), nil)
	results := refusals.Run(t.Context(), issuer, closed, nil)
	assert.ErrorIs(t, results[0].Err, refusals.ErrRefused)
	assert.ErrorIs(t, results[len(results)-1].Err, refusals.ErrRefused)
}

// Over gRPC there is a code, and there may be a challenge.
func TestAnswersOverGRPC(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	v := newVerifier(t, issuer.Config())
	for name, test := range map[string]struct {
		refused tokentest.Answer
		want    error
	}{
		"the right code":               {tokentest.Answer{Code: 16}, nil},
		"and the right challenge":      {tokentest.Answer{Code: 16, Challenge: []string{`Bearer error="invalid_token"`}}, nil},
		"and the wrong challenge":      {tokentest.Answer{Code: 16, Challenge: []string{`Bearer error="invalid_request"`}}, refusals.ErrAnswer},
		"the code of an identified":    {tokentest.Answer{Code: 7}, refusals.ErrAnswer},
		"the code of a broken service": {tokentest.Answer{Code: 13}, refusals.ErrAnswer},
		"success":                      {tokentest.Answer{Admitted: true}, refusals.ErrAdmitted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call := func(ctx context.Context, c tokentest.Credentials) tokentest.Answer {
				raw := strings.TrimPrefix(strings.Join(c.Authorization, ""), "Bearer ")
				if _, err := v.Authenticate(ctx, token.Bearer(raw)); err == nil {
					return tokentest.Answer{Admitted: true}
				}
				return test.refused
			}
			r := resultOf(t, refusals.Run(t.Context(), issuer, call, nil), "expired")
			assert.True(t, errors.Is(r.Err, test.want), "%v", r.Err)
		})
	}
}

func TestCredentialsThatCannotBeSent(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	call := tokentest.HTTPTarget(guarded(t, issuer.Config(), scope.Authenticated), nil)
	noQuery := func(ctx context.Context, c tokentest.Credentials) tokentest.Answer {
		if c.Query != nil {
			return tokentest.Answer{Unsent: true}
		}
		return call(ctx, c)
	}
	r := resultOf(t, refusals.Run(t.Context(), issuer, noQuery, nil), "good token in the query")
	assert.NoError(t, r.Err)
	assert.NotEmpty(t, r.Skipped)
}

func TestSkip(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	call := tokentest.HTTPTarget(guarded(t, issuer.Config(), scope.Authenticated), nil)
	results := refusals.Run(t.Context(), issuer, call, &refusals.Config{
		Skip: map[string]string{"expired": "for this test", "audience": "for this test as well"},
	})
	assert.Equal(t, "for this test", resultOf(t, results, "expired").Skipped)
	assert.Equal(t, "for this test as well", resultOf(t, results, "another service").Skipped)
	assert.Empty(t, resultOf(t, results, "another issuer").Skipped)

	results = refusals.Run(t.Context(), issuer, call, &refusals.Config{Skip: map[string]string{"exspired": ""}})
	require.Len(t, results, 1)
	assert.ErrorIs(t, results[0].Err, refusals.ErrSkip)
}

// Services whose good tokens and good calls are of other kinds.
func TestRefusalsOfOtherServices(t *testing.T) {
	t.Parallel()
	t.Run("of an issuer that predates RFC 9068", func(t *testing.T) {
		t.Parallel()
		issuer := tokentest.NewIssuer(t, nil)
		cfg := issuer.Config()
		cfg.Profile = token.LegacyProfile()
		refusals.Test(t, issuer, tokentest.HTTPTarget(guarded(t, cfg, scope.All("a")), nil), &refusals.Config{
			Scopes:  []string{"a"},
			Profile: cfg.Profile,
			Good:    []tokentest.Edit{tokentest.Type("JWT"), tokentest.WithoutClaim("client_id"), tokentest.WithoutClaim("jti")},
		})
	})
	t.Run("of which a token is optional", func(t *testing.T) {
		t.Parallel()
		issuer := tokentest.NewIssuer(t, nil)
		refusals.Test(t, issuer, tokentest.HTTPTarget(guarded(t, issuer.Config(), scope.Optional), nil),
			&refusals.Config{Optional: true})
	})
	t.Run("of an audience of its own", func(t *testing.T) {
		t.Parallel()
		const orders = "urn:example:orders"
		issuer := tokentest.NewIssuer(t, nil)
		refusals.Test(t, issuer, tokentest.HTTPTarget(guarded(t, issuer.Config(orders), scope.Authenticated), nil),
			&refusals.Config{Good: []tokentest.Edit{tokentest.Audience("https://first.example.com", orders)}})
	})
	t.Run("of an issuer on loopback", func(t *testing.T) {
		t.Parallel()
		issuer := tokentest.NewLoopbackIssuer(t, &tokentest.Options{Identifier: "https://login.test/t1"})
		cfg := issuer.Config()
		cfg.HTTPClient = nil
		refusals.Test(t, issuer, tokentest.HTTPTarget(guarded(t, cfg, scope.Any("a", "b")), nil),
			&refusals.Config{Scopes: []string{"a"}})
	})
	t.Run("for users alone", func(t *testing.T) {
		t.Parallel()
		issuer := tokentest.NewIssuer(t, nil)
		refusals.Test(t, issuer, tokentest.HTTPTarget(guarded(t, issuer.Config(), scope.User), nil),
			&refusals.Config{User: true})
	})
	t.Run("for some roles, in every shape", func(t *testing.T) {
		t.Parallel()
		for _, shape := range []token.Shape{token.ShapeDefault, token.ShapeWords, token.ShapeList, token.ShapeWordsOrList, token.ShapeTextOrList, token.ShapeKeys} {
			issuer := tokentest.NewIssuer(t, nil)
			cfg := issuer.Config()
			cfg.Profile.Sets = map[string][]token.Source{"roles": {{Path: []string{"resource.access", "roles"}, Shape: shape}}, "teams": {{Claim: "groups"}}}
			policy := scope.All("a").And(scope.AllOf("roles", "admin", "editor")).And(scope.AllOf("teams", "g"))
			needs := &refusals.Config{Scopes: []string{"a"}, Profile: cfg.Profile, Sets: map[string][]string{"roles": {"admin", "editor"}, "teams": {"g"}}}
			target := tokentest.HTTPTarget(guarded(t, cfg, policy), nil)
			for _, r := range refusals.Run(t.Context(), issuer, target, needs) {
				assert.NoError(t, r.Err, "%s: %s", shape, r.Attack.Name)
			}
		}
	})
	t.Run("of one algorithm", func(t *testing.T) {
		t.Parallel()
		issuer := tokentest.NewIssuer(t, &tokentest.Options{Algorithms: []string{"RS512", "ES256"}})
		cfg := issuer.Config()
		cfg.Algorithms = []string{"RS512"}
		refusals.Test(t, issuer, tokentest.HTTPTarget(guarded(t, cfg, scope.Authenticated), nil),
			&refusals.Config{Algorithms: cfg.Algorithms})
	})
}

// issuers are profiles of issuers that do not follow RFC 9068, with the attacks
// that they leave out.
var issuers = map[string]struct {
	profile token.Profile
	good    []tokentest.Edit
	skipped []string
}{
	"Keycloak": {
		profile: token.Profile{
			Types: []string{"JWT"}, ClientIDClaim: "azp",
			Users:   []token.Mark{{Claim: "preferred_username", Prefix: "service-account-", Not: true}},
			Clients: []token.Mark{{Claim: "preferred_username", Prefix: "service-account-"}},
		},
		skipped: []string{"typ JWT", "scope is a string"},
	},
	"Entra": {
		profile: token.Profile{
			Types: []string{"JWT"}, ScopeClaim: "scp", ClientIDClaim: "appid", Required: []string{"sub", "appid", "iat"},
			Users:   []token.Mark{{Claim: "idtyp", Values: []string{"user"}}},
			Clients: []token.Mark{{Claim: "idtyp", Values: []string{"app"}}},
		},
		skipped: []string{"typ JWT", "jti missing", "scope is a string", "scopes in the claim scp"},
	},
	"Okta": {
		profile: token.Profile{
			AllowMissingType: true, ScopeClaim: "scp", ScopeList: true, ClientIDClaim: "cid",
			Users: []token.Mark{{Claim: "uid", Present: true}},
		},
		skipped: []string{
			"typ missing", "scope is an array", "scopes in the claim scp",
			"mark of clients beside that of users", "mark of clients alone", "mark of users in an array",
		},
	},
	"Cognito": {
		profile: token.Profile{
			AllowMissingType: true, Required: []string{"sub", "client_id", "iat", "token_use"},
			Users: []token.Mark{{Claim: "username", Present: true}},
		},
		good: []tokentest.Edit{tokentest.Claim("token_use", "access")},
		skipped: []string{
			"typ missing", "jti missing", "scope is a string",
			"mark of clients beside that of users", "mark of clients alone", "mark of users in an array",
		},
	},
	"PingOne": {
		profile: token.Profile{
			AllowMissingType: true, Required: []string{"client_id", "scope", "iat"},
			Users: []token.Mark{{Claim: "sub", ClientID: true, Not: true}},
		},
		skipped: []string{
			"typ missing", "sub missing", "sub is empty", "jti missing", "scope is a string", "no scope claim",
			"mark of clients beside that of users", "mark of clients alone", "mark of users in an array",
			"Sub instead of sub", "sub with a long s instead of sub",
		},
	},
	"Auth0": {
		profile: token.Profile{
			Types: []string{"JWT"}, ClientIDClaim: "azp", Required: []string{"sub", "azp", "iat"},
			Users:   []token.Mark{{Claim: "sub", Prefix: "auth0|"}},
			Clients: []token.Mark{{Claim: "gty", Values: []string{"client-credentials"}}},
		},
		skipped: []string{"typ JWT", "jti missing", "scope is a string", "mark of users in an array"},
	},
}

// A service is attacked as its profile has it: nothing need be left out by name,
// and no attack is left out that the profile does not let in.
func TestRefusalsOfIssuersWithAProfile(t *testing.T) {
	t.Parallel()
	for name, row := range issuers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := tokentest.NewIssuer(t, &tokentest.Options{Algorithms: []string{"RS256", "ES384"}})
			cfg := issuer.Config()
			cfg.Profile, cfg.Algorithms = row.profile, []string{"RS256"}
			needs := &refusals.Config{
				Scopes: []string{"a", "b"}, User: true, Profile: row.profile, Good: row.good, Algorithms: cfg.Algorithms,
			}
			target := tokentest.HTTPTarget(guarded(t, cfg, scope.All("a", "b").And(scope.User)), nil)
			var skipped []string
			for _, r := range refusals.Run(t.Context(), issuer, target, needs) {
				assert.NoError(t, r.Err, r.Attack.Name)
				forOthers := slices.Contains([]string{"set", "rule", "detail", "actor", "implied scope", "step-up", "dpop", "certificate"}, r.Attack.Group) || slices.Contains(aboutOpaque, r.Attack.Group) // for services that ask for such
				if r.Skipped != "" && !forOthers {
					skipped = append(skipped, r.Attack.Name)
				}
			}
			assert.ElementsMatch(t, slices.Concat(ofOtherServices, row.skipped), skipped)
		})
	}
}

// ofOtherServices are attacks that do not apply to a service that accepts RS256
// and goes by aud.
var ofOtherServices = []string{
	"another service in aud beside the claim that stands for it", "not bound where bound tokens alone are let in",
	"in DER", "with R and S of the order of the curve", "PSS with a salt of 20 bytes", "PKCS 1 instead of PSS by the same RSA key",
}

// A service that reads scopes in either shape is found where the profile has
// them in a list.
func TestScopesInEitherShape(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	text, list := issuer.Config(), issuer.Config()
	list.Profile.ScopeList = true
	asText := tokentest.HTTPTarget(guarded(t, text, scope.All("a")), nil)
	asList := tokentest.HTTPTarget(guarded(t, list, scope.All("a")), nil)
	either := func(ctx context.Context, c tokentest.Credentials) tokentest.Answer {
		if answer := asText(ctx, c); answer.Admitted {
			return answer
		}
		return asList(ctx, c)
	}
	cfg := &refusals.Config{Scopes: []string{"a"}, Profile: list.Profile}
	assert.ErrorIs(t, resultOf(t, refusals.Run(t.Context(), issuer, either, cfg), "scope is a string").Err, refusals.ErrAdmitted)
}

// A service that takes the audience from a claim of its own withstands all attacks, and
// one that is content with one of the two claims is found.
func TestAudienceElsewhere(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	elsewhere := issuer.Config()
	elsewhere.Profile = token.Profile{AudienceClaim: "client_id", Rules: []token.Mark{{Claim: "token_use", Values: []string{"access"}}}}
	cfg := &refusals.Config{Profile: elsewhere.Profile}
	refusals.Test(t, issuer, tokentest.HTTPTarget(guarded(t, elsewhere, scope.Authenticated), nil), cfg)

	other := issuer.Config("https://other.example.com")
	asElsewhere := tokentest.HTTPTarget(guarded(t, elsewhere, scope.Authenticated), nil)
	asOther := tokentest.HTTPTarget(guarded(t, other, scope.Authenticated), nil)
	either := func(ctx context.Context, c tokentest.Credentials) tokentest.Answer {
		if answer := asElsewhere(ctx, c); answer.Admitted {
			return answer
		}
		return asOther(ctx, c)
	}
	const attack = "another service in aud beside the claim that stands for it"
	assert.ErrorIs(t, resultOf(t, refusals.Run(t.Context(), issuer, either, cfg), attack).Err, refusals.ErrAdmitted)
}

// Profiles with paths, shapes and several sources are attacked as they are.
func TestRefusalsOfShapes(t *testing.T) {
	t.Parallel()
	for name, profile := range map[string]token.Profile{
		"scopes at a path":  {Scopes: []token.Source{{Path: []string{"ext", "api.v1", "scopes"}, Shape: token.ShapeList}}},
		"scopes as keys":    {Scopes: []token.Source{{Claim: "rights", Shape: token.ShapeKeys}, {Claim: "scope"}}},
		"scopes either way": {Scopes: []token.Source{{Claim: "scope", Shape: token.ShapeWordsOrList}}},
		"rules": {Rules: []token.Mark{
			{Path: []string{"ext", "kind"}, Values: []string{"a", "b"}},
			{Claim: "verified", Shape: token.ShapeBoolean, Values: []string{"true"}},
			{Claim: "guest", Absent: true},
			{Claim: "groups", Shape: token.ShapeList, Values: []string{"staff"}},
		}},
		"more rules": {Rules: []token.Mark{
			{Claim: "anonymous", Shape: token.ShapeBoolean, Values: []string{"true"}, Not: true},
			{Claim: "sid", Present: true},
			{Claim: "kind", Prefix: "a", Not: true},
			{Claim: "owner", ClientID: true},
		}},
		"marks": {
			Rules: []token.Mark{{Claim: "kind", Values: []string{"user"}}},
			Users: []token.Mark{{Claim: "kind", Values: []string{"user"}}, {Path: []string{"ext", "person"}, Shape: token.ShapeBoolean, Values: []string{"true"}}},
		},
		"a mark at a path": {Users: []token.Mark{{Path: []string{"ext", "kind"}, Values: []string{"user"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := tokentest.NewIssuer(t, nil)
			cfg := issuer.Config()
			needs := &refusals.Config{Scopes: []string{"a", "b"}, Profile: profile, User: profile.Users != nil}
			cfg.Profile = profile
			policy := scope.All("a", "b")
			if needs.User {
				policy = policy.And(scope.User)
			}
			refusals.Test(t, issuer, tokentest.HTTPTarget(guarded(t, cfg, policy), nil), needs)
		})
	}
}

func TestRefusalsInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		issuer := tokentest.NewIssuer(t, nil)
		for _, r := range refusals.Run(t.Context(), issuer, tokentest.HTTPTarget(guarded(t, issuer.Config(), scope.Authenticated), nil), nil) {
			assert.NoError(t, r.Err, r.Attack.Name)
		}
	})
}

const (
	weakService   = "TOKENTEST_WEAK_SERVICE"
	closedService = "closed"
)

// A test that fails, for the next one to run.
func TestOfAWeakService(t *testing.T) {
	missing, ok := os.LookupEnv(weakService)
	if !ok {
		t.Skip("run by TestRefusalsFails")
	}
	issuer := tokentest.NewIssuer(t, nil)
	cfg := ofClerks("a", "b")
	guard := naive{issuer: issuer, scopes: cfg.Scopes, without: check(missing)}
	if missing == closedService {
		guard.scopes = []string{"c"}
	}
	refusals.Test(t, issuer, guard.target(), cfg)
}

// TestRefusals itself fails, names the attack and says why it is dangerous.
func TestRefusalsFails(t *testing.T) {
	t.Parallel()
	for _, missing := range []check{checkSignature, checkAudience, checkTime, checkAlgorithm, checkType} {
		t.Run(string(missing), func(t *testing.T) {
			t.Parallel()
			output := failingTest(t, string(missing))
			assert.Contains(t, output, weakGuards[missing]+": "+refusals.ErrAdmitted.Error())
			assert.Contains(t, output, "Why this is dangerous: ")
			assert.Contains(t, output, "VERDICT")
		})
	}
	t.Run("a service that lets no one in", func(t *testing.T) {
		t.Parallel()
		output := failingTest(t, closedService)
		assert.Contains(t, output, refusals.ErrRefused.Error())
		assert.NotContains(t, output, "VERDICT", "attacks on a closed service prove nothing")
	})
}

// failingTest runs TestOfAWeakService in a process of its own.
func failingTest(t *testing.T, service string) (output string) {
	t.Helper()
	run := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOfAWeakService$", "-test.v")
	run.Env = append(os.Environ(), weakService+"="+service)
	text, err := run.CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	return string(text)
}
