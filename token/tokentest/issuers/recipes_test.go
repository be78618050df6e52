package issuers_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
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
	// config is the settings of the page in Go, without issuer and audience.
	config token.Config
	// template is for settings for many issuers, with config for each of them.
	template *token.Template
	// keys is where the settings of the page find the keys, if not by discovery.
	keys map[string]any
	// more are the tokens of further rows, by the name that the page gives them.
	more map[string]tokentest.Edit
	// scopes are what the refusal suite asks for, and the good token of the
	// suite is a user's or, if machine is set, a machine's.
	scopes  []string
	machine bool
}

// photosAPI is the audience in most recipes.
const photosAPI = "https://photos.example.com"

// opaque is a token that tells a service nothing.
var opaque = tokentest.Compact(func(string) string { return "8xLOxBtZp8kT3yWq" })

// recipes are all of them.
func recipes() map[string]recipe {
	all := map[string]recipe{}
	for _, r := range slices.Concat(
		auth0Recipes(),
		cognitoRecipes(),
		entraRecipes(),
		firebaseRecipes(),
		googleRecipes(),
		keycloakRecipes(),
		oktaRecipes(),
		supabaseRecipes(),
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
			issuer, auth := r.serve(t, w)
			seen := &outcome{}
			for transport, target := range overBoth(t, auth, scope.Authenticated, seen) {
				for _, want := range w.rows {
					assert.Equal(t, want, r.try(t, issuer, target, want.token, seen), "over %s", transport)
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

// serve is the issuer, and what a service makes of the settings on the page. Only
// the network between them is not real.
func (r recipe) serve(t *testing.T, w written) (*tokentest.Issuer, token.Authenticator) {
	t.Helper()
	issuer := tokentest.NewIssuer(t, &r.shape.Options)
	if r.template != nil {
		cfg := r.config
		cfg.Audience = r.shape.Options.Audience
		return issuer, r.resolver(t, issuer, cfg)
	}
	file, err := settings.Parse([]byte(w.settings))
	require.NoError(t, err)
	cfg := file.Issuers[0].Config
	cfg.HTTPClient = issuer.Client()
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	return issuer, verifier
}

func (r recipe) resolver(t *testing.T, issuer *tokentest.Issuer, cfg token.Config) token.Authenticator {
	t.Helper()
	keys, err := jwks.NewRemote(jwks.RemoteConfig{URLs: []string{issuer.KeysURL()}, HTTPClient: issuer.Client()})
	require.NoError(t, err)
	template := *r.template
	cfg.Keys = keys
	template.Config = cfg
	resolver, err := token.NewResolver(token.ResolverConfig{Templates: []token.Template{template}})
	require.NoError(t, err)
	return resolver
}

// try is the row that a service would write.
func (r recipe) try(t *testing.T, issuer *tokentest.Issuer, target tokentest.Target, kind string, seen *outcome) row {
	t.Helper()
	edit, known := r.tokens()[kind]
	require.True(t, known, "the page names the unknown token %q", kind)
	raw, minted := mintIfAny(issuer, edit)
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
		sets:    r.sets(got.token),
	}
}

// sets are the other rights of a token: "groups: a b; roles: unknown".
func (r recipe) sets(tok *token.Token) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(r.config.Profile.Sets)) {
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
	t.Parallel()
	for name, w := range readPages(t) {
		r := recipes()[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer, auth := r.serve(t, w)
			policy, needs := r.needs()
			for transport, target := range overBoth(t, auth, policy, &outcome{}) {
				t.Run(transport, func(t *testing.T) { refusals.Test(t, issuer, target, needs) })
			}
		})
	}
}

// needs is a policy that asks for all that the settings can prove.
func (r recipe) needs() (scope.Policy, *refusals.Config) {
	kind := r.shape.Access
	if r.machine {
		kind = r.shape.Machine
	}
	needs := &refusals.Config{
		Scopes: r.scopes, Profile: r.config.Profile, User: !r.machine && len(r.config.Profile.Users) > 0,
		Good: []tokentest.Edit{kind},
	}
	policy := scope.Authenticated
	if len(r.scopes) > 0 {
		policy = scope.All(r.scopes...)
		needs.Good = append(needs.Good, tokentest.Scope(r.scopes...))
	}
	if needs.User {
		policy = policy.And(scope.User)
	}
	return policy, needs
}
