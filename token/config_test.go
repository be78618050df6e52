package token_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

func TestConfigRefused(t *testing.T) {
	t.Parallel()
	algorithms := func(names ...string) func(*token.Config) {
		return func(c *token.Config) { c.Algorithms = append([]string{}, names...) }
	}
	for name, edit := range map[string]func(*token.Config){
		"no issuer":                          func(c *token.Config) { c.Issuer = "" },
		"C_7519-4.1.3-4 no audience":         func(c *token.Config) { c.Audience = nil },
		"C_7519-4.1.3-4 empty audience":      func(c *token.Config) { c.Audience = []string{""} },
		"C_8725-3.1-1 empty algorithms":      algorithms(),
		"C_8725-3.2-1 none":                  algorithms("none"),
		"C_8725-3.2-1 HS1":                   algorithms("HS1"),
		"C_8725-3.2-1 RS1":                   algorithms("RS1"),
		"C_8725-3.2-1 ES256K":                algorithms("ES256K"),
		"C_7518-3.2-1 HS256":                 algorithms("HS256"),
		"C_7518-3.2-2 HS256 among others":    algorithms("RS256", "HS256"),
		"HS384":                              algorithms("HS384"),
		"HS512":                              algorithms("HS512"),
		"es256":                              algorithms("es256"),
		"Ed448":                              algorithms("Ed448"),
		"C_9068-4-5 leeway of ten minutes":   func(c *token.Config) { c.Leeway = 10 * time.Minute },
		"leeway of 61 s without the option":  func(c *token.Config) { c.Leeway = 61 * time.Second },
		"leeway beyond the option":           func(c *token.Config) { c.Leeway, c.ExtendedLeeway = 301*time.Second, true },
		"negative life":                      func(c *token.Config) { c.MaxLifetime = -1 },
		"too small a size":                   func(c *token.Config) { c.MaxTokenSize = 1023 },
		"too large a size":                   func(c *token.Config) { c.MaxTokenSize = 64<<10 + 1 },
		"no types":                           func(c *token.Config) { c.Profile.Types = []string{} },
		"empty type":                         func(c *token.Config) { c.Profile.Types = []string{""} },
		"scope read from iss":                func(c *token.Config) { c.Profile.ScopeClaim = "iss" },
		"client id read from exp":            func(c *token.Config) { c.Profile.ClientIDClaim = "exp" },
		"scope and client id from one claim": func(c *token.Config) { c.Profile.ClientIDClaim = "scope" },
		"empty required claim":               func(c *token.Config) { c.Profile.Required = []string{""} },
		"65 required claims":                 func(c *token.Config) { c.Profile.Required = make([]string, 65) },
		"empty client id":                    func(c *token.Config) { c.Profile.ClientIDs = []string{""} },
		"nil proof":                          func(c *token.Config) { c.Proofs = []token.Proof{nil} },
		"two proofs of one method":           func(c *token.Config) { c.Proofs = []token.Proof{proof{method: "a"}, proof{method: "a"}} },
		"C_8414-2-1 http issuer, discovered": discovered("http://as.example.com"),
		"C_8414-2-1 query":                   discovered("https://as.example.com?x=1"),
		"C_8414-2-1 fragment":                discovered("https://as.example.com#f"),
		"C_8414-2-1 no URL":                  discovered("as.example.com"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			edit(&cfg)
			v, err := token.NewVerifier(cfg)
			require.ErrorIs(t, err, token.ErrConfig)
			assert.Nil(t, v)
		})
	}
}

func discovered(issuer string) func(*token.Config) {
	return func(c *token.Config) { c.Issuer, c.Keys = issuer, nil }
}

func TestConfigAccepted(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*token.Config){
		"C_8414-2-1 any issuer with keys of its own": func(c *token.Config) { c.Issuer = "acme.com" },
		"discovered":               discovered("https://as.example.com/t1"),
		"discovered on loopback":   discovered("http://127.0.0.1:8080"),
		"leeway of a minute":       func(c *token.Config) { c.Leeway = time.Minute },
		"leeway of five minutes":   func(c *token.Config) { c.Leeway, c.ExtendedLeeway = 5*time.Minute, true },
		"smallest size":            func(c *token.Config) { c.MaxTokenSize = 1024 },
		"no time given":            func(c *token.Config) { c.Time = nil },
		"only tokens without type": func(c *token.Config) { c.Profile.Types, c.Profile.AllowMissingType = []string{}, true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newVerifier(t, edit)
		})
	}
}

// A Config that changes after NewVerifier changes nothing.
func TestConfigIsCopied(t *testing.T) {
	t.Parallel()
	cfg := config()
	v, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	cfg.Audience[0] = "https://evil.example"
	_, err = v.Authenticate(context.Background(), token.Bearer(mint{}.token()))
	require.NoError(t, err)
	_, err = v.Authenticate(context.Background(), token.Bearer(claims("aud", "https://evil.example").token()))
	require.ErrorIs(t, err, token.ErrAudience)
}

func TestLeewayIsBounded(t *testing.T) {
	t.Parallel()
	long := func(c *token.Config) { c.Leeway, c.ExtendedLeeway = 5*time.Minute, true }
	runRows(t, []row{
		{name: "within five minutes", mint: claims("exp", now.Unix()-299), cfg: long},
		{name: "beyond five minutes", mint: claims("exp", now.Unix()-300), cfg: long, want: token.ErrExpired},
	})
}
