package introspect_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/introspect"
)

// shortKey is an RSA key of 1024 bits.
type shortKey struct{ crypto.Signer }

func (shortKey) Public() crypto.PublicKey {
	return &rsa.PublicKey{N: new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 1023), big.NewInt(1)), E: 65537}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	small, _ := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	with := func(c introspect.Credentials) func(*introspect.Config) {
		return func(cfg *introspect.Config) { cfg.Credentials = c }
	}
	for name, row := range map[string]struct {
		edit func(*introspect.Config)
		ok   bool
	}{
		"good":                       {func(*introspect.Config) {}, true},
		"no issuer":                  {func(c *introspect.Config) { c.Issuer = "" }, false},
		"no audience":                {func(c *introspect.Config) { c.Audience = nil }, false},
		"no audience, though waived": {func(c *introspect.Config) { c.Audience, c.AllowMissingAudience = nil, true }, false},
		"two ways without aud":       {func(c *introspect.Config) { c.AllowMissingAudience, c.Profile.AudienceClaim = true, "client_id" }, false},
		"two ways without aud, and a mark": {func(c *introspect.Config) {
			c.AllowMissingAudience, c.Profile.AudienceClaim, c.Profile.Required = true, "client_id", []string{"scope"}
		}, false},
		"a claim for aud": {func(c *introspect.Config) { c.Profile.AudienceClaim = "client_id" }, false},
		"a claim for aud, and a mark": {func(c *introspect.Config) {
			c.Profile.AudienceClaim, c.Profile.Required = "client_id", []string{"scope"}
		}, true},
		"no credentials":              {with(nil), false},
		"nil credentials":             {with((introspect.Credentials)(nil)), false},
		"empty secret":                {with(introspect.Basic("photos", "")), false},
		"empty id":                    {with(introspect.Post("", "secret")), false},
		"a colon in Basic":            {with(introspect.Basic("a:b", "secret")), true},
		"a colon in BasicRaw":         {with(introspect.BasicRaw("a:b", "secret")), false},
		"no path":                     {with(introspect.BearerFile("")), false},
		"no source":                   {with(introspect.BearerSource(nil)), false},
		"no key":                      {with(introspect.PrivateKeyJWT(introspect.PrivateKey{ClientID: "photos"})), false},
		"no client of a key":          {with(introspect.PrivateKeyJWT(introspect.PrivateKey{Key: key})), false},
		"a weak key":                  {with(introspect.PrivateKeyJWT(introspect.PrivateKey{ClientID: "photos", Key: small})), false},
		"a short RSA key":             {with(introspect.PrivateKeyJWT(introspect.PrivateKey{ClientID: "photos", Key: shortKey{}})), false},
		"an algorithm of another key": {with(introspect.PrivateKeyJWT(introspect.PrivateKey{ClientID: "photos", Key: key, Algorithm: "RS256"})), false},
		"mTLS by the transport":       {with(introspect.MTLS("photos", nil)), true},
		"mTLS without a client":       {with(introspect.MTLS("", nil)), false},
		"mTLS, two transports":        {with(introspect.MTLS("photos", func() (*tls.Certificate, error) { return nil, nil })), false},
		"mTLS without a transport": {func(c *introspect.Config) {
			c.HTTPClient, c.Credentials = &http.Client{}, introspect.MTLS("photos", nil)
		}, false},
		"mTLS without a certificate":      {func(c *introspect.Config) { c.HTTPClient, c.Credentials = nil, introspect.MTLS("photos", nil) }, false},
		"C_7662-4-1 http":                 {func(c *introspect.Config) { c.Endpoint = "http://as.example.com/introspect" }, false},
		"C_7662-4-1 http to this machine": {func(c *introspect.Config) { c.Endpoint = "http://127.0.0.1:8080/introspect" }, true},
		"C_7662-4-1 http by leave": {func(c *introspect.Config) {
			c.Endpoint, c.PlainHTTPHosts = "http://as.example.com/introspect", []string{"as.example.com"}
		}, true},
		"no URL":                            {func(c *introspect.Config) { c.Endpoint = "introspect" }, false},
		"a URL with a password":             {func(c *introspect.Config) { c.Endpoint = "https://a:s3cr3t@as.example.com/" }, false},
		"the URL of metadata":               {func(c *introspect.Config) { c.Endpoint = issuerID + "/.well-known/openid-configuration" }, false},
		"discovery":                         {func(c *introspect.Config) { c.Endpoint = "" }, true},
		"discovery of no URL":               {func(c *introspect.Config) { c.Endpoint, c.Issuer = "", "accounts" }, false},
		"discovery elsewhere":               {func(c *introspect.Config) { c.Endpoint, c.Issuer, c.DiscoverAt = "", "accounts", issuerID }, true},
		"an endpoint and discovery":         {func(c *introspect.Config) { c.DiscoverAt = issuerID }, false},
		"an endpoint on the same host":      {func(c *introspect.Config) { c.SameHost = true }, false},
		"timeout":                           {func(c *introspect.Config) { c.FetchTimeout = time.Hour }, false},
		"good for long":                     {func(c *introspect.Config) { c.GoodFor = 6 * time.Minute }, false},
		"bad for long":                      {func(c *introspect.Config) { c.BadFor = 2 * time.Minute }, false},
		"stale for long":                    {func(c *introspect.Config) { c.StaleFor = time.Hour }, false},
		"stale for less than nothing":       {func(c *introspect.Config) { c.StaleFor = -1 }, false},
		"stale and not remembered":          {func(c *introspect.Config) { c.StaleFor, c.GoodFor = time.Minute, -1 }, false},
		"no exp and not remembered":         {func(c *introspect.Config) { c.AllowMissingExpiry, c.GoodFor = true, -1 }, false},
		"a tiny cache":                      {func(c *introspect.Config) { c.CacheSize = 1 }, false},
		"a huge cache":                      {func(c *introspect.Config) { c.BadCacheSize = 2 << 30 }, false},
		"in flight":                         {func(c *introspect.Config) { c.MaxInFlight = -1 }, false},
		"rate":                              {func(c *introspect.Config) { c.UnknownPerSecond = 1 << 20 }, false},
		"long leeway":                       {func(c *introspect.Config) { c.Leeway = 2 * time.Minute }, false},
		"bound without a checker":           {func(c *introspect.Config) { c.RequireBound = true }, false},
		"signed":                            {func(c *introspect.Config) { c.RequireJWT = true }, true},
		"signed, keys discovered elsewhere": {func(c *introspect.Config) { c.RequireJWT, c.DiscoverAt = true, issuerID+"/x" }, true},
		"signed, keys on the same host":     {func(c *introspect.Config) { c.RequireJWT, c.SameHost = true, true }, true},
		"signed, keys given and discovered": {func(c *introspect.Config) {
			c.RequireJWT, c.SameHost, c.JWTKeys = true, true, jwks.Static{}
		}, false},
		"signed without a client id": {func(c *introspect.Config) {
			c.RequireJWT, c.Credentials = true, introspect.BearerFile("/token")
		}, false},
		"signed with HMAC":           {func(c *introspect.Config) { c.RequireJWT, c.JWTAlgorithms = true, []string{"HS256"} }, false},
		"signed by none":             {func(c *introspect.Config) { c.RequireJWT, c.JWTAlgorithms = true, []string{} }, false},
		"signed, nil keys":           {func(c *introspect.Config) { c.RequireJWT, c.JWTKeys = true, (*jwks.Remote)(nil) }, false},
		"settings of signed answers": {func(c *introspect.Config) { c.JWTAlgorithms = []string{"RS256"} }, false},
		"roots beside a transport":   {func(c *introspect.Config) { c.AllowHosts = []string{"as.example.com"} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := introspect.New(config(&issuer{}, row.edit))
			if row.ok {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, token.ErrConfig)
			assert.NotContains(t, err.Error(), "s3cr3t")
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

// discovering is an issuer with metadata.
func discovering(i *issuer, document members) {
	answers := i.answer
	i.set(func(r request) answer {
		if r.method == http.MethodGet {
			if r.url != issuerID+"/.well-known/oauth-authorization-server" {
				return answer{status: 404}
			}
			return ok(text(document))
		}
		return answers(r)
	})
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	discovers := func(c *introspect.Config) { c.Endpoint = "" }
	inTime(t, map[string]func(*testing.T){
		"found once": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(nil))}
			discovering(i, members{"issuer": issuerID, "introspection_endpoint": "https://other.example.com/i"})
			a := authenticator(t, i, discovers)
			require.NoError(t, a.Ready(t.Context()))
			for range 3 {
				_, err := judge(t, a, "opaque-1")
				require.NoError(t, err)
			}
			assert.Equal(t, 2, i.asked())
			assert.Equal(t, "https://other.example.com/i", i.last().url)
			assert.Equal(t, "https://other.example.com/i", a.Status().Endpoint)
		},
		"of another issuer": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(nil))}
			discovering(i, members{"issuer": "https://evil.example.com", "introspection_endpoint": endpoint})
			a := authenticator(t, i, discovers)
			_, err := judge(t, a, "opaque-1")
			require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
			require.ErrorIs(t, a.Ready(t.Context()), token.ErrIntrospectionUnavailable)
			assert.NotEqual(t, http.MethodPost, i.last().method)
		},
		"C_7662-4-1 over http": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(nil))}
			discovering(i, members{"issuer": issuerID, "introspection_endpoint": "http://as.example.com/introspect"})
			_, err := judge(t, authenticator(t, i, discovers), "opaque-1")
			require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
		},
		"to this machine": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(nil))}
			discovering(i, members{"issuer": issuerID, "introspection_endpoint": "http://127.0.0.1/introspect"})
			_, err := judge(t, authenticator(t, i, discovers), "opaque-1")
			require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
		},
		"none named": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(nil))}
			discovering(i, members{"issuer": issuerID})
			_, err := judge(t, authenticator(t, i, discovers), "opaque-1")
			require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
			assert.Contains(t, err.Error(), "Config.Endpoint")
		},
		"on another host, though the same is wanted": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(nil))}
			discovering(i, members{"issuer": issuerID, "introspection_endpoint": "https://other.example.com/i"})
			a := authenticator(t, i, discovers, func(c *introspect.Config) { c.SameHost = true })
			_, err := judge(t, a, "opaque-1")
			require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
		},
		"the endpoint moves, and what the old one said counts no more": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(members{"exp": time.Now().Add(24 * time.Hour).Unix()}))}
			plain := i.answer
			discovering(i, members{"issuer": issuerID, "introspection_endpoint": endpoint})
			a := authenticator(t, i, discovers)
			_, err := judge(t, a, "opaque-1")
			require.NoError(t, err)
			i.set(plain)
			discovering(i, members{"issuer": issuerID, "introspection_endpoint": endpoint + "/v2"})
			time.Sleep(61 * time.Minute)
			_, err = judge(t, a, "opaque-1")
			require.NoError(t, err)
			assert.Equal(t, endpoint+"/v2", i.last().url)
			i.set(func(r request) answer { return answer{err: errors.New("down")} })
			_, err = judge(t, a, "opaque-1")
			require.NoError(t, err, "remembered for the new one")
		},
		"once for all tokens": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(nil)), delay: time.Second}
			discovering(i, members{"issuer": issuerID, "introspection_endpoint": endpoint})
			a := authenticator(t, i, discovers)
			var all sync.WaitGroup
			for n := range 10 {
				all.Go(func() {
					_, err := judge(t, a, fmt.Sprint("t", n))
					assert.NoError(t, err)
				})
			}
			all.Wait()
			assert.Equal(t, 11, i.asked())
		},
		"metadata that becomes another issuer's": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(members{"exp": time.Now().Add(24 * time.Hour).Unix()}))}
			plain := i.answer
			discovering(i, members{"issuer": issuerID, "introspection_endpoint": endpoint})
			a := authenticator(t, i, discovers)
			_, err := judge(t, a, "opaque-1")
			require.NoError(t, err)
			i.set(plain)
			discovering(i, members{"issuer": "https://evil.example.com", "introspection_endpoint": endpoint})
			time.Sleep(2 * time.Hour)
			_, err = judge(t, a, "opaque-1")
			require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
		},
		"Ready before the first call": func(t *testing.T) {
			i := &issuer{answer: always(answer{status: 500})}
			require.ErrorIs(t, authenticator(t, i, discovers).Ready(t.Context()), token.ErrIntrospectionUnavailable)
			assert.Positive(t, i.asked())
		},
		"metadata that is down later changes nothing": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(members{"exp": time.Now().Add(24 * time.Hour).Unix()}))}
			plain := i.answer
			discovering(i, members{"issuer": issuerID, "introspection_endpoint": endpoint})
			a := authenticator(t, i, discovers)
			_, err := judge(t, a, "opaque-1")
			require.NoError(t, err)
			i.set(func(r request) answer {
				if r.method == http.MethodGet {
					return answer{status: 500}
				}
				return plain(r)
			})
			time.Sleep(2 * time.Hour)
			_, err = judge(t, a, "opaque-1")
			require.NoError(t, err)
		},
	})
}

func TestExplain(t *testing.T) {
	t.Parallel()
	failed := func(list []token.Finding) (names []string) {
		for _, f := range list {
			if f.Err != nil {
				names = append(names, f.Check)
			}
		}
		return names
	}
	for name, row := range map[string]struct {
		answer answer
		want   []string
		last   string
	}{
		"good":        {goodAnswer(nil), nil, "binding"},
		"two faults":  {goodAnswer(members{"aud": "x", "exp": 1}), []string{"exp", "aud"}, "binding"},
		"inactive":    {ok(`{"active":false}`), []string{"active"}, "active"},
		"unavailable": {answer{status: 500}, []string{"answer"}, "answer"},
		"wrong type":  {goodAnswer(members{"token_type": "mac"}), []string{"token_type"}, "binding"},
		"of DPoP":     {goodAnswer(members{"token_type": "DPoP", "cnf": members{"jkt": "x", "other": "y"}}), []string{"binding"}, "binding"},
		"not of DPoP": {goodAnswer(members{"token_type": "DPoP", "cnf": members{"other": "y"}}), []string{"token_type and cnf"}, "binding"},
		"bound":       {goodAnswer(members{"cnf": members{"jkt": "x"}}), []string{"binding"}, "binding"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := authenticator(t, &issuer{answer: always(row.answer)})
			findings := a.Explain(t.Context(), token.Bearer("opaque-1"))
			last := findings[len(findings)-1]
			assert.Equal(t, last.Check == "binding" && len(row.want) > 0 && row.want[0] != "binding", last.Skipped)
			assert.Equal(t, row.want, failed(findings))
			assert.Equal(t, row.last, findings[len(findings)-1].Check)
			_, err := judge(t, a, "opaque-1")
			assert.Equal(t, row.want == nil, err == nil)
		})
	}
	a := authenticator(t, &issuer{answer: always(goodAnswer(nil))})
	assert.Equal(t, []string{"form"}, failed(a.Explain(t.Context(), token.Bearer("a b"))))
	assert.Equal(t, []string{"credentials"}, failed(a.Explain(t.Context(), token.Presentation{})))
	assert.Len(t, a.Explain(t.Context(), token.Presentation{}), 1)
	assert.Len(t, a.Explain(t.Context(), token.Bearer(strings.Repeat("x", 1<<15))), 2)
	assert.Len(t, a.Explain(t.Context(), token.Bearer("a b")), 3)
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	a := authenticator(t, &issuer{})
	assert.Empty(t, token.Relaxations(a))
	p := token.Postures(a)
	require.Len(t, p, 1)
	assert.Equal(t, issuerID, p[0].Issuer)
	assert.Equal(t, []string{audience}, p[0].Audience)
	assert.False(t, token.CanTell(a, token.SubjectUser), "the profile has no marks")
	assert.True(t, token.CanTell(a, token.SubjectClient))
	assert.False(t, token.HasSet(a, "roles"))
	relaxed := authenticator(t, &issuer{}, s.require, func(c *introspect.Config) {
		c.AllowMissingAudience, c.AllowMissingExpiry, c.StaleFor, c.GoodFor = true, true, time.Minute, time.Minute
		c.TokenTypes, c.Profile.Required = []string{"x"}, []string{}
		c.Profile.Users = []token.Mark{{Claim: "sub", ClientID: true, Not: true}}
		c.Profile.Sets = map[string][]token.Source{"roles": {{Claim: "roles"}}}
	})
	assert.Len(t, token.Relaxations(relaxed), 6)
	assert.Equal(t, []string{"RS256"}, token.Postures(relaxed)[0].Algorithms)
	assert.Nil(t, token.Postures(relaxed)[0].Keys, "a source that does not tell")
	discovered := authenticator(t, &issuer{}, func(c *introspect.Config) { c.RequireJWT = true })
	assert.NotNil(t, token.Postures(discovered)[0].Keys)
	assert.True(t, token.CanTell(relaxed, token.SubjectUser))
	assert.True(t, token.HasSet(relaxed, "roles"))
}

// A nil Authenticator refuses, and answers all questions.
func TestNil(t *testing.T) {
	t.Parallel()
	var a *introspect.Authenticator
	_, err := a.Authenticate(t.Context(), token.Bearer("x"))
	require.ErrorIs(t, err, token.ErrMissing)
	require.ErrorIs(t, a.Ready(t.Context()), token.ErrUnavailable)
	a.Forget("x")
	assert.Empty(t, a.Schemes())
	assert.Empty(t, a.Explain(t.Context(), token.Bearer("x")))
	assert.Zero(t, a.Status())
	assert.Len(t, token.Postures(a), 1)
}

// Credentials that cannot be made are an outage with an alarm, not a verdict.
func TestCredentialsFail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]introspect.Credentials{
		"no file":     introspect.BearerFile("/no/such/file"),
		"source":      introspect.BearerSource(func(context.Context) (string, error) { return "", errors.New("token server down") }),
		"line break":  introspect.BearerSource(func(context.Context) (string, error) { return "a\r\nX: y", nil }),
		"canceled":    introspect.BearerSource(func(context.Context) (string, error) { return "", context.Canceled }),
		"an outcome":  introspect.BearerSource(func(context.Context) (string, error) { return "", token.ErrExpired }),
		"panic":       introspect.BearerSource(func(context.Context) (string, error) { panic("boom") }),
		"waits":       introspect.BearerSource(func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() }),
		"empty token": introspect.BearerSource(func(context.Context) (string, error) { return "", nil }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				i := &issuer{answer: always(goodAnswer(nil))}
				a := authenticator(t, i, func(cfg *introspect.Config) { cfg.Credentials = c })
				_, err := judge(t, a, "opaque-1")
				require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
				assert.NotErrorIs(t, err, token.ErrInvalid)
				assert.NotErrorIs(t, err, context.Canceled)
				assert.Zero(t, i.asked())
			})
		})
	}
}
