package token_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

const (
	entra   = "https://login.example.com/{tenantid}/v2.0"
	acme    = "11111111-2222-3333-4444-5555555abcde"
	globex  = "99999999-2222-3333-4444-555555555555"
	unasked = "9188040d-6c67-4c5b-b112-36a304b66dad"
)

func tenant(tid string) string { return "https://login.example.com/" + tid + "/v2.0" }

// shared are settings for issuers with the same keys.
func shared(edit func(*token.Template)) token.Template {
	cfg := config()
	cfg.Issuer = ""
	t := token.Template{Issuer: entra, Values: []string{acme, globex}, Claim: "tid", Config: cfg}
	if edit != nil {
		edit(&t)
	}
	return t
}

func fromTemplates(t testing.TB, templates ...token.Template) *token.Resolver {
	t.Helper()
	r, err := token.NewResolver(token.ResolverConfig{Templates: templates})
	require.NoError(t, err)
	return r
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	guid := func(t *token.Template) { t.Values, t.Allow = nil, token.IsGUID }
	anyone := func(t *token.Template) { t.Values, t.AnyValue, t.Claim = nil, true, "" }
	of := func(iss, tid string) string { return tokenOf(iss, "tid", tid) }
	for name, c := range map[string]struct {
		raw  string
		edit func(*token.Template)
		want error
	}{
		"a tenant":                    {of(tenant(acme), acme), nil, nil},
		"another":                     {of(tenant(globex), globex), nil, nil},
		"one that is not listed":      {of(tenant(unasked), unasked), nil, token.ErrIssuer},
		"tid of another tenant":       {of(tenant(acme), globex), nil, token.ErrClaim},
		"no tid":                      {tokenOf(tenant(acme)), nil, token.ErrClaim},
		"tid in an array":             {tokenOf(tenant(acme), "tid", []string{acme}), nil, token.ErrClaim},
		"listed tid, foreign issuer":  {of("https://login.evil.example/"+acme+"/v2.0", acme), nil, token.ErrIssuer},
		"listed tid, unlisted tenant": {of(tenant(unasked), acme), nil, token.ErrIssuer},
		"GUID in capitals":            {of(tenant(strings.ToUpper(acme)), acme), nil, token.ErrIssuer},
		"the template itself":         {of(entra, acme), nil, token.ErrIssuer},
		"a slash more":                {of("https://login.example.com/"+acme+"//v2.0", acme), nil, token.ErrIssuer},
		"a slash at the end":          {of(tenant(acme)+"/", acme), nil, token.ErrIssuer},
		"a slash before":              {of("https://login.example.com//"+acme+"/v2.0", acme), nil, token.ErrIssuer},
		"another version":             {of("https://login.example.com/"+acme+"/v1.0", acme), nil, token.ErrIssuer},
		"a segment more":              {of(tenant("x/"+acme), acme), nil, token.ErrIssuer},
		"another port":                {of("https://login.example.com:8443/"+acme+"/v2.0", acme), nil, token.ErrIssuer},
		"the usual port":              {of("https://login.example.com:443/"+acme+"/v2.0", acme), nil, token.ErrIssuer},
		"host in capitals":            {of("https://LOGIN.example.com/"+acme+"/v2.0", acme), nil, token.ErrIssuer},
		"user":                        {of("https://login.example.com@evil.example/"+acme+"/v2.0", acme), nil, token.ErrIssuer},
		"any: a name":                 {tokenOf(tenant("A_b.C-1")), anyone, nil},
		"any: 64 letters":             {tokenOf(tenant(strings.Repeat("a", 64))), anyone, nil},
		"any: 65 letters":             {tokenOf(tenant(strings.Repeat("a", 65))), anyone, token.ErrIssuer},
		"any: nothing":                {tokenOf(tenant("")), anyone, token.ErrIssuer},
		"any: dot":                    {tokenOf(tenant(".")), anyone, token.ErrIssuer},
		"any: dots":                   {tokenOf(tenant("..")), anyone, token.ErrIssuer},
		"any: well-known":             {tokenOf(tenant(".well-known")), anyone, token.ErrIssuer},
		"any: percent-encoded dots":   {tokenOf(tenant("%2e%2e")), anyone, token.ErrIssuer},
		"any: percent-encoded letter": {tokenOf(tenant("%61")), anyone, token.ErrIssuer},
		"any: percent-encoded slash":  {tokenOf(tenant("a%2Fb")), anyone, token.ErrIssuer},
		"any: query":                  {tokenOf(tenant("a?b")), anyone, token.ErrIssuer},
		"any: fragment":               {tokenOf(tenant("a#b")), anyone, token.ErrIssuer},
		"any: two segments":           {tokenOf(tenant("a/b")), anyone, token.ErrIssuer},
		"any: parameters":             {tokenOf(tenant("a;b")), anyone, token.ErrIssuer},
		"any: beyond ASCII":           {tokenOf(tenant("ä")), anyone, token.ErrIssuer},
		"any: a variable":             {tokenOf(tenant("{tenantid}")), anyone, token.ErrIssuer},
		"by a rule":                   {of(tenant(unasked), unasked), guid, nil},
		"by a rule: in capitals":      {of(tenant(strings.ToUpper(acme)), strings.ToUpper(acme)), guid, token.ErrIssuer},
		"by a rule: common":           {of(tenant("common"), "common"), guid, token.ErrIssuer},
		"by a rule: tid in capitals":  {of(tenant(acme), strings.ToUpper(acme)), guid, token.ErrClaim},
		"a rule that panics":          {of(tenant(acme), acme), func(t *token.Template) { t.Values, t.Allow = nil, func(string) bool { panic("x") } }, token.ErrUnavailable},
		"another rule of the settings": {tokenOf(tenant(acme), "tid", acme, "ver", "1.0"), func(t *token.Template) {
			t.Config.Profile.Rules = []token.Mark{{Claim: "ver", Values: []string{"2.0"}}}
		}, token.ErrClaim},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := fromTemplates(t, shared(c.edit))
			for range 2 {
				_, err := authenticate(r, c.raw)
				require.ErrorIs(t, err, c.want)
			}
		})
	}
}

// A tool gets settings for the issuers that the Template allows, and for no others.
func TestTemplateConfigFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		template token.Template
		issuer   string
		want     error
	}{
		"listed":     {shared(nil), tenant(acme), nil},
		"not listed": {shared(nil), tenant(unasked), token.ErrIssuer},
		"no fit":     {shared(nil), "https://login.evil.example/" + acme + "/v2.0", token.ErrIssuer},
		"any, no fit": {
			shared(func(t *token.Template) { t.Values, t.AnyValue = nil, true }), "https://login.evil.example/" + acme + "/v2.0", token.ErrIssuer,
		},
		"a mistake": {shared(func(t *token.Template) { t.Values = nil }), tenant(acme), token.ErrConfig},
	} {
		cfg, err := c.template.ConfigFor(c.issuer)
		require.ErrorIs(t, err, c.want, name)
		if err != nil {
			assertOneLine(t, err.Error())
			continue
		}
		v, err := token.NewVerifier(cfg)
		require.NoError(t, err)
		mustPass(t, v, tokenOf(tenant(acme), "tid", acme))
		mustFail(t, v, tokenOf(tenant(acme), "tid", globex), token.ErrClaim)
	}
}

// A token that is too long for every Template is not read.
func TestTemplatesBoundTokens(t *testing.T) {
	t.Parallel()
	r := fromTemplates(t, shared(nil))
	mustFail(t, r, strings.Repeat("A", 16<<10+1), token.ErrTooLarge)
	_, err := authenticate(r, strings.Repeat("A", 16<<10))
	assert.Equal(t, "malformed", token.Reason(err))
}

// The schemes of Resolve are beside those of the Templates, which work as before.
func TestTemplatesBesideSchemes(t *testing.T) {
	t.Parallel()
	r, err := token.NewResolver(token.ResolverConfig{
		Templates: []token.Template{shared(nil)}, Allow: anyIssuer, Resolve: newDirectory(nil).resolve,
		Schemes: []token.Scheme{{Name: "Bearer"}}, KnownFor: 24 * time.Hour, UnknownFor: 24 * time.Hour, ResolveTimeout: time.Minute,
		MaxKnown: 1_000_000, MaxUnknown: 1_000_000, NewPerSecond: 1_000_000,
	})
	require.NoError(t, err)
	mustPass(t, r, tokenOf(tenant(acme), "tid", acme))
}

func TestIsGUID(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		acme: true, unasked: true, strings.Repeat("f", 8) + acme[8:]: true, "": false, strings.ToUpper(acme): false, acme + "0": false, acme[1:]: false,
		strings.ReplaceAll(acme, "-", "0"): false, strings.Replace(acme, "a", "g", 1): false, "{" + acme[2:] + "}": false,
		strings.Replace(acme, "a", "`", 1): false, strings.Replace(acme, "1", "/", 1): false, strings.Replace(acme, "1", "-", 1): false,
	} {
		assert.Equal(t, want, token.IsGUID(value), value)
	}
}

func TestTemplateValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		template, issuer, want string
		ok                     bool
	}{
		{entra, tenant(acme), acme, true},
		{entra, tenant("a/b"), "", false},
		{"https://a.example/{x}", "https://a.example/1", "1", true},
		{"https://a.example/{x}/", "https://a.example/1/", "1", true},
		{"https://a.example/{x}/", "https://a.example/1", "", false},
		{"https://a.example/x/{x}/x", "https://a.example/x/x", "", false},
		{"https://a.example", "https://a.example", "", false},
		{"https://a.example", "acme", "", false},
		{entra, "acme/v2.0", "", false},
		{"https://a.example/{x}", "https://a.example/azAZ09_-.", "azAZ09_-.", true},
	} {
		got, ok := token.Template{Issuer: c.template}.Value(c.issuer)
		assert.Equal(t, c.want, got, c.template)
		assert.Equal(t, c.ok, ok, c.template)
	}
}

func TestTemplateMistakes(t *testing.T) {
	t.Parallel()
	of := func(issuer string) func(*token.Template) { return func(t *token.Template) { t.Issuer = issuer } }
	discovers, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: tenant(acme)})
	require.NoError(t, err)
	for name, edit := range map[string]func(*token.Template){
		"nothing":                   of(""),
		"no variable":               of("https://a.example/x"),
		"two variables":             of("https://a.example/{x}/{y}"),
		"a variable in a variable":  of("https://a.example/{{x}}"),
		"not closed":                of("https://a.example/{x"),
		"closed twice":              of("https://a.example/{x}}"),
		"without a name":            of("https://a.example/{}"),
		"in the host":               of("https://{x}.example/y"),
		"as the host":               of("https://{x}/y"),
		"in the port":               of("https://a.example:{x}/y"),
		"in the scheme":             of("{x}://a.example/y"),
		"in the user":               of("https://{x}@a.example/y"),
		"in a query":                of("https://a.example/?t={x}"),
		"begins within a segment":   of("https://a.example/t-{x}"),
		"ends within a segment":     of("https://a.example/{x}-t"),
		"after dots":                of("https://a.example/../{x}"),
		"before dots":               of("https://a.example/{x}/.."),
		"before an empty segment":   of("https://a.example/{x}//y"),
		"http":                      of("http://a.example/{x}"),
		"no scheme":                 of("a.example/{x}"),
		"too long":                  of("https://a.example/" + strings.Repeat("x", 512) + "/{x}"),
		"no values":                 func(t *token.Template) { t.Values = nil },
		"an empty list of values":   func(t *token.Template) { t.Values = []string{} },
		"values, and any":           func(t *token.Template) { t.AnyValue = true },
		"values, and a rule":        func(t *token.Template) { t.Allow = token.IsGUID },
		"any, and a rule":           func(t *token.Template) { t.Values, t.AnyValue, t.Allow = nil, true, token.IsGUID },
		"a value of two segments":   func(t *token.Template) { t.Values = []string{"a", "b/c"} },
		"an empty value":            func(t *token.Template) { t.Values = []string{""} },
		"a value that is dots":      func(t *token.Template) { t.Values = []string{".."} },
		"an issuer in its settings": func(t *token.Template) { t.Config.Issuer = tenant(acme) },
		"discovery beside keys":     func(t *token.Template) { t.Discovery = &jwks.RemoteConfig{} },
		"discovery beside a client": func(t *token.Template) {
			t.Config.Keys, t.Config.HTTPClient, t.Discovery = nil, http.DefaultClient, &jwks.RemoteConfig{}
		},
		"discovery beside authorities": func(t *token.Template) {
			t.Config.Keys, t.Config.RootCAs, t.Discovery = nil, x509.NewCertPool(), &jwks.RemoteConfig{}
		},
		"discovery of one issuer": func(t *token.Template) {
			t.Config.Keys, t.Discovery = nil, &jwks.RemoteConfig{Issuer: tenant(acme)}
		},
		"discovery with URLs": func(t *token.Template) {
			t.Config.Keys, t.Discovery = nil, &jwks.RemoteConfig{URLs: []string{"https://a.example/keys"}}
		},
		"discovery with a snapshot": func(t *token.Template) {
			t.Config.Keys, t.Discovery = nil, &jwks.RemoteConfig{Snapshot: []byte("{}")}
		},
		"discovery at one place": func(t *token.Template) {
			t.Config.Keys, t.Discovery = nil, &jwks.RemoteConfig{DiscoverAt: "https://a.example/x"}
		},
		"discovery at a host of any name": func(t *token.Template) {
			t.Config.Keys, t.Discovery = nil, &jwks.RemoteConfig{DiscoverAt: "https://{tenantid}/realms"}
		},
		"discovery in a domain": func(t *token.Template) {
			t.Config.Keys, t.Discovery = nil, &jwks.RemoteConfig{DiscoverAt: "https://{tenantid}.internal/{tenantid}"}
		},
		"discovery at the end of a host": func(t *token.Template) {
			t.Config.Keys, t.Discovery = nil, &jwks.RemoteConfig{DiscoverAt: "https://sso.{tenantid}"}
		},
		"discovery at a user": func(t *token.Template) {
			t.Config.Keys, t.Discovery = nil, &jwks.RemoteConfig{DiscoverAt: "https://{tenantid}@sso.internal/x"}
		},
		"discovery at a port": func(t *token.Template) {
			t.Config.Keys, t.Discovery = nil, &jwks.RemoteConfig{DiscoverAt: "https://sso.internal:{tenantid}/x"}
		},
		"discovery by a scheme": func(t *token.Template) {
			t.Config.Keys, t.Discovery = nil, &jwks.RemoteConfig{DiscoverAt: "{tenantid}://sso.internal/x"}
		},
		"discovery in a query": func(t *token.Template) {
			t.Config.Keys, t.Discovery = nil, &jwks.RemoteConfig{DiscoverAt: "https://sso.internal/x?r={tenantid}"}
		},
		"discovery in a part of a segment": func(t *token.Template) {
			t.Config.Keys, t.Discovery = nil, &jwks.RemoteConfig{DiscoverAt: "https://sso.internal/{tenantid}.x"}
		},
		"discovery by a variable of another name": func(t *token.Template) {
			t.Config.Keys, t.Discovery = nil, &jwks.RemoteConfig{DiscoverAt: "https://sso.internal/{realm}"}
		},
		"discovery with bad settings": func(t *token.Template) { t.Config.Keys, t.Discovery = nil, &jwks.RemoteConfig{FetchTimeout: 1} },
		"no audience":                 func(t *token.Template) { t.Config.Audience = nil },
		"the keys of one issuer":      func(t *token.Template) { t.Config.Keys = discovers },
		"a nil source":                func(t *token.Template) { t.Config.Keys = (*jwks.Remote)(nil) },
		"no keys at all":              func(t *token.Template) { t.Config.Keys = jwks.Static{} },
		"a claim that has other uses": func(t *token.Template) { t.Claim = "aud" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := token.ResolverConfig{Templates: []token.Template{shared(nil), shared(edit)}}
			_, err := token.NewResolver(cfg)
			require.ErrorIs(t, err, token.ErrConfig)
			assert.ErrorContains(t, err, "Templates[1]")
			assertOneLine(t, err.Error())
			require.ErrorIs(t, cfg.Validate(), token.ErrConfig)
		})
	}
	for name, cfg := range map[string]token.ResolverConfig{
		"nothing":            {},
		"Allow alone":        {Allow: anyIssuer},
		"Resolve alone":      {Resolve: newDirectory(nil).resolve},
		"Resolve beside":     {Templates: []token.Template{shared(nil)}, Resolve: newDirectory(nil).resolve},
		"schemes of nothing": {Templates: []token.Template{shared(nil)}, Schemes: []token.Scheme{{Name: "DPoP"}}},
		"a bad scheme":       {Allow: anyIssuer, Resolve: newDirectory(nil).resolve, Schemes: []token.Scheme{{Name: "a b"}}},
		"KnownFor":           {Templates: []token.Template{shared(nil)}, KnownFor: -1},
		"KnownFor too long":  {Templates: []token.Template{shared(nil)}, KnownFor: 24*time.Hour + 1},
		"UnknownFor":         {Templates: []token.Template{shared(nil)}, UnknownFor: -1},
		"ResolveTimeout":     {Templates: []token.Template{shared(nil)}, ResolveTimeout: time.Hour},
		"MaxKnown":           {Templates: []token.Template{shared(nil)}, MaxKnown: -1},
		"MaxUnknown":         {Templates: []token.Template{shared(nil)}, MaxUnknown: 1_000_001},
		"NewPerSecond":       {Templates: []token.Template{shared(nil)}, NewPerSecond: -1},
	} {
		_, err := token.NewResolver(cfg)
		require.ErrorIs(t, err, token.ErrConfig, name)
		require.ErrorIs(t, cfg.Validate(), token.ErrConfig, name)
	}
	require.NoError(t, token.ResolverConfig{Templates: []token.Template{shared(nil)}}.Validate())
}

// What a Resolver is known to tell and to take, when a service starts.
func TestResolverAtStart(t *testing.T) {
	t.Parallel()
	marked := shared(func(t *token.Template) {
		t.Issuer, t.Config.Profile.Users = "https://other.example.com/{x}", notClient
		t.Config.Profile.Sets = map[string][]token.Source{"roles": {{Claim: "roles"}}}
	})
	plain, both := fromTemplates(t, shared(nil)), fromTemplates(t, shared(nil), marked)
	assert.False(t, token.CanTell(plain, token.SubjectUser))
	assert.True(t, token.CanTell(both, token.SubjectUser))
	assert.False(t, token.HasSet(plain, "roles"))
	assert.True(t, token.HasSet(both, "roles"))
	assert.False(t, token.HasSet(both, "groups"))
	open := newResolver(t, newDirectory(nil), func(c *token.ResolverConfig) { c.Templates = []token.Template{shared(nil)} })
	assert.True(t, token.CanTell(open, token.SubjectUser))
	assert.True(t, token.HasSet(open, "groups"))
	dpop := newResolver(t, newDirectory(nil), func(c *token.ResolverConfig) { c.Schemes = []token.Scheme{{Name: "DPoP"}} })
	for r, want := range map[*token.Resolver][]token.Scheme{
		plain: {{Name: "Bearer", ParsesToken: true}}, open: {{Name: "Bearer", ParsesToken: true}}, dpop: {{Name: "DPoP", ParsesToken: true}},
	} {
		schemes, err := token.SchemesOf(r)
		require.NoError(t, err)
		assert.Equal(t, want, schemes)
	}
}

// The rule of a Template holds for what comes after it too.
func TestTemplatesInOrder(t *testing.T) {
	t.Parallel()
	first := shared(nil)
	second := shared(func(t *token.Template) {
		t.Values, t.Claim, t.Config.Audience = []string{acme, unasked}, "", []string{"second"}
	})
	d := newDirectory(auths{tenant("third"): verifierOf(t, tenant("third"))})
	r := newResolver(t, d, func(c *token.ResolverConfig) { c.Templates = []token.Template{first, second} })
	mustPass(t, r, tokenOf(tenant(acme), "tid", acme))
	mustPass(t, r, tokenOf(tenant(unasked), "aud", "second"))
	mustFail(t, r, tokenOf(tenant(unasked)), token.ErrAudience)
	mustPass(t, r, tokenOf(tenant("third")))
	assert.Equal(t, 1, d.total())
	r.Forget(tenant(acme))
	mustPass(t, r, tokenOf(tenant(acme), "tid", acme))
}

// Each of a thousand issuers gets less memory than a single one.
func TestMemoryOfATemplate(t *testing.T) {
	t.Parallel()
	for size, remembers := range map[int]bool{0: false, 4 << 20: true} {
		r := fromTemplates(t, shared(func(t *token.Template) { t.Config.CacheSize = size }))
		var raws []string
		for i := range 800 {
			raws = append(raws, tokenOf(tenant(acme), "tid", acme, "jti", fmt.Sprint(i)))
			mustPass(t, r, raws[i])
		}
		remembered := 0
		for _, raw := range raws {
			if mustPass(t, r, raw).Remembered() {
				remembered++
			}
		}
		assert.Equal(t, remembers, remembered > 500, "%d of 800", remembered)
	}
}

// The rule of a Template is asked again in time, and its Verifier stays.
func TestTemplateIsAskedAgain(t *testing.T) {
	inTime(t, func(t *testing.T) {
		var refuses atomic.Bool
		r := fromTemplates(t, shared(func(t *token.Template) {
			t.Values, t.Allow = nil, func(string) bool { return !refuses.Load() }
		}))
		raw := tokenOf(tenant(acme), "tid", acme)
		mustPass(t, r, raw)
		time.Sleep(5 * time.Minute)
		assert.True(t, mustPass(t, r, raw).Remembered())
		refuses.Store(true)
		time.Sleep(5*time.Minute - 1)
		assert.True(t, mustPass(t, r, raw).Remembered())
		time.Sleep(time.Nanosecond)
		mustFail(t, r, raw, token.ErrIssuer)
		refuses.Store(false)
		assert.False(t, mustPass(t, r, raw).Remembered())
	})
}

// An issuer that another rule allows from now on is judged by the settings that
// go with that.
func TestIssuerChangesHands(t *testing.T) {
	inTime(t, func(t *testing.T) {
		var byTemplate atomic.Bool
		tmpl := shared(func(t *token.Template) {
			t.Values, t.Allow = nil, func(string) bool { return byTemplate.Load() }
		})
		iss := tenant(acme)
		d := newDirectory(auths{iss: verifierOf(t, iss)})
		r := newResolver(t, d, func(c *token.ResolverConfig) { c.Templates = []token.Template{tmpl} })
		for range 2 {
			byTemplate.Store(false)
			mustPass(t, r, tokenOf(iss))
			time.Sleep(5 * time.Minute)
			byTemplate.Store(true)
			mustFail(t, r, tokenOf(iss), token.ErrClaim) // tid
			mustPass(t, r, tokenOf(iss, "tid", acme))
			time.Sleep(5 * time.Minute)
		}
		assert.Equal(t, 2, d.total())
	})
}

// A key that names its issuer verifies tokens of no other.
func TestKeysOfIssuers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		issuer string
		want   error
	}{
		"none":                          {"", nil},
		"this tenant":                   {tenant(acme), nil},
		"every tenant":                  {entra, nil},
		"every tenant, another name":    {"https://login.example.com/{tid}/v2.0", nil},
		"another tenant":                {tenant(unasked), token.ErrUnknownKey},
		"a listed tenant":               {tenant(globex), token.ErrUnknownKey},
		"this tenant in capitals":       {tenant(strings.ToUpper(acme)), token.ErrUnknownKey},
		"every tenant of another host":  {"https://login.evil.example/{tenantid}/v2.0", token.ErrUnknownKey},
		"every tenant of a version":     {"https://login.example.com/{tenantid}/v1.0", token.ErrUnknownKey},
		"the host":                      {"https://login.example.com", token.ErrUnknownKey},
		"a variable that is not closed": {"https://login.example.com/{tenantid/v2.0", token.ErrUnknownKey},
		"a variable without a name":     {"https://login.example.com/{}/v2.0", token.ErrUnknownKey},
		"two variables":                 {"https://login.example.com/{a}{b}/v2.0", token.ErrUnknownKey},
		"a brace":                       {"https://login.example.com/{/v2.0", token.ErrUnknownKey},
		"more than the template":        {entra + "/", token.ErrUnknownKey},
		"unreadable":                    {"?", token.ErrUnknownKey},
		"the variable alone":            {"{tenantid}", token.ErrUnknownKey},
		"the variable and the end":      {"{tenantid}/v2.0", token.ErrUnknownKey},
		"a variable that is not opened": {"https://login.example.com/tenantid}/v2.0", token.ErrUnknownKey},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := jwks.Static{{ID: "ed", Public: keys.ed().Public(), Issuer: c.issuer}}
			raw := tokenOf(tenant(acme), "tid", acme)
			for _, source := range []jwks.Source{list, sourceFunc(list.Keys)} {
				tenants := shared(func(t *token.Template) { t.Config.Keys = source })
				cfg, err := tenants.ConfigFor(tenant(acme))
				require.NoError(t, err)
				tool, err := token.NewVerifier(cfg)
				require.NoError(t, err)
				for _, auth := range []token.Authenticator{fromTemplates(t, tenants), tool} {
					for range 2 {
						_, err := authenticate(auth, raw)
						require.ErrorIs(t, err, c.want)
					}
				}
			}
			v := newVerifier(t, func(cfg *token.Config) { cfg.Issuer, cfg.Keys = tenant(acme), list })
			mustPass(t, v, raw) // that of one issuer does not heed it
		})
	}
	// One of several under the same kid.
	list := jwks.Static{{ID: "ed", Public: keys.ed().Public(), Issuer: tenant(acme)}, {ID: "ed", Public: keys.p256().Public(), Issuer: tenant(globex)}}
	r := fromTemplates(t, shared(func(t *token.Template) { t.Config.Keys = list }))
	mustPass(t, r, tokenOf(tenant(acme), "tid", acme))
	mustFail(t, r, tokenOf(tenant(globex), "tid", globex), token.ErrAlgorithm)
}

// A key that its issuer takes away from a tenant verifies not even the tokens
// that are remembered.
func TestKeyIsTakenAway(t *testing.T) {
	t.Parallel()
	key := jwks.Key{ID: "ed", Public: keys.ed().Public()}
	r := fromTemplates(t, shared(func(t *token.Template) {
		t.Config.Keys = sourceFunc(func(context.Context, string) ([]jwks.Key, error) { return []jwks.Key{key}, nil })
	}))
	raw := tokenOf(tenant(acme), "tid", acme)
	for range 2 {
		mustPass(t, r, raw)
	}
	key.Issuer = tenant(globex)
	mustFail(t, r, raw, token.ErrUnknownKey)
}

// farm answers for each of several issuers.
type farm map[string]*tokentest.Issuer // by the URL that begins theirs

func (f farm) RoundTrip(r *http.Request) (*http.Response, error) {
	for prefix, i := range f {
		if strings.Contains(r.URL.String(), prefix) {
			return i.Client().Transport.RoundTrip(r)
		}
	}
	return nil, errors.New("no such host")
}

// The keys of all tenants are fetched once, and those of a realm from the realm.
func TestKeysOfTemplates(t *testing.T) {
	inTime(t, func(t *testing.T) {
		common := tokentest.NewIssuer(t, &tokentest.Options{Identifier: "https://login.example.com/common"})
		remote, err := jwks.NewRemote(jwks.RemoteConfig{URLs: []string{common.KeysURL()}, HTTPClient: common.Client()})
		require.NoError(t, err)
		r := fromTemplates(t, token.Template{Issuer: entra, AnyValue: true, Claim: "tid", Config: token.Config{Audience: []string{audience}, Keys: remote}})
		for _, tid := range []string{acme, globex, unasked} {
			mustPass(t, r, common.Token(tokentest.Claim("iss", tenant(tid)), tokentest.Claim("tid", tid)))
		}
		assert.Equal(t, 1, common.Requests())
		replaced := common.ReplaceKey(common.SigningKey().ID)
		time.Sleep(time.Minute)
		mustPass(t, r, common.Token(tokentest.Key(replaced), tokentest.Claim("iss", tenant(acme)), tokentest.Claim("tid", acme)))

		realms := farm{}
		for _, name := range []string{"a", "b"} {
			realms["/realms/"+name] = tokentest.NewIssuer(t, &tokentest.Options{Identifier: "https://sso.example.com/realms/" + name})
		}
		r = fromTemplates(t, token.Template{Issuer: "https://sso.example.com/realms/{realm}", AnyValue: true,
			Config: token.Config{Audience: []string{audience}, HTTPClient: &http.Client{Transport: realms}}})
		a, b := realms["/realms/a"], realms["/realms/b"]
		for range 3 {
			mustPass(t, r, a.Token())
			mustPass(t, r, b.Token())
		}
		mustFail(t, r, a.Token(tokentest.Claim("iss", b.Identifier()), tokentest.Header("kid", b.SigningKey().ID)), token.ErrSignature)
		mustFail(t, r, a.Token(tokentest.Claim("iss", "https://sso.example.com/realms/c")), token.ErrKeysUnavailable)
		time.Sleep(5 * time.Minute) // the Verifier is kept, with its keys
		before := a.Requests()
		mustPass(t, r, a.Token())
		assert.LessOrEqual(t, a.Requests()-before, 2)
	})
}

// Realms whose metadata is inside of a network have it at places of their own.
// What the program changes later changes nothing.
func TestDiscoveryOfTemplates(t *testing.T) {
	inTime(t, func(t *testing.T) {
		realms := farm{}
		for _, name := range []string{"a", "b"} {
			realms["/inside/"+name] = tokentest.NewIssuer(t, &tokentest.Options{Identifier: "https://sso.internal/inside/" + name})
		}
		var asked atomic.Int64 // for the time, by Verifiers and their sources of keys
		discovery := &jwks.RemoteConfig{DiscoverAt: "https://sso.internal/inside/{realm}", HTTPClient: &http.Client{Transport: realms}}
		r := fromTemplates(t, token.Template{Issuer: "https://sso.example.com/realms/{realm}", AnyValue: true,
			Config: token.Config{Audience: []string{audience}, Time: func() time.Time { asked.Add(1); return time.Now() }}, Discovery: discovery})
		*discovery = jwks.RemoteConfig{}
		require.Zero(t, asked.Load())
		mustFail(t, r, realms["/inside/a"].Token(tokentest.Claim("iss", "https://sso.example.com/realms/a"), tokentest.Header("kid", "x")), token.ErrUnknownKey)
		require.NotZero(t, asked.Load(), "the keys of a realm go by the clock of the Config")
		a, b := realms["/inside/a"], realms["/inside/b"]
		outside := func(name string) tokentest.Edit {
			return tokentest.Claim("iss", "https://sso.example.com/realms/"+name)
		}
		mustPass(t, r, a.Token(outside("a")))
		mustPass(t, r, b.Token(outside("b")))
		mustFail(t, r, a.Token(outside("b"), tokentest.Header("kid", b.SigningKey().ID)), token.ErrSignature)
		mustFail(t, r, a.Token(), token.ErrIssuer)
	})
}

// Discovery may leave the places of metadata as they are, and have a clock of its
// own.
func TestDiscoveryWithAClock(t *testing.T) {
	inTime(t, func(t *testing.T) {
		realms := farm{"/realms/a": tokentest.NewIssuer(t, &tokentest.Options{Identifier: "https://sso.example.com/realms/a"})}
		var asked atomic.Int64
		r := fromTemplates(t, token.Template{Issuer: "https://sso.example.com/realms/{realm}", AnyValue: true,
			Config: token.Config{Audience: []string{audience}},
			Discovery: &jwks.RemoteConfig{
				HTTPClient: &http.Client{Transport: realms}, Time: func() time.Time { asked.Add(1); return time.Now() },
			}})
		mustPass(t, r, realms["/realms/a"].Token())
		assert.NotZero(t, asked.Load())
	})
}

// keySet is the key set that a server publishes.
type keySet string

func (s *keySet) RoundTrip(*http.Request) (*http.Response, error) {
	header := http.Header{"Content-Type": {"application/json"}}
	return &http.Response{StatusCode: http.StatusOK, Header: header, Body: io.NopCloser(strings.NewReader(string(*s)))}, nil
}

func edJWK(key crypto.PublicKey, more string) string {
	return `{"kty":"OKP","crv":"Ed25519","kid":"ed","x":"` + b64(key.(ed25519.PublicKey)) + `"` + more + `}`
}

// A key that was replaced under its kid is found, though another tenant has a key
// of the same kid, which is withheld and no news.
func TestSharedKeyIsReplaced(t *testing.T) {
	inTime(t, func(t *testing.T) {
		old, _, err := ed25519.GenerateKey(nil)
		require.NoError(t, err)
		theirs, foreign, err := ed25519.GenerateKey(nil)
		require.NoError(t, err)
		theirNext, foreignNext, err := ed25519.GenerateKey(nil)
		require.NoError(t, err)
		of := func(tid string, key crypto.Signer) string {
			return mint{alg: "EdDSA", key: key, claims: pairs([]any{"iss", tenant(tid), "tid", tid})}.token()
		}
		beside := edJWK(theirs, `,"issuer":"`+tenant(globex)+`"`)
		set := keySet(`{"keys":[` + edJWK(old, "") + "," + beside + `]}`)
		remote, err := jwks.NewRemote(jwks.RemoteConfig{URLs: []string{"https://login.example.com/keys"}, HTTPClient: &http.Client{Transport: &set}})
		require.NoError(t, err)
		r := fromTemplates(t, shared(func(t *token.Template) { t.Config.Keys = remote }))
		raw := tokenOf(tenant(acme), "tid", acme)
		mustFail(t, r, raw, token.ErrSignature)
		set = keySet(`{"keys":[` + edJWK(keys.ed().Public(), `,"issuer":"`+entra+`"`) + "," + beside + `]}`)
		time.Sleep(time.Minute)
		mustPass(t, r, raw)
		time.Sleep(time.Minute)
		mustFail(t, r, of(acme, foreign), token.ErrSignature)
		mustPass(t, r, of(globex, foreign))
		set = keySet(`{"keys":[` + edJWK(keys.ed().Public(), "") + "," + edJWK(theirNext, `,"issuer":"`+tenant(globex)+`"`) + `]}`)
		time.Sleep(time.Minute)
		mustFail(t, r, of(acme, foreignNext), token.ErrSignature) // which makes the Remote find that key
		mustPass(t, r, of(globex, foreignNext))
	})
}

// Realms that strangers invent cost no more requests than issuers that are to be
// resolved; those that are listed cannot be invented.
func TestInventedRealms(t *testing.T) {
	inTime(t, func(t *testing.T) {
		var list []string
		for i := range 20 {
			list = append(list, nth(i)[8:]+"x")
		}
		for name, c := range map[string]struct {
			edit     func(*token.Template)
			maxKnown int
			judged   int
		}{
			"any":                         {func(t *token.Template) { t.AnyValue = true }, 0, 4},
			"by a rule":                   {func(t *token.Template) { t.Allow = anyIssuer }, 0, 4},
			"listed":                      {func(t *token.Template) { t.Values = list }, 0, 20},
			"more than there is room for": {func(t *token.Template) { t.Values = list }, 19, 4},
			"with keys of all":            {func(t *token.Template) { t.AnyValue = true; t.Config.Keys = published() }, 0, 20},
		} {
			tmpl := token.Template{Issuer: "https://sso.example.com/realms/{realm}", Config: token.Config{Audience: []string{audience}}}
			c.edit(&tmpl)
			if tmpl.Config.Keys == nil {
				tmpl.Config.HTTPClient = &http.Client{Transport: farm{}}
			}
			r, err := token.NewResolver(token.ResolverConfig{Templates: []token.Template{tmpl}, NewPerSecond: 2, MaxKnown: c.maxKnown})
			require.NoError(t, err)
			judged := 0
			for _, realm := range list {
				_, err := authenticate(r, tokenOf("https://sso.example.com/realms/"+realm, "aud", "x"))
				if err != nil && token.Reason(err) != "unavailable" {
					judged++
				}
			}
			assert.Equal(t, c.judged, judged, name)
		}
	})
}
