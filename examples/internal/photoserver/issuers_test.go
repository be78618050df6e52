package photoserver

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// It starts and is healthy while its issuer is down, and says that it cannot
// judge tokens, which is another thing than refusing them.
func TestStartsWithoutItsIssuer(t *testing.T) {
	t.Parallel()
	issuer := loopback(t)
	issuer.GoDown()
	s := start(t, "-issuer", issuer.Identifier(), "-audience", audience)
	good := issuer.Token(tokentest.Scope("photos:read"))

	got, _, answer := s.call("GET /healthz", "", "")
	assert.Equal(t, http.StatusOK, got)
	assert.Equal(t, map[string]any{"status": "ok"}, answer)
	assert.NoError(t, s.health(bearing(t, "")))
	got, header, _ := s.call("GET /photos", good, "")
	assert.Equal(t, http.StatusServiceUnavailable, got)
	assert.NotEmpty(t, header.Get("Retry-After"))
	assert.Empty(t, header.Get("WWW-Authenticate"))
	assert.Equal(t, codes.Unavailable, status.Code(s.list(bearing(t, good))))
	got, _, _ = s.call("GET /photos", "", "")
	assert.Equal(t, http.StatusUnauthorized, got, "no keys are needed to see that there is no token")

	issuer.ComeUp()
	require.Eventually(t, func() bool {
		got, _, _ := s.call("GET /photos", good, "")
		return got == http.StatusOK && s.list(bearing(t, good)) == nil
	}, 30*time.Second, 50*time.Millisecond)
}

// With -jwks, the issuer's metadata is not asked for.
func TestKeysFromURL(t *testing.T) {
	t.Parallel()
	issuer := loopback(t)
	s := start(t, "-issuer", issuer.Identifier(), "-audience", audience, "-jwks", issuer.KeysURL())
	got, _, _ := s.call("GET /photos", issuer.Token(tokentest.Scope("photos:read")), "")
	assert.Equal(t, http.StatusOK, got)
	assert.Zero(t, issuer.Requests(issuer.MetadataURLs()...))
	assert.Equal(t, 1, issuer.Requests(issuer.KeysURL()))
}

// An issuer is a sealed bundle: what is allowed to one is not to another.
func TestTwoIssuers(t *testing.T) {
	t.Parallel()
	a, b := loopback(t), loopback(t)
	s := start(t,
		"-issuer", a.Identifier(), "-audience", "for-a",
		"-issuer", b.Identifier(), "-audience", "for-b", "-type", "JWT", "-scope-claim", "scp", "-scope-list")
	scp := tokentest.Claim("scp", []string{"photos:read"})
	for name, c := range map[string]struct {
		raw  string
		want int
	}{
		"of a":                       {a.Token(tokentest.Audience("for-a"), tokentest.Scope("photos:read")), 200},
		"of b":                       {b.Token(tokentest.Audience("for-b"), tokentest.Type("JWT"), scp), 200},
		"of a, for b":                {a.Token(tokentest.Audience("for-b"), tokentest.Scope("photos:read")), 401},
		"of a, of b's type":          {a.Token(tokentest.Audience("for-a"), tokentest.Type("JWT"), tokentest.Scope("photos:read")), 401},
		"of a, with b's scope claim": {a.Token(tokentest.Audience("for-a"), scp), 403},
		"of b, with a's scope claim": {b.Token(tokentest.Audience("for-b"), tokentest.Type("JWT"), tokentest.Scope("photos:read")), 403},
		"of a, signed by b": {
			a.Token(tokentest.Audience("for-a"), tokentest.Scope("photos:read"), tokentest.Key(b.SigningKey())), 401,
		},
		"of nobody": {a.Token(tokentest.Audience("for-a"), tokentest.Claim("iss", "http://127.0.0.1:1")), 401},
	} {
		got, _, _ := s.call("GET /photos", c.raw, "")
		assert.Equal(t, c.want, got, name)
	}
}

// The flags for marks say how an issuer shows who acts.
func TestMarkFlags(t *testing.T) {
	t.Parallel()
	issuer := loopback(t)
	args := []string{"-issuer", issuer.Identifier(), "-audience", audience}
	marked := append(slices.Clone(args), "-user", "sub!=service-*", "-client", "sub=service-*")
	for kind, c := range map[string]struct {
		args []string
		sub  string
	}{
		"unknown": {args, "service-job"}, "client": {marked, "service-job"}, "user": {marked, "ada"},
	} {
		status, _, who := start(t, c.args...).call("GET /whoami", issuer.Token(tokentest.Subject(c.sub)), "")
		assert.Equal(t, http.StatusOK, status)
		assert.Equal(t, kind, who["subject_kind"])
	}
}

// Each flag of the profile lets in what is refused without it.
func TestProfileFlags(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		flags []string
		edit  tokentest.Edit
	}{
		"type":            {[]string{"-type", "JWT"}, tokentest.Type("JWT")},
		"no type":         {[]string{"-allow-missing-type"}, tokentest.WithoutHeader("typ")},
		"scope claim":     {[]string{"-scope-claim", "scp"}, tokentest.Edits(tokentest.WithoutClaim("scope"), tokentest.Claim("scp", "photos:read"))},
		"scope list":      {[]string{"-scope-list"}, tokentest.Claim("scope", []string{"photos:read"})},
		"client id claim": {[]string{"-client-id-claim", "azp"}, tokentest.Edits(tokentest.WithoutClaim("client_id"), tokentest.Claim("azp", "c"))},
		"required":        {[]string{"-required", "sub"}, tokentest.WithoutClaim("jti")},
		"legacy":          {[]string{"-legacy"}, tokentest.Edits(tokentest.WithoutHeader("typ"), tokentest.WithoutClaim("jti"))},
		"leeway":          {[]string{"-leeway", "50s"}, tokentest.ExpiresIn(-40 * time.Second)},
		"algorithms":      {[]string{"-algorithms", "ES384"}, tokentest.Algorithm("ES384")},
		"scopes at a path": {[]string{"-scope", "/rights/photos:list", "-scope", "scope"}, tokentest.Edits(tokentest.WithoutClaim("scope"),
			tokentest.Claim("rights", map[string]any{"photos": []string{"photos:read"}}))},
		"audience claim": {[]string{"-audience-claim", "resource"}, tokentest.Edits(tokentest.WithoutClaim("aud"), tokentest.Claim("resource", audience))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := loopback(t)
			raw := issuer.Token(tokentest.Scope("photos:read"), c.edit)
			args := []string{"-issuer", issuer.Identifier(), "-audience", audience}
			strict := start(t, args...)
			relaxed := start(t, append(args, c.flags...)...)
			got, _, _ := strict.call("GET /photos", raw, "")
			assert.GreaterOrEqual(t, got, 401)
			got, _, _ = relaxed.call("GET /photos", raw, "")
			assert.Equal(t, http.StatusOK, got)
		})
	}
}

// A file says the same as the flags, for issuers that stand in it beside each
// other.
func TestSettingsFile(t *testing.T) {
	t.Parallel()
	a, b := loopback(t), loopback(t)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b.json"), []byte(b.KeySet()), 0o600))
	file := filepath.Join(dir, "issuers.yaml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `issuers:
- {issuer: %s, audience: [for-a]}
- issuer: %s
  audience: [for-b]
  keys: {file: b.json}
  profile: {types: [JWT], scopes: [{claim: /rights/photos, shape: list}], users: [{claim: email, present: true}]}
`, a.Identifier(), b.Identifier()), 0o600))
	s := start(t, "-settings", file)
	rights := tokentest.Claim("rights", map[string]any{"photos": []string{"photos:read"}})
	for name, c := range map[string]struct {
		raw  string
		want int
	}{
		"of a":                {a.Token(tokentest.Audience("for-a"), tokentest.Scope("photos:read")), 200},
		"of b":                {b.Token(tokentest.Audience("for-b"), tokentest.Type("JWT"), rights), 200},
		"of a, with b's path": {a.Token(tokentest.Audience("for-a"), rights, tokentest.WithoutClaim("scope")), 403},
		"of a, of b's type":   {a.Token(tokentest.Audience("for-a"), tokentest.Type("JWT"), tokentest.Scope("photos:read")), 401},
		"of b, for a":         {b.Token(tokentest.Audience("for-a"), tokentest.Type("JWT"), rights), 401},
	} {
		got, _, _ := s.call("GET /photos", c.raw, "")
		assert.Equal(t, c.want, got, name)
	}
	_, _, who := s.call("GET /whoami", b.Token(tokentest.Audience("for-b"), tokentest.Type("JWT"), tokentest.Claim("email", "x")), "")
	assert.Equal(t, "user", who["subject_kind"])
	assert.Zero(t, b.Requests())
}

func TestAlgorithms(t *testing.T) {
	t.Parallel()
	all := []string{"RS256", "PS256", "ES256", "EdDSA", "ES384", "RS512"}
	issuer := tokentest.NewLoopbackIssuer(t, &tokentest.Options{Audience: []string{audience}, Algorithms: all})
	s := start(t, "-issuer", issuer.Identifier(), "-audience", audience)
	for i, alg := range all {
		want := http.StatusOK
		if i >= 4 { // the rest is not among the default of token.Config
			want = http.StatusUnauthorized
		}
		got, _, _ := s.call("GET /photos", issuer.Token(tokentest.Scope("photos:read"), tokentest.Algorithm(alg)), "")
		assert.Equal(t, want, got, alg)
	}
}

// Settings that the library refuses keep the service from starting.
func TestDoesNotStart(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"issuer in clear": {"-issuer", "http://login.example.com", "-audience", "x"},
		"keys in clear":   {"-issuer", "https://login.example.com", "-audience", "x", "-jwks", "http://login.example.com/keys"},
		"claims confused": {"-issuer", "https://login.example.com", "-audience", "x", "-scope-claim", "client_id"},
	} {
		o, err := photoservice.Parse(args, io.Discard)
		require.NoError(t, err, name)
		assert.ErrorIs(t, Run(t.Context(), o, io.Discard, io.Discard), token.ErrConfig, name)
	}
}
