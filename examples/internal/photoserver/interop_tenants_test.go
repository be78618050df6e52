//go:build interop

package photoserver

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

const (
	entraConsumers = "9188040d-6c67-4c5b-b112-36a304b66dad"
	entraAnyKey    = "any" // the key that signs for every tenant
	entraOneKey    = "one" // the key that signs for entraConsumers
)

// checkSharedKeys has the tenants of Entra ID: one key set, whose keys say for
// which issuers they sign.
func checkSharedKeys(t *testing.T, common, own mockIssuer) {
	t.Helper()
	keys, err := jwks.NewRemote(jwks.RemoteConfig{URLs: []string{common.identifier + "/jwks"}})
	require.NoError(t, err)
	guards := newGuards(t, tenants(t, common.origin, keys, entraTenant, entraConsumers), entraPolicy())
	of := func(tenant string) string { return common.origin + "/" + tenant + "/v2.0" }
	by := func(kid, iss, tid string) string {
		return signedBy(t, kid, func() string { return common.app(t, edit{Claims: entraApp().with(members{"iss": iss, "tid": tid})}) })
	}
	app := seen{entraAppID, entraClient, token.SubjectClient, nil, map[string][]string{"roles": {"Photos.Count", "Photos.Read.All"}}}
	guards.check(t, map[string]presented{
		"a tenant":                    {by(entraAnyKey, of(entraTenant), entraTenant), admitted, app},
		"another tenant":              {by(entraAnyKey, of(entraConsumers), entraConsumers), admitted, app},
		"another tenant, by its key":  {by(entraOneKey, of(entraConsumers), entraConsumers), admitted, app},
		"by the key of another":       {raw: by(entraOneKey, of(entraTenant), entraTenant), want: unauthenticated("unknown_key")},
		"by keys that are not shared": {raw: own.app(t, edit{Claims: entraApp()}), want: unauthenticated("unknown_key")},
		"not listed":                  {raw: by(entraAnyKey, of(entraForeign), entraForeign), want: unauthenticated("issuer")},
		"not listed, tid listed":      {raw: by(entraAnyKey, of(entraForeign), entraTenant), want: unauthenticated("issuer")},
		"tid not listed":              {raw: by(entraAnyKey, of(entraTenant), entraForeign), want: unauthenticated("claim")},
		"tid of another tenant":       {raw: by(entraAnyKey, of(entraTenant), entraConsumers), want: unauthenticated("claim")},
		"in capital letters":          {raw: by(entraAnyKey, of(strings.ToUpper(entraTenant)), strings.ToUpper(entraTenant)), want: unauthenticated("issuer")},
		"with a slash more":           {raw: by(entraAnyKey, of(entraTenant)+"/", entraTenant), want: unauthenticated("issuer")},
		"with a slash before":         {raw: by(entraAnyKey, of("/"+entraTenant), entraTenant), want: unauthenticated("issuer")},
		"escaped":                     {raw: by(entraAnyKey, of("%61"+entraTenant[1:]), entraTenant), want: unauthenticated("issuer")},
		"version 1.0":                 {raw: by(entraAnyKey, of(entraTenant)[:len(of(entraTenant))-len("v2.0")], entraTenant), want: unauthenticated("issuer")},
		"the template itself":         {raw: by(entraAnyKey, of("{tenantid}"), entraTenant), want: unauthenticated("issuer")},
		"of the shared key set":       {raw: by(entraAnyKey, common.identifier, entraTenant), want: unauthenticated("issuer")},
	})
}

// checkOwnKeys has tenants whose keys are discovered one by one, as the realms of
// Keycloak have them.
func checkOwnKeys(t *testing.T, own, foreign mockIssuer) {
	t.Helper()
	app := seen{entraAppID, entraClient, token.SubjectClient, nil, map[string][]string{"roles": {"Photos.Count", "Photos.Read.All"}}}
	ours, theirs := edit{Claims: entraApp()}, edit{Claims: entraApp().with(members{"tid": entraForeign})}
	newGuards(t, tenants(t, own.origin, nil, entraTenant, entraForeign), entraPolicy()).check(t, map[string]presented{
		"one":                     {own.app(t, ours), admitted, app},
		"other":                   {foreign.app(t, theirs), admitted, app},
		"one, by the other's key": {raw: foreign.app(t, edit{Claims: ours.Claims.with(members{"iss": own.identifier})}), want: unauthenticated("unknown_key")},
		"one, tid of the other":   {raw: own.app(t, theirs), want: unauthenticated("claim")},
	})
	newGuards(t, tenants(t, own.origin, nil, entraTenant), entraPolicy()).check(t, map[string]presented{
		"one of one":     {own.app(t, ours), admitted, app},
		"other, unknown": {raw: foreign.app(t, theirs), want: unauthenticated("issuer")},
	})
}

// tenants is a Resolver of tenants that differ in the path of their issuers.
func tenants(t *testing.T, origin string, keys jwks.Source, values ...string) *token.Resolver {
	t.Helper()
	cfg := entra("")
	cfg.Keys = keys
	cfg.Profile.Rules = cfg.Profile.Rules[:1] // the version; the Template has the tenant
	r, err := token.NewResolver(token.ResolverConfig{Templates: []token.Template{
		{Issuer: origin + "/{tenantid}/v2.0", Values: values, Claim: "tid", Config: cfg},
	}})
	require.NoError(t, err)
	return r
}

// signedBy asks until a token is signed by the key: the server takes turns.
func signedBy(t *testing.T, kid string, issue func() string) string {
	t.Helper()
	for range 50 {
		raw := issue()
		text, err := base64.RawURLEncoding.DecodeString(strings.SplitN(raw, ".", 2)[0])
		require.NoError(t, err)
		var header struct{ Kid string }
		require.NoError(t, json.Unmarshal(text, &header))
		if header.Kid == kid {
			return raw
		}
	}
	t.Fatalf("no token is signed by %s", kid)
	return ""
}

func at(path string) *string { return &path }
