package refusals_test

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"testing"

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

const ordersURL = "https://api.example.com/orders"

// replica is one of the replicas of a service that takes DPoP.
func replica(t *testing.T, issuer *tokentest.Issuer, settings dpop.Config) tokentest.Target {
	t.Helper()
	checker, err := dpop.New(settings)
	require.NoError(t, err)
	cfg := issuer.Config()
	cfg.Confirmations = []token.ConfirmationChecker{checker}
	guard := middleware.New(newVerifier(t, cfg), &middleware.Config{Resource: scope.Resource{BaseURLs: []string{"https://api.example.com"}}})
	return tokentest.HTTPTarget(guard.Require(scope.All("a"))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})), orders)
}

func memory(t *testing.T) *dpop.MemoryStore {
	t.Helper()
	store, err := dpop.NewMemoryStore(nil)
	require.NoError(t, err)
	return store
}

// A service that takes DPoP withstands all attacks, however it is set up.
func TestRefusalsOfDPoP(t *testing.T) {
	t.Parallel()
	nonces := dpop.NewLocalNonces()
	for name, c := range map[string]struct {
		settings dpop.Config
		needs    refusals.DPoP
	}{
		"accepted":       {},
		"required":       {dpop.Config{Required: true}, refusals.DPoP{Required: true}},
		"nonces":         {dpop.Config{Nonces: nonces}, refusals.DPoP{}},
		"all of it":      {dpop.Config{Nonces: nonces, Required: true}, refusals.DPoP{Required: true}},
		"nonces for iat": {dpop.Config{Nonces: nonces, NonceReplacesClock: true}, refusals.DPoP{NonceReplacesClock: true}},
		"EdDSA":          {dpop.Config{Algorithms: []string{"EdDSA"}}, refusals.DPoP{Algorithms: []string{"EdDSA"}}},
		"RS256":          {dpop.Config{Algorithms: []string{"RS256", "ES384"}}, refusals.DPoP{Algorithms: []string{"RS256", "ES384"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := tokentest.NewIssuer(t, nil)
			c.settings.Store = memory(t)
			c.needs.Method, c.needs.URL = http.MethodGet, ordersURL
			c.needs.Replica = replica(t, issuer, c.settings)
			refusals.Test(t, issuer, replica(t, issuer, c.settings), &refusals.Config{Scopes: []string{"a"}, DPoP: &c.needs})
		})
	}
}

// So does a service that takes certificates, alone and with DPoP.
func TestRefusalsOfCertificates(t *testing.T) {
	t.Parallel()
	ofConnection, err := mtls.New(mtls.Config{})
	require.NoError(t, err)
	for name, needs := range map[string]*refusals.DPoP{
		"alone": nil, "with DPoP": {Method: http.MethodGet, URL: ordersURL}, "with DPoP required": {Method: http.MethodGet, URL: ordersURL, Required: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := tokentest.NewIssuer(t, nil)
			cfg := issuer.Config()
			cfg.Confirmations = []token.ConfirmationChecker{ofConnection}
			if needs != nil {
				checker, err := dpop.New(dpop.Config{Required: needs.Required})
				require.NoError(t, err)
				cfg.Confirmations = append(cfg.Confirmations, checker)
			}
			guard := middleware.New(newVerifier(t, cfg), &middleware.Config{Resource: scope.Resource{BaseURLs: []string{"https://api.example.com"}}})
			target := tokentest.HTTPTarget(guard.Require(scope.All("a"))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})), orders)
			refusals.Test(t, issuer, target, &refusals.Config{Scopes: []string{"a"}, DPoP: needs, Certificate: tokentest.NewCertificate(t, nil)})
		})
	}
}

// A service that trusts every caller like a proxy is found, in each format.
func TestForgedFieldsAreFound(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]mtls.Header{
		"Client-Cert":             {Format: mtls.ClientCert},
		"X-Forwarded-Client-Cert": {Format: mtls.XFCC},
		"X-Ssl-Client-Cert":       {Format: mtls.EscapedPEM, Name: "X-SSL-Client-Cert"},
		"X-Ssl-Client-Der":        {Format: mtls.Base64DER, Name: "X-SSL-Client-DER"},
		"X-Amzn":                  {Format: mtls.EscapedPEM, Name: "X-Amzn-Mtls-Clientcert-Leaf"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := tokentest.NewIssuer(t, nil)
			everyone := []netip.Prefix{netip.MustParsePrefix("192.0.0.0/8")} // where httptest calls from
			checker, err := mtls.New(mtls.Config{Header: header, Proxy: mtls.Proxy{Addresses: everyone}})
			require.NoError(t, err)
			cfg := issuer.Config()
			cfg.Confirmations = []token.ConfirmationChecker{checker}
			target := tokentest.HTTPTarget(guarded(t, cfg, scope.Authenticated), nil)
			admitted := 0
			for _, r := range refusals.Run(t.Context(), issuer, target, nil) {
				if errors.Is(r.Err, refusals.ErrAdmitted) {
					admitted++
					assert.Contains(t, r.Attack.Name, "forged ")
				}
			}
			assert.Equal(t, 1, admitted)
		})
	}
}

// The suite finds what is wrong with a service that is set up wrongly.
func TestServicesWithDPoPThatAreWrong(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	run := func(target tokentest.Target, needs refusals.DPoP) []refusals.Result {
		if needs.URL == "" {
			needs.URL = ordersURL
		}
		needs.Method = http.MethodGet
		return refusals.Run(t.Context(), issuer, target, &refusals.Config{Scopes: []string{"a"}, DPoP: &needs})
	}
	t.Run("replicas that share no store", func(t *testing.T) {
		t.Parallel()
		results := run(replica(t, issuer, dpop.Config{}), refusals.DPoP{Replica: replica(t, issuer, dpop.Config{})})
		assert.ErrorIs(t, resultOf(t, results, "proof replayed to another replica").Err, refusals.ErrAdmitted)
		assert.NoError(t, resultOf(t, results, "proof replayed").Err)
	})
	t.Run("DPoP is not taken", func(t *testing.T) {
		t.Parallel()
		plain := middleware.New(newVerifier(t, issuer.Config()), nil)
		target := tokentest.HTTPTarget(plain.Require(scope.All("a"))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})), orders)
		assert.ErrorIs(t, run(target, refusals.DPoP{})[0].Err, refusals.ErrRefused)
	})
	t.Run("the URL is another", func(t *testing.T) {
		t.Parallel()
		results := run(replica(t, issuer, dpop.Config{}), refusals.DPoP{URL: "http://example.com/orders"})
		assert.ErrorIs(t, results[0].Err, refusals.ErrRefused)
	})
	t.Run("Bearer is taken where DPoP is required", func(t *testing.T) {
		t.Parallel()
		lax := run(replica(t, issuer, dpop.Config{}), refusals.DPoP{Required: true})
		assert.ErrorIs(t, resultOf(t, lax, "unbound token under Bearer").Err, refusals.ErrAdmitted)
	})
	t.Run("no nonce is offered", func(t *testing.T) {
		t.Parallel()
		sound := replica(t, issuer, dpop.Config{Nonces: dpop.NewLocalNonces()})
		calls := 0
		mute := func(ctx context.Context, c tokentest.Credentials) tokentest.Answer {
			answer := sound(ctx, c)
			if calls++; calls > 1 {
				answer.Nonce = ""
			}
			return answer
		}
		assert.ErrorIs(t, resultOf(t, run(mute, refusals.DPoP{}), "proof without a nonce").Err, refusals.ErrAnswer)
	})
	t.Run("the proof is repeated", func(t *testing.T) {
		t.Parallel()
		sound := replica(t, issuer, dpop.Config{})
		chatty := func(ctx context.Context, c tokentest.Credentials) tokentest.Answer {
			answer := sound(ctx, c)
			if len(answer.Challenge) > 0 && len(c.Fields["Dpop"]) > 0 {
				answer.Challenge[0] += `, proof="` + c.Fields["Dpop"][0] + `"`
			}
			return answer
		}
		assert.ErrorIs(t, resultOf(t, run(chatty, refusals.DPoP{}), "proof for another method").Err, refusals.ErrEcho)
	})
}
