package token_test

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"math"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
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
		"nil proof":                          func(c *token.Config) { c.Confirmations = []token.ConfirmationChecker{nil} },
		"two proofs of one method": func(c *token.Config) {
			c.Confirmations = []token.ConfirmationChecker{proof{method: "a"}, proof{method: "a"}}
		},
		"a nil pointer for a proof":          func(c *token.Config) { c.Confirmations = []token.ConfirmationChecker{(*proof)(nil)} },
		"a proof of DPoP":                    func(c *token.Config) { c.Confirmations = []token.ConfirmationChecker{proof{method: "jkt"}} },
		"too large a memory":                 func(c *token.Config) { c.CacheSize = 1<<30 + 1 },
		"a memory of any size":               func(c *token.Config) { c.CacheSize = math.MaxInt },
		"keys and a client to fetch them":    func(c *token.Config) { c.HTTPClient = http.DefaultClient },
		"keys and authorities to fetch them": func(c *token.Config) { c.RootCAs = x509.NewCertPool() },
		"template for issuer":                discovered("https://as.example.com/{tenantid}/v2.0"),
		"template for issuer, with keys":     func(c *token.Config) { c.Issuer = "https://as.example.com/{tenantid}/v2.0" },
		"half a template":                    func(c *token.Config) { c.Issuer = "https://as.example.com/tenantid}" },
		"keys of another issuer":             keysOf("https://other-tenant.example.com", nil),
		"keys of another path":               keysOf(issuer+"/t1", nil),
		"keys of two slashes":                keysOf(issuer+"//", nil),
		"keys of another issuer, embedded":   embeddingKeysOf("https://other-tenant.example.com"),
		"keys discovered for another issuer": discoveringAt("https://other-tenant.example.com", issuer),
		"a nil Remote":                       func(c *token.Config) { c.Keys = (*jwks.Remote)(nil) },
		"a nil func":                         func(c *token.Config) { c.Keys = sourceFunc(nil) },
		"a nil Static":                       func(c *token.Config) { c.Keys = jwks.Static(nil) },
		"an empty Static":                    func(c *token.Config) { c.Keys = jwks.Static{} },
		"C_8414-2-1 http issuer, discovered": discovered("http://as.example.com"),
		"C_8414-2-1 query":                   discovered("https://as.example.com?x=1"),
		"C_8414-2-1 fragment":                discovered("https://as.example.com#f"),
		"C_8414-2-1 no URL":                  discovered("as.example.com"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			edit(&cfg)
			assert.ErrorIs(t, cfg.Validate(), token.ErrConfig)
			v, err := token.NewVerifier(cfg)
			require.ErrorIs(t, err, token.ErrConfig)
			assert.Nil(t, v)
		})
	}
}

// keysOf lets the keys come from what is configured for an issuer.
func keysOf(issuer string, urls []string) func(*token.Config) {
	return func(c *token.Config) {
		remote, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: issuer, URLs: urls})
		must(err)
		c.Keys = remote
	}
}

// discoveringAt lets the keys of an issuer be discovered elsewhere.
func discoveringAt(issuer, place string) func(*token.Config) {
	return func(c *token.Config) {
		remote, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: issuer, DiscoverAt: place})
		must(err)
		c.Keys = remote
	}
}

// issuedAs is discoveringAt for an issuer with another name.
func issuedAs(issuer, place string) func(*token.Config) {
	return func(c *token.Config) {
		discoveringAt(issuer, place)(c)
		c.Issuer = issuer
	}
}

func embeddingKeysOf(issuer string) func(*token.Config) {
	return func(c *token.Config) {
		remote, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: issuer})
		must(err)
		c.Keys = struct{ *jwks.Remote }{remote}
	}
}

// A key that ParseSet would refuse is refused when it is given by hand, and the
// error says which it is and why.
func TestStaticKeysAreChecked(t *testing.T) {
	t.Parallel()
	good := keys.p256().Public()
	for name, c := range map[string]struct {
		key  jwks.Key
		want error
		says string
	}{
		"a private key":              {jwks.Key{Public: keys.rsa()}, jwks.ErrKeyPrivate, "*rsa.PrivateKey"},
		"a secret":                   {jwks.Key{Public: []byte("secret")}, jwks.ErrKeySymmetric, ""},
		"a string":                   {jwks.Key{Public: "key"}, jwks.ErrKeyUnsupported, "string"},
		"nothing":                    {jwks.Key{}, jwks.ErrKeyUnsupported, ""},
		"C_7518-3.3-1 RSA 1024":      {jwks.Key{Public: modulus(1024, 65537)}, jwks.ErrKeyWeak, "1024 bits"},
		"alg that does not fit":      {jwks.Key{Algorithm: "RS256", Public: good}, jwks.ErrKeyAlgorithm, `["ES256"]`},
		"a point of small order":     {jwks.Key{Public: make(ed25519.PublicKey, 32)}, jwks.ErrKeyWeak, "small order"},
		"C_8725-3.2-1 alg of HMAC":   {jwks.Key{Algorithm: "HS256", Public: good}, jwks.ErrKeyAlgorithm, "HS256"},
		"alg from outside the table": {jwks.Key{Algorithm: "\n\x1b", Public: good}, jwks.ErrKeyAlgorithm, `"\n\x1b"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			c.key.ID = "the bad\n one"
			cfg.Keys = append(published(), c.key)
			v, err := token.NewVerifier(cfg)
			require.ErrorIs(t, err, token.ErrConfig)
			require.ErrorIs(t, err, c.want)
			assert.Nil(t, v)
			assert.ErrorContains(t, err, `"the bad\n one"`)
			assert.ErrorContains(t, err, c.says)
			assertOneLine(t, err.Error())
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
		"discovered":                       discovered("https://as.example.com/t1"),
		"discovered on loopback":           discovered("http://127.0.0.1:8080"),
		"leeway of a minute":               func(c *token.Config) { c.Leeway = time.Minute },
		"leeway of five minutes":           func(c *token.Config) { c.Leeway, c.ExtendedLeeway = 5*time.Minute, true },
		"smallest size":                    func(c *token.Config) { c.MaxTokenSize = 1024 },
		"no time given":                    func(c *token.Config) { c.Time = nil },
		"C_8414-3.3-1 keys of the issuer":  keysOf(issuer, nil),
		"keys of the other spelling":       keysOf(issuer+"/", nil),
		"keys discovered elsewhere":        discoveringAt(issuer, "https://other-tenant.example.com"),
		"an http issuer":                   issuedAs("http://as.example.com/adfs/services/trust", "https://as.example.com/adfs"),
		"an issuer without a scheme":       issuedAs("accounts.example.com", "https://accounts.example.com"),
		"keys at a URL, whosever they are": keysOf("https://other-tenant.example.com", []string{"https://keys.example.com"}),
		"the largest memory":               func(c *token.Config) { c.CacheSize = 1 << 30 },
		"only tokens without type":         func(c *token.Config) { c.Profile.Types, c.Profile.AllowMissingType = []string{}, true },
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
	ed := jwks.Key{ID: "ed", Public: slices.Clone(keys.ed().Public().(ed25519.PublicKey))}
	cfg := config()
	cfg.Keys = jwks.Static{ed}
	cfg.Algorithms = []string{"EdDSA"}
	cfg.Confirmations = []token.ConfirmationChecker{proof{"m", proves}}
	cfg.Profile = token.Profile{Types: []string{"x"}, Required: []string{"tenant", "sub"}, ClientIDs: []string{"app"}}
	assert.NoError(t, cfg.Validate())
	v, err := token.NewVerifier(cfg)
	require.NoError(t, err)

	cfg.Audience[0] = "https://evil.example"
	cfg.Algorithms[0] = "ES256"
	cfg.Confirmations[0] = proof{"n", proves}
	cfg.Profile.Types[0], cfg.Profile.Required[0], cfg.Profile.ClientIDs[0] = "y", "z", "z"
	clear(ed.Public.(ed25519.PublicKey))
	cfg.Keys.(jwks.Static)[0] = jwks.Key{}

	good := func(edits ...any) mint {
		return mint{alg: "EdDSA", header: pairs([]any{"typ", "x"}), claims: pairs(append([]any{"tenant", "t"}, edits...))}
	}
	otherType := good()
	otherType.header = pairs([]any{"typ", "y"})
	for name, c := range map[string]struct {
		mint mint
		want error
	}{
		"good":      {good("cnf", map[string]string{"m": "x"}), nil},
		"audience":  {good("aud", "https://evil.example"), token.ErrAudience},
		"algorithm": {mint{}, token.ErrAlgorithm},
		"proof":     {good("cnf", map[string]string{"n": "x"}), token.ErrBinding},
		"type":      {otherType, token.ErrType},
		"required":  {good("tenant", nil), token.ErrClaim},
		"client id": {good("aud", []string{audience, "app"}), token.ErrType},
	} {
		_, err = v.Authenticate(context.Background(), token.Bearer(c.mint.token()))
		require.ErrorIs(t, err, c.want, name)
	}
}

func TestLeewayIsBounded(t *testing.T) {
	t.Parallel()
	long := func(c *token.Config) { c.Leeway, c.ExtendedLeeway = 5*time.Minute, true }
	runRows(t, []row{
		{name: "within five minutes", mint: claims("exp", now.Unix()-299), cfg: long},
		{name: "beyond five minutes", mint: claims("exp", now.Unix()-300), cfg: long, want: token.ErrExpired},
	})
}
