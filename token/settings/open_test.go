package settings_test

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/settings"
	"github.com/postern-go/postern/token/tokentest"
)

const api = "https://api.example.com"

// keySet is the JWK Set that an issuer publishes.
func keySet(t *testing.T, i *tokentest.Issuer) string {
	t.Helper()
	answer, err := i.Client().Get(i.KeysURL())
	require.NoError(t, err)
	defer answer.Body.Close()
	var set json.RawMessage
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&set))
	return string(set)
}

func read(t *testing.T, dir, text string) *settings.File {
	t.Helper()
	f, err := settings.Read(write(t, dir, "settings.yaml", text))
	require.NoError(t, err)
	return f
}

// Each token is judged by the settings of its own issuer.
func TestAuthenticator(t *testing.T) {
	t.Parallel()
	discovered := tokentest.NewLoopbackIssuer(t, &tokentest.Options{Audience: []string{api}})
	filed := tokentest.NewIssuer(t, &tokentest.Options{Identifier: "https://filed.example.com", Audience: []string{"b"}})
	dir := t.TempDir()
	write(t, dir, "keys.json", keySet(t, filed))
	first := fmt.Sprintf("issuers:\n- issuer: %s\n  audience: [%s]\n", discovered.Identifier(), api)
	second := "- issuer: https://filed.example.com\n  audience: [b]\n  keys: {file: keys.json}\n  profile: {base: legacy, client_id_claim: azp}\n"
	shaped := tokentest.Shaped(token.Profile{Types: []string{"JWT"}, ClientIDClaim: "azp"})
	auth, err := read(t, dir, first+second).Authenticator()
	require.NoError(t, err)
	for name, c := range map[string]struct {
		raw  string
		want error
	}{
		"the first":                         {discovered.Token(), nil},
		"the second":                        {filed.Token(shaped), nil},
		"the first, shaped like the second": {discovered.Token(shaped), token.ErrType},
		"the audience of the first":         {filed.Token(shaped, tokentest.Audience(api)), token.ErrAudience},
		"an ID token":                       {filed.IDToken(tokentest.Audience("b")), token.ErrType},
		"a foreign key":                     {filed.Token(shaped, tokentest.Key(filed.ForeignKey("ES256", filed.SigningKey().ID))), token.ErrSignature},
		"another issuer":                    {filed.Token(tokentest.Claim("iss", "https://other.example.com")), token.ErrIssuer},
	} {
		_, err := auth.Authenticate(t.Context(), token.Bearer(c.raw))
		assert.ErrorIs(t, err, c.want, name)
	}
	one, err := read(t, dir, first).Authenticator()
	require.NoError(t, err)
	assert.IsType(t, &token.Verifier{}, one, "one issuer needs no choice")
	_, err = one.Authenticate(t.Context(), token.Bearer(discovered.Token()))
	assert.NoError(t, err)
}

// With templates the settings choose in the same way.
func TestAuthenticatorOfTemplates(t *testing.T) {
	t.Parallel()
	const tenants = "https://login.example.com/{tenant}/v2.0"
	first := tokentest.NewIssuer(t, &tokentest.Options{Identifier: "https://login.example.com/one/v2.0", Audience: []string{api}})
	named := tokentest.NewIssuer(t, &tokentest.Options{Identifier: "https://as.example.com", Audience: []string{api}})
	dir := t.TempDir()
	write(t, dir, "shared.json", keySet(t, first))
	write(t, dir, "named.json", keySet(t, named))
	template := "issuers:\n- template: " + tenants + "\n  values: [one, two]\n  claim: tid\n  audience: [" + api + "]\n  keys: {file: shared.json}\n"
	both := template + "- issuer: https://as.example.com\n  audience: [" + api + "]\n  keys: {file: named.json}\n"
	tid := func(value string) tokentest.Edit { return tokentest.Claim("tid", value) }
	iss := func(value string) tokentest.Edit {
		return tokentest.Claim("iss", strings.Replace(tenants, "{tenant}", value, 1))
	}
	for name, c := range map[string]struct {
		raw         string
		want, alone error
	}{
		"one":                   {first.Token(tid("one")), nil, nil},
		"two":                   {first.Token(iss("two"), tid("two")), nil, nil},
		"the tenant of two":     {first.Token(tid("two")), token.ErrClaim, token.ErrClaim},
		"three":                 {first.Token(iss("three"), tid("three")), token.ErrIssuer, token.ErrIssuer},
		"the named one":         {named.Token(), nil, token.ErrIssuer},
		"its keys for a tenant": {named.Token(iss("one"), tid("one")), token.ErrSignature, token.ErrSignature},
	} {
		for text, want := range map[string]error{both: c.want, template: c.alone} {
			f := read(t, dir, text)
			auth, err := f.Authenticator()
			require.NoError(t, err)
			_, err = auth.Authenticate(t.Context(), token.Bearer(c.raw))
			assert.ErrorIs(t, err, want, name)
		}
	}
	f := read(t, dir, both)
	config, err := f.ConfigFor("https://login.example.com/two/v2.0")
	require.NoError(t, err)
	verifier, err := token.NewVerifier(config)
	require.NoError(t, err)
	_, err = verifier.Authenticate(t.Context(), token.Bearer(first.Token(iss("two"), tid("two"))))
	assert.NoError(t, err)
	_, err = verifier.Authenticate(t.Context(), token.Bearer(first.Token(iss("two"), tid("one"))))
	assert.ErrorIs(t, err, token.ErrClaim)
	_, err = f.ConfigFor("https://login.example.com/three/v2.0")
	assert.ErrorIs(t, err, token.ErrIssuer)
	_, err = f.ConfigFor("")
	assert.ErrorIs(t, err, token.ErrIssuer)
	_, err = (*settings.File)(nil).ConfigFor("x")
	assert.ErrorIs(t, err, token.ErrConfig)
}

// Files for authorities and tokens are those beside the settings, and a password
// of a proxy is shown nowhere.
func TestFilesOfKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	issuer := tokentest.NewIssuer(t, &tokentest.Options{Identifier: "https://as.example.com", Audience: []string{api}})
	set := keySet(t, issuer)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer of-the-cluster" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, set)
	}))
	t.Cleanup(server.Close)
	write(t, dir, "token", "of-the-cluster")
	auth, err := read(t, dir, head+"    keys: {urls: ["+server.URL+"/keys], token_file: token}\n").Authenticator()
	require.NoError(t, err)
	_, err = auth.Authenticate(t.Context(), token.Bearer(issuer.Token()))
	assert.NoError(t, err)

	f := read(t, dir, head+"    keys: {proxy: 'http://user:hunter2@proxy.example:3128'}\n")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		assert.NotContains(t, fmt.Sprintf(verb, f), "hunter2", verb)
		assert.NotContains(t, fmt.Sprintf(verb, f.Issuers[0]), "hunter2", verb)
		assert.NotContains(t, fmt.Sprintf(verb, f.Issuers), "hunter2", verb)
	}
}

// The issuers of a template have their keys where each says, or where the
// settings say, with authorities of one's own.
func TestDiscoveryOfATemplate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	asked := make(chan string, 100)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		http.NotFound(w, r)
	}))
	t.Cleanup(server.Close)
	write(t, dir, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	issuer := tokentest.NewIssuer(t, nil)
	for keys, where := range map[string]string{
		"{root_cas_file: ca.pem}": "/realms/one/.well-known/openid-configuration",
		"{root_cas_file: ca.pem, discover_at: '" + server.URL + "/inside/{realm}'}": "/inside/one/.well-known/openid-configuration",
	} {
		file := read(t, dir, "issuers:\n- audience: [x]\n  any_value: true\n  template: '"+server.URL+"/realms/{realm}'\n  keys: "+keys+"\n")
		configs, err := file.Configs()
		require.NoError(t, err)
		assert.Nil(t, configs[0].Keys)
		assert.Empty(t, configs[0].Issuer)
		auth, err := file.Authenticator()
		require.NoError(t, err)
		one, err := file.ConfigFor(server.URL + "/realms/one")
		require.NoError(t, err)
		same, err := token.NewVerifier(one)
		require.NoError(t, err)
		for _, a := range []token.Authenticator{auth, same} {
			_, err = a.Authenticate(t.Context(), token.Bearer(issuer.Token(tokentest.Claim("iss", server.URL+"/realms/one"))))
			require.ErrorIs(t, err, token.ErrKeysUnavailable)
			var paths []string
			for len(asked) > 0 {
				paths = append(paths, <-asked)
			}
			assert.Contains(t, paths, where, keys)
		}
	}
}

func TestConfigs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	issuer := tokentest.NewIssuer(t, nil)
	keys := write(t, dir, "keys.json", keySet(t, issuer))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "sub"), 0o700))
	require.NoError(t, os.Symlink(keys, filepath.Join(dir, "sub", "link.json")))
	for _, name := range []string{"keys.json", "sub/link.json", "./sub/../keys.json", keys} {
		configs, err := read(t, dir, head+"    keys: {file: "+name+"}\n").Configs()
		require.NoError(t, err, name)
		assert.IsType(t, jwks.Static{}, configs[0].Keys)
	}
	configs, err := read(t, dir, head+"    keys: {same_host: true}\n"+"  - {issuer: https://b.example.com, audience: [x], leeway: 5s}\n").Configs()
	require.NoError(t, err)
	require.Len(t, configs, 2)
	remote, ok := configs[0].Keys.(*jwks.Remote)
	require.True(t, ok)
	assert.Equal(t, "https://as.example.com", remote.Discovers())
	assert.Nil(t, configs[1].Keys)
}

// What only the files show has the line of their field.
func TestFilesRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "empty.json", `{"keys": []}`)
	write(t, dir, "weak.json", `{"keys": [{"kty": "oct", "kid": "k\n", "k": "c2VjcmV0"}]}`)
	write(t, dir, "none.json", `no set`)
	write(t, dir, "none.pem", "no certificate")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "directory"), 0o700))
	for field, names := range map[string][]string{
		"file":          {"empty.json", "weak.json", "none.json", "missing.json", "directory", "/dev/zero"},
		"root_cas_file": {"none.pem", "missing.pem", "directory", "/dev/zero"},
	} {
		for _, name := range names {
			_, err := read(t, dir, head+"    keys:\n      "+field+": "+name+"\n").Authenticator()
			require.ErrorIs(t, err, token.ErrConfig, name)
			assertOneLine(t, err)
			assert.ErrorContains(t, err, "settings: line 5: issuers[0].keys."+field+": invalid configuration: ")
			assert.NotContains(t, err.Error(), "c2VjcmV0")
			if name == "directory" || name == "/dev/zero" {
				assert.ErrorContains(t, err, "is not a regular file")
			}
		}
	}
}

// A server with a certificate of a private authority is believed only with it.
func TestRootCAsFile(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, &tokentest.Options{Identifier: "https://as.example.com", Audience: []string{api}})
	set := keySet(t, issuer)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, set) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // one handshake is meant to fail
	server.StartTLS()
	t.Cleanup(server.Close)
	dir := t.TempDir()
	write(t, dir, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	keys := head + "    keys:\n      urls: [" + server.URL + "/keys]\n"
	trusting, err := read(t, dir, keys+"      root_cas_file: ca.pem\n").Authenticator()
	require.NoError(t, err)
	_, err = trusting.Authenticate(t.Context(), token.Bearer(issuer.Token()))
	assert.NoError(t, err)
	other, err := read(t, dir, keys).Authenticator()
	require.NoError(t, err)
	_, err = other.Authenticate(t.Context(), token.Bearer(issuer.Token()))
	assert.ErrorIs(t, err, token.ErrKeysUnavailable)
}

// Settings made in Go work like those of a file, and their errors have no line.
func TestByHand(t *testing.T) {
	t.Parallel()
	good := settings.Issuer{Config: token.Config{Issuer: "https://as.example.com", Audience: []string{api}}}
	bad := map[string]func(*settings.Issuer){
		"no audience":            func(i *settings.Issuer) { i.Config.Audience = nil },
		"keys twice":             func(i *settings.Issuer) { i.Config.Keys = unavailable{}; i.Keys.File = "keys.json" },
		"authorities twice":      func(i *settings.Issuer) { i.Keys.RootCAsFile = "x"; i.Keys.Remote.RootCAs = authorities() },
		"keys of another issuer": func(i *settings.Issuer) { i.Keys.Remote.Issuer = "https://b.example.com" },
	}
	for name, change := range bad {
		i := good
		change(&i)
		_, err := (&settings.File{Issuers: []settings.Issuer{i}}).Authenticator()
		require.ErrorIs(t, err, token.ErrConfig, name)
		assert.NotContains(t, err.Error(), "line ")
		if strings.HasSuffix(name, "twice") {
			assert.ErrorContains(t, err, "want one of them")
		}
	}
	for name, f := range map[string]*settings.File{"nil": nil, "zero": {}, "twice": {Issuers: []settings.Issuer{good, good}}} {
		_, err := f.Authenticator()
		assert.ErrorIs(t, err, token.ErrConfig, name)
		_, err = f.Configs()
		assert.ErrorIs(t, err, token.ErrConfig, name)
	}
	_, err := (&settings.File{Issuers: []settings.Issuer{good}}).Authenticator()
	assert.NoError(t, err)
}

func authorities() *x509.CertPool { return x509.NewCertPool() }
