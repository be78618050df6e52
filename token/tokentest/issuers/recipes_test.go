package issuers_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/settings"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

// recipe is the other half of what a page says.
type recipe struct {
	shape issuers.Shape
	// more are the tokens of further rows, by the name that the page gives them.
	more map[string]tokentest.Edit
	// scopes are what the refusal suite asks for, and the good token of the
	// suite is a user's or, if machine is set, a machine's.
	scopes  []string
	machine bool
	// good is what else the good token of the suite has. Dex issues none, so that
	// its settings are attacked with a token that they would accept.
	good tokentest.Edit
}

// photosAPI is the audience in most recipes.
const photosAPI = "https://photos.example.com"

// opaque is a token that tells a service nothing.
var opaque = tokentest.Compact(func(string) string { return "8xLOxBtZp8kT3yWq" })

// recipes are all of them.
func recipes() map[string]recipe {
	all := map[string]recipe{}
	for _, r := range slices.Concat(
		adfsRecipes(),
		auth0Recipes(),
		autheliaRecipes(),
		authentikRecipes(),
		cognitoRecipes(),
		dexRecipes(),
		duendeRecipes(),
		entraRecipes(),
		firebaseRecipes(),
		githubRecipes(),
		googleRecipes(),
		hydraRecipes(),
		keycloakRecipes(),
		kubernetesRecipes(),
		oktaRecipes(),
		pingRecipes(),
		springRecipes(),
		supabaseRecipes(),
		zitadelRecipes(),
	) {
		all[r.shape.Name] = r
	}
	return all
}

// Each recipe has its settings on a page, and each shape has a recipe.
func TestPages(t *testing.T) {
	t.Parallel()
	byName := slices.Sorted(maps.Keys(recipes()))
	assert.Equal(t, slices.Sorted(maps.Keys(readPages(t))), byName)
	var shapes []string
	for _, s := range issuers.All() {
		shapes = append(shapes, s.Name)
	}
	slices.Sort(shapes)
	assert.Equal(t, shapes, byName)
}

// The settings accept and refuse the tokens of the issuer as the page says.
func TestRecipes(t *testing.T) {
	t.Parallel()
	for name, w := range readPages(t) {
		r := recipes()[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, seen := r.serve(t, w), &outcome{}
			for transport, target := range overBoth(t, s.auth, scope.Authenticated, seen) {
				for _, want := range w.rows {
					assert.Equal(t, want, s.try(t, target, want.token, seen), "over %s", transport)
				}
			}
			r.wantsRows(t, w.rows)
		})
	}
}

// wantsRows finds kinds of tokens that the page is silent about.
func (r recipe) wantsRows(t *testing.T, rows []row) {
	t.Helper()
	var said, want []string
	for _, each := range rows {
		said = append(said, each.token)
	}
	for name := range r.tokens() {
		want = append(want, name)
	}
	assert.ElementsMatch(t, want, said)
}

// tokens are those of the rows of the page.
func (r recipe) tokens() map[string]tokentest.Edit {
	all := map[string]tokentest.Edit{
		"user": r.shape.Access, "machine": r.shape.Machine, "ID token": r.shape.ID, "refresh token": r.shape.Refresh,
	}
	maps.Copy(all, r.more)
	return all
}

// service is an issuer, and what the settings on a page make of its tokens.
type service struct {
	recipe
	issuer  *tokentest.Issuer
	auth    token.Authenticator
	profile token.Profile
}

// serve reads the settings. Only the network is not real, and the files that a
// pod has for it.
func (r recipe) serve(t *testing.T, w written) *service {
	t.Helper()
	file, err := settings.Parse([]byte(w.settings))
	require.NoError(t, err)
	require.Len(t, file.Issuers, 1)
	s := &service{recipe: r, issuer: tokentest.NewIssuer(t, &r.shape.Options), profile: file.Issuers[0].Config.Profile}
	keys := &file.Issuers[0].Keys
	keys.Remote.HTTPClient, keys.Remote.TokenFile, keys.RootCAsFile = s.issuer.Client(), "", ""
	if keys.Remote.URLs != nil {
		keys.Remote.URLs = []string{s.issuer.KeysURL()}
	}
	s.auth, err = file.Authenticator()
	require.NoError(t, err)
	return s
}

// try is the row that a service would write.
func (s *service) try(t *testing.T, target tokentest.Target, kind string, seen *outcome) row {
	t.Helper()
	edit, known := s.tokens()[kind]
	require.True(t, known, "the page names the unknown token %q", kind)
	raw, minted := mintIfAny(s.issuer, edit)
	if !minted {
		return row{token: kind, answer: "none"}
	}
	got := present(t, target, raw, seen)
	if got.err != nil {
		return row{token: kind, answer: token.Reason(got.err)}
	}
	return row{
		token:   kind,
		answer:  "accepted",
		subject: got.token.SubjectKind().String(),
		client:  got.token.ClientID(),
		scopes:  strings.Join(got.token.Scopes(), " "),
		sets:    s.sets(got.token),
	}
}

// sets are the other rights of a token: "groups: a b; roles: unknown".
func (s *service) sets(tok *token.Token) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(s.profile.Sets)) {
		switch values, known := tok.Values(name); {
		case !known:
			parts = append(parts, name+": unknown")
		case len(values) > 0:
			parts = append(parts, name+": "+strings.Join(values, " "))
		}
	}
	return strings.Join(parts, "; ")
}

// mintIfAny mints a token, if the issuer has such tokens.
func mintIfAny(issuer *tokentest.Issuer, edit tokentest.Edit) (raw string, ok bool) {
	defer func() { ok = recover() == nil }()
	return issuer.Token(edit), true
}

// No attack gets past the settings.
func TestRefusals(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	t.Parallel()
	for name, w := range readPages(t) {
		r := recipes()[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := r.serve(t, w)
			policy, needs := s.needs(t)
			for transport, target := range overBoth(t, s.auth, policy, &outcome{}) {
				t.Run(transport, func(t *testing.T) { refusals.Test(t, s.issuer, target, needs) })
			}
		})
	}
}

// needs is a policy that asks for all that the settings can prove, and that a
// token of the issuer has.
func (s *service) needs(t *testing.T) (scope.Policy, *refusals.Config) {
	t.Helper()
	kind := s.shape.Access
	if s.machine {
		kind = s.shape.Machine
	}
	needs := &refusals.Config{
		Scopes: s.scopes, Profile: s.profile, User: !s.machine && len(s.profile.Users) > 0,
		Good: []tokentest.Edit{kind, s.good},
	}
	policy := scope.Authenticated
	if len(s.scopes) > 0 {
		policy = scope.All(s.scopes...)
		needs.Good = append(needs.Good, tokentest.Scope(s.scopes...))
	}
	if needs.User {
		policy = policy.And(scope.User)
	}
	good, err := s.auth.Authenticate(t.Context(), token.Bearer(s.issuer.Token(needs.Good...)))
	require.NoError(t, err)
	needs.Sets = map[string][]string{}
	for set := range s.profile.Sets {
		if values, _ := good.Values(set); len(values) > 0 {
			needs.Sets[set] = values
			policy = policy.And(scope.AllOf(set, values...))
		}
	}
	return policy, needs
}
