package middleware_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// issuerAt is a Verifier for an issuer that is never asked for keys.
func issuerAt(tb testing.TB, issuer string, change func(*token.Config)) *token.Verifier {
	tb.Helper()
	cfg := token.Config{Issuer: issuer, Audience: []string{photos}, Keys: noKeys{}}
	if change != nil {
		change(&cfg)
	}
	v, err := token.NewVerifier(cfg)
	require.NoError(tb, err)
	return v
}

func audience(list ...string) func(*token.Config) {
	return func(c *token.Config) { c.Audience = list }
}

func boundBy(method string) func(*token.Config) {
	return func(c *token.Config) { c.Confirmations = []token.ConfirmationChecker{binding(method)} }
}

type binding string

func (b binding) Method() string { return string(b) }

func (binding) Check(context.Context, *token.Token, token.Presentation) error {
	return token.ErrBinding
}

// schemed is an Authenticator of one issuer with schemes of its own.
type schemed struct {
	judge
	schemes []token.Scheme
}

func (s schemed) Schemes() []token.Scheme { return s.schemes }

func resolverOf(tb testing.TB, resolves bool, templates ...string) *token.Resolver {
	tb.Helper()
	var cfg token.ResolverConfig
	for _, t := range templates {
		cfg.Templates = append(cfg.Templates, token.Template{Issuer: t, AnyValue: true, Config: token.Config{Audience: []string{photos}}})
	}
	if resolves {
		cfg.Allow = func(string) bool { return true }
		cfg.Resolve = func(context.Context, string) (token.Authenticator, error) { return nil, token.ErrIssuer }
	}
	r, err := token.NewResolver(cfg)
	require.NoError(tb, err)
	return r
}

// What the document says follows from the settings.
func TestMetadataFollowsSettings(t *testing.T) {
	t.Parallel()
	const a, b = "https://a.example", "https://b.example/t"
	ab := token.ByIssuer(map[string]token.Authenticator{b: issuerAt(t, b, audience("other", photos)), a: issuerAt(t, a, nil), "internal": says(nil, nil)})
	algs := []token.Param{{Name: "algs", Value: "ES256 EdDSA"}}
	inSchemes := func(schemes ...token.Scheme) token.Authenticator {
		return token.ByIssuer(map[string]token.Authenticator{a: schemed{says(nil, nil), schemes}})
	}
	one := issuerAt(t, a, nil)
	const base = `"resource":"` + photos + `"`
	const usual = base + `,"authorization_servers":["https://a.example"],"bearer_methods_supported":["header"]`
	for name, row := range map[string]struct {
		auth     token.Authenticator
		settings *middleware.Metadata
		policies []scope.Policy
		want     string
	}{
		"C_9728-3.2-2 no scopes": {one, nil, nil, usual},
		"C_9728-3.2-2 empty lists": {one, &middleware.Metadata{
			Names: map[string]string{"fr": ""}, Scopes: []string{}, Details: []string{}, ResponseAlgorithms: []string{}, Extra: map[string]any{"a": nil, "b": []int{}},
		}, nil, usual},
		"C_MCP-1 issuers, sorted": {ab, nil, nil, base + `,"authorization_servers":["https://a.example","https://b.example/t"],"bearer_methods_supported":["header"]`},
		"C_9728-2-2 C_MCP-8 scopes": {one, &middleware.Metadata{Scopes: []string{"z", "a"}, Policies: []scope.Policy{scope.All("rpc"), scope.Public, {}}},
			[]scope.Policy{scope.All("b", "offline_access"), scope.Any("a", "c").Or(scope.User.And(scope.All("d")))}, usual + `,"scopes_supported":["a","b","c","d","rpc","z"]`},
		"C_MCP-8 no other scope":                  {one, nil, []scope.Policy{scope.All("offline_access")}, usual},
		"scopes left out":                         {one, &middleware.Metadata{OmitScopes: true}, []scope.Policy{scope.All("b")}, usual},
		"scopes with special characters":          {one, nil, []scope.Policy{scope.All(`https://x/a&b<c>'d`)}, usual + `,"scopes_supported":["https://x/a&b<c>'d"]`},
		"C_9728-2-3 DPoP alone":                   {inSchemes(token.Scheme{Name: "dpop", Params: algs}), nil, nil, base + `,"authorization_servers":["https://a.example"],"bearer_methods_supported":[],"dpop_bound_access_tokens_required":true,"dpop_signing_alg_values_supported":["ES256","EdDSA"]`},
		"C_9728-2-5 DPoP as well":                 {inSchemes(token.Scheme{Name: "Bearer"}, token.Scheme{Name: "DPoP", Params: algs}), nil, nil, usual + `,"dpop_signing_alg_values_supported":["ES256","EdDSA"]`},
		"C_9728-2-3 neither":                      {inSchemes(token.Scheme{Name: "Own", Params: algs}), nil, nil, base + `,"authorization_servers":["https://a.example"],"bearer_methods_supported":[]`},
		"C_9728-2-5 certificates":                 {issuerAt(t, a, boundBy("x5t#S256")), nil, nil, usual + `,"tls_client_certificate_bound_access_tokens":true`},
		"C_9728-2-5 another binding":              {issuerAt(t, a, boundBy("own")), nil, nil, usual},
		"C_9728-2-5 types of details":             {one, &middleware.Metadata{Details: []string{"payment", "account", "payment"}}, nil, usual + `,"authorization_details_types_supported":["account","payment"]`},
		"a template beside an issuer":             {token.ByIssuer(map[string]token.Authenticator{a: one, "x": resolverOf(t, false, "https://t.example/{t}")}), nil, nil, usual},
		"a template, and who stands for it":       {resolverOf(t, false, "https://t.example/{t}"), &middleware.Metadata{AuthorizationServers: []string{"https://t.example/common"}}, nil, base + `,"authorization_servers":["https://t.example/common"],"bearer_methods_supported":["header"]`},
		"a Resolve function, and others":          {resolverOf(t, true, "https://t.example/{t}"), &middleware.Metadata{AuthorizationServers: []string{a}}, nil, usual},
		"an Authenticator of one's own":           {says(nil, nil), &middleware.Metadata{AuthorizationServers: []string{a, a}}, nil, usual},
		"an issuer that is no URL, and its place": {issuerAt(t, "accounts", nil), &middleware.Metadata{AuthorizationServers: []string{a}}, nil, usual},
		"all that is told": {one, &middleware.Metadata{
			Name: "Photos", Names: map[string]string{"fr": "Les photos", "zh-Hant-TW": "相片"}, PolicyURI: "https://x.example/p?a&b", PolicyURIs: map[string]string{"de": "https://x.example/de"},
			TermsURI: "http://x.example/t", TermsURIs: map[string]string{"de": "https://x.example/t-de"}, KeysURL: "https://x.example/keys", ResponseAlgorithms: []string{"ES256"},
			Extra: map[string]any{"x_size": 7, "resource_logo#de": "é"},
		}, nil, usual + `,"resource_name":"Photos","resource_name#fr":"Les photos","resource_name#zh-Hant-TW":"相片","resource_policy_uri":"https://x.example/p?a&b","resource_policy_uri#de":"https://x.example/de",
			"resource_tos_uri":"http://x.example/t","resource_tos_uri#de":"https://x.example/t-de","jwks_uri":"https://x.example/keys","resource_signing_alg_values_supported":["ES256"],"x_size":7,"resource_logo#de":"é"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := publishingBy(row.auth, photos).Describe(row.settings, row.policies...)
			require.NoError(t, err)
			text, err := d.JSON()
			require.NoError(t, err)
			assert.JSONEq(t, "{"+row.want+"}", string(text))
		})
	}
}

func TestMetadataDocumentation(t *testing.T) {
	t.Parallel()
	m := middleware.New(issuerAt(t, "https://a.example", nil), &middleware.Config{
		Resource: scope.Resource{Identifier: photos, PublishesMetadata: true, Documentation: "https://x.example/docs"},
	})
	d, err := m.Describe(nil)
	require.NoError(t, err)
	assert.Equal(t, "https://x.example/docs", documentOf(t, d, atPhotos)["resource_documentation"])
}

// A document that would contradict the guard, or that no client could use, is a
// fault at the start.
func TestMetadataRefused(t *testing.T) {
	t.Parallel()
	const a = "https://a.example"
	one := issuerAt(t, a, nil)
	template := resolverOf(t, false, "https://t.example/{t}")
	servers := func(list ...string) *middleware.Metadata {
		return &middleware.Metadata{AuthorizationServers: list}
	}
	extra := func(name string, value any) *middleware.Metadata {
		return &middleware.Metadata{Extra: map[string]any{name: value}}
	}
	for name, row := range map[string]struct {
		auth     token.Authenticator
		settings *middleware.Metadata
		says     string
	}{
		"C_9728-2-1 identifier is no audience": {issuerAt(t, a, audience("https://photos.example.com", photos+"/")), nil, `issuer "https://a.example" are for ["https://photos.example.com" "https://photos.example.com/v1/"], want Resource.Identifier "https://photos.example.com/v1"`},
		"C_9728-2-1 nor one of several":        {token.ByIssuer(map[string]token.Authenticator{a: one, "https://b.example": issuerAt(t, "https://b.example", audience("x"))}), nil, "Config.Audience"},
		"C_MCP-1 no issuer":                    {token.ByIssuer(nil), nil, "clients would not know where"},
		"C_MCP-1 a template alone":             {template, nil, "no issuer is known as an https URL"},
		"C_MCP-1 a Resolve function":           {resolverOf(t, true), nil, "no issuer is known"},
		"C_MCP-1 one's own":                    {says(nil, nil), nil, "no issuer is known"},
		"C_MCP-1 an issuer by http":            {issuerAt(t, "http://a.example", nil), nil, "no issuer is known"},
		"listed beside known issuers":          {one, servers(a), "the issuers are known"},
		"listed, and no such template":         {template, servers("https://evil.example/common"), "fits no issuer"},
		"listed by http":                       {template, servers("http://t.example/common"), "is no https URL"},
		"listed with a query":                  {template, servers("https://t.example/common?x"), "is no https URL"},
		"listed as a template":                 {template, servers("https://t.example/{t}"), "is no https URL"},
		"listed with a user":                   {template, servers("https://u@t.example/common"), "is no https URL"},

		"C_MCP-8 offline access":         {one, &middleware.Metadata{Scopes: []string{"a", "offline_access"}}, "Scopes"},
		"a scope with a space":           {one, &middleware.Metadata{Scopes: []string{"a b"}}, "Scopes"},
		"scopes, and none":               {one, &middleware.Metadata{Scopes: []string{"a"}, OmitScopes: true}, "OmitScopes"},
		"an empty type":                  {one, &middleware.Metadata{Details: []string{""}}, "Details"},
		"C_9728-2-4 keys by http":        {one, &middleware.Metadata{KeysURL: "http://x.example/keys"}, "KeysURL"},
		"C_9728-2-4 keys at a path":      {one, &middleware.Metadata{KeysURL: "/keys"}, "KeysURL"},
		"C_9728-2-4 no signature":        {one, &middleware.Metadata{ResponseAlgorithms: []string{"ES256", "None"}}, "ResponseAlgorithms"},
		"C_9728-2-4 an empty algorithm":  {one, &middleware.Metadata{ResponseAlgorithms: []string{""}}, "ResponseAlgorithms"},
		"a page with a password":         {one, &middleware.Metadata{PolicyURI: "https://a:b@x/"}, "PolicyURI"},
		"keys with a password":           {one, &middleware.Metadata{KeysURL: "https://a:b@x/"}, "KeysURL"},
		"a page that is a script":        {one, &middleware.Metadata{PolicyURI: "javascript://x/%0aalert(1)"}, "PolicyURI"},
		"a relative page":                {one, &middleware.Metadata{TermsURI: "/terms"}, "TermsURI"},
		"a page of a language":           {one, &middleware.Metadata{TermsURIs: map[string]string{"de": "/terms"}}, "TermsURIs"},
		"another page of a language":     {one, &middleware.Metadata{PolicyURIs: map[string]string{"de": "ftp://x"}}, "PolicyURIs"},
		"no language":                    {one, &middleware.Metadata{Names: map[string]string{"": "x"}}, "Names"},
		"a language with a part to long": {one, &middleware.Metadata{Names: map[string]string{"de-abcdefghi": "x"}}, "Names"},
		"a language with a line break":   {one, &middleware.Metadata{Names: map[string]string{"de\n": "x"}}, `"de\n"`},
		"a member of the RFC":            {one, extra("resource", "https://evil.example"), "Extra"},
		"with a language":                {one, extra("resource_name#de", "x"), "Extra"},
		"a signed document":              {one, extra("signed_metadata", "x"), "Extra"},
		"a claim":                        {one, extra("iss", "x"), "Extra"},
		"no name":                        {one, extra("", "x"), "Extra"},
		"a name that does not print":     {one, extra("a\x00", "x"), "Extra"},
		"a value without JSON":           {one, extra("x", func() {}), "Extra"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := publishingBy(row.auth, photos)
			_, err := m.Describe(row.settings)
			require.ErrorIs(t, err, token.ErrConfig)
			assert.ErrorContains(t, err, row.says)
			assertConfigPanic(t, func() { m.NewMux().HandleMetadata(row.settings) })
		})
	}
	require.NoError(t, (*middleware.Metadata)(nil).Validate())
	require.NoError(t, new(middleware.Metadata).Validate())
	require.ErrorIs(t, (&middleware.Metadata{Scopes: []string{"offline_access"}}).Validate(), token.ErrConfig)
}

// The document follows what changes while the service runs, and nothing else.
// Requests look for changes ten times a second, since anyone can make them, and JSON
// always.
func TestMetadataFollowsChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, followsChanges)
}

func followsChanges(t *testing.T) {
	const soon = 100 * time.Millisecond
	const a, b, c = "https://a.example", "https://b.example", "https://c.example"
	issuers := token.ByIssuer(map[string]token.Authenticator{a: issuerAt(t, a, nil)})
	settings := &middleware.Metadata{Name: "Photos", Names: map[string]string{"de": "Fotos"}, Scopes: []string{"z"}, Extra: map[string]any{"list": []string{"x"}}}
	mux := publishingBy(issuers, photos).NewMux()
	described := mux.HandleMetadata(settings)
	settings.Scopes[0], settings.Names["de"], settings.Extra["list"].([]string)[0] = "changed", "changed", "changed"
	want := map[string]any{
		"resource": photos, "resource_name": "Photos", "resource_name#de": "Fotos", "bearer_methods_supported": []any{"header"}, "list": []any{"x"},
		"authorization_servers": []any{a}, "scopes_supported": []any{"z"},
	}
	assert.Equal(t, want, documentOf(t, mux, atPhotos))

	mux.Handle("GET /photos", scope.All("photos:read"), subject)
	assert.Equal(t, want, documentOf(t, mux, atPhotos), "a moment ago")
	time.Sleep(soon - 1)
	assert.Equal(t, want, documentOf(t, mux, atPhotos), "a moment ago")
	time.Sleep(time.Nanosecond)
	want["scopes_supported"] = []any{"photos:read", "z"}
	assert.Equal(t, want, documentOf(t, mux, atPhotos))

	text, err := described.JSON()
	require.NoError(t, err)
	text[0] = 'x'
	assert.Equal(t, want, documentOf(t, mux, atPhotos), "callers of JSON get a copy")

	require.NoError(t, issuers.Replace(map[string]token.Authenticator{
		b: issuerAt(t, b, boundBy("x5t#S256")), c: issuerAt(t, c, func(cfg *token.Config) { audience("elsewhere")(cfg); boundBy("y")(cfg) }),
	}))
	time.Sleep(soon)
	want["authorization_servers"], want["tls_client_certificate_bound_access_tokens"] = []any{b}, true
	assert.Equal(t, want, documentOf(t, mux, atPhotos), "tokens of the third are for something else")

	require.NoError(t, issuers.Replace(nil))
	time.Sleep(soon)
	delete(want, "authorization_servers")
	delete(want, "tls_client_certificate_bound_access_tokens")
	assert.Equal(t, want, documentOf(t, mux, atPhotos))
	var members map[string]json.RawMessage
	text, err = described.JSON()
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &members))
}

// noKeys is a source of keys that has none.
type noKeys struct{}

func (noKeys) Keys(context.Context, string) ([]jwks.Key, error) { return nil, jwks.ErrNotFound }
