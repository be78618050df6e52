package tokentest_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

func decoded(t *testing.T, segment string) string {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(segment)
	require.NoError(t, err)
	return string(text)
}

func TestGoodToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		issuer := tokentest.NewIssuer(t, nil)
		v := newVerifier(t, issuer.Config())
		got, err := v.Authenticate(t.Context(), token.Bearer(issuer.Token()))
		require.NoError(t, err)
		assert.Equal(t, "https://issuer.test", got.Issuer())
		assert.Equal(t, []string{"https://api.example.com"}, got.Audience())
		assert.Equal(t, "alice", got.Subject())
		assert.Equal(t, "test-client", got.ClientID())
		assert.Empty(t, got.Scopes())
		assert.True(t, time.Now().Equal(got.IssuedAt()))
		assert.True(t, time.Now().Add(5*time.Minute).Equal(got.Expiry()))

		other, err := v.Authenticate(t.Context(), token.Bearer(issuer.Token()))
		require.NoError(t, err)
		assert.NotEqual(t, got.ID(), other.ID())

		time.Sleep(6 * time.Minute)
		assert.ErrorIs(t, verifyBy(t, v, got.Raw()), token.ErrExpired)
	})
}

func TestLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		issuer := tokentest.NewIssuer(t, nil)
		got, err := newVerifier(t, issuer.Config()).Authenticate(t.Context(), token.Bearer(issuer.Token(tokentest.ACR("loa2"), tokentest.AuthenticatedAgo(time.Minute))))
		require.NoError(t, err)
		assert.Equal(t, "loa2", got.ACR())
		assert.True(t, time.Now().Add(-time.Minute).Equal(got.AuthTime()))
	})
}

func TestOptions(t *testing.T) {
	t.Parallel()
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	issuer := tokentest.NewIssuer(t, &tokentest.Options{
		Identifier: "https://login.test/t1",
		Audience:   []string{"https://a.test", "https://b.test"},
		Algorithms: []string{"EdDSA", "ES512"},
		Lifetime:   time.Hour,
		Time:       func() time.Time { return at },
	})
	assert.Equal(t, at, issuer.Now())
	got, err := newVerifier(t, issuer.Config("https://b.test")).Authenticate(t.Context(), token.Bearer(issuer.Token()))
	require.NoError(t, err)
	assert.Equal(t, "https://login.test/t1", got.Issuer())
	assert.Equal(t, []string{"https://a.test", "https://b.test"}, got.Audience())
	assert.Equal(t, at.Add(time.Hour), got.Expiry())
	assert.Contains(t, decoded(t, segments(t, got.Raw())[0]), `"alg":"EdDSA"`)
	assert.Contains(t, issuer.KeySet(), `"ES512"`)
}

var shaped = tokentest.Shaped(token.Profile{Types: []string{"JWT"}, ScopeClaim: "scp", ScopeList: true, ClientIDClaim: "azp"})

func TestEdits(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_900_000_000, 0)
	issuer := tokentest.NewIssuer(t, &tokentest.Options{Time: func() time.Time { return at }})
	for name, test := range map[string]struct {
		edit   tokentest.Edit
		header string // part of the header, or
		claims string // part of the claims
		gone   string // what is in neither
	}{
		"none":                {claims: `"sub":"alice"`, gone: "scope"},
		"Claim":               {edit: tokentest.Claim("x", []int{1, 2}), claims: `"x":[1,2]`},
		"Claim as it is":      {edit: tokentest.Claim("x", json.RawMessage(`NaN `)), claims: `"x":NaN `},
		"WithoutClaim":        {edit: tokentest.WithoutClaim("jti"), gone: "jti"},
		"Subject":             {edit: tokentest.Subject("bob"), claims: `"sub":"bob"`, gone: "alice"},
		"ClientID":            {edit: tokentest.ClientID("printer"), claims: `"client_id":"printer"`},
		"ClientCredentials":   {edit: tokentest.ClientCredentials(), claims: `"sub":"test-client"`, gone: "alice"},
		"Marked by a value":   {edit: tokentest.Marked(token.Mark{Claim: "idtyp", Values: []string{"app", "x"}}), claims: `"idtyp":"app"`},
		"Marked by a prefix":  {edit: tokentest.Marked(token.Mark{Claim: "sub", Prefix: "service-"}), claims: `"sub":"service-`},
		"Marked by a suffix":  {edit: tokentest.Marked(token.Mark{Claim: "sub", Suffix: "@clients"}), claims: `@clients"`},
		"Marked by client id": {edit: tokentest.Marked(token.Mark{Claim: "oid", ClientID: true}), claims: `"oid":"test-client"`},
		"Marked by absence":   {edit: tokentest.Marked(token.Mark{Claim: "sub", Absent: true}), gone: `"sub"`},
		"Scope":               {edit: tokentest.Scope("a", "b"), claims: `"scope":"a b"`},
		"Scope of nothing":    {edit: tokentest.Edits(tokentest.Scope("a"), tokentest.Scope()), gone: "scope"},
		"Audience":            {edit: tokentest.Audience("x"), claims: `"aud":"x"`, gone: "api.example.com"},
		"Audience of two":     {edit: tokentest.Audience("x", "y"), claims: `"aud":["x","y"]`},
		"Audience of none":    {edit: tokentest.Audience(), claims: `"aud":[]`},
		"Shaped":              {edit: tokentest.Edits(tokentest.Scope("a", "b"), shaped), header: `"typ":"JWT"`, claims: `"scp":["a","b"],"azp":"test-client"`, gone: "client_id"},
		"Scope after Shaped":  {edit: tokentest.Edits(shaped, tokentest.Scope("a")), claims: `"scp":["a"]`, gone: "scope"},
		"client after Shaped": {edit: tokentest.Edits(shaped, tokentest.ClientID("app"), tokentest.ClientCredentials()), claims: `"sub":"app"`, gone: "client_id"},
		"Shaped twice":        {edit: tokentest.Edits(tokentest.Scope("a", "b"), shaped, tokentest.Shaped(token.Profile{})), claims: `"scope":"a b"`, gone: "azp"},
		"Shaped without typ":  {edit: tokentest.Shaped(token.Profile{AllowMissingType: true}), gone: "typ"},
		"ExpiresIn":           {edit: tokentest.ExpiresIn(-time.Second), claims: `"exp":1899999999`},
		"IssuedAt":            {edit: tokentest.IssuedAt(at.Add(-time.Hour)), claims: `"iat":1899996400`},
		"NotBefore":           {edit: tokentest.NotBefore(at), claims: `"nbf":1900000000`},
		"Header":              {edit: tokentest.Header("x", true), header: `"x":true`},
		"WithoutHeader":       {edit: tokentest.WithoutHeader("typ"), gone: "at+jwt"},
		"Type":                {edit: tokentest.Type("JWT"), header: `"typ":"JWT"`, gone: "at+jwt"},
		"Algorithm":           {edit: tokentest.Algorithm("ES384"), header: `"alg":"ES384"`, gone: "es256"},
		"Key":                 {edit: tokentest.Key(issuer.ForeignKey("EdDSA", "mine")), header: `"kid":"mine"`, gone: "ES256"},
		"Key without id":      {edit: tokentest.Key(issuer.ForeignKey("EdDSA", "")), header: `"alg":"EdDSA"`, gone: "kid"},
		"Header after Key":    {edit: tokentest.Edits(tokentest.Algorithm("ES384"), tokentest.Header("kid", "x")), header: `"kid":"x"`},
		"RawHeader":           {edit: tokentest.RawHeader(" {} "), header: " {} ", gone: "alg"},
		"RawPayload":          {edit: tokentest.RawPayload("null"), claims: "null", gone: "iss"},
		"HeaderText":          {edit: tokentest.HeaderText(strings.ToUpper), header: `"TYP":"AT+JWT"`},
		"PayloadText":         {edit: tokentest.PayloadText(strings.ToUpper), claims: `"SUB":"ALICE"`},
		"edits of one token":  {edit: tokentest.Edits(tokentest.Subject("a"), tokentest.Edit{}, tokentest.Subject("b")), claims: `"sub":"b"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			part := segments(t, issuer.Token(test.edit))
			header, claims := decoded(t, part[0]), decoded(t, part[1])
			assert.Contains(t, header, test.header)
			assert.Contains(t, claims, test.claims)
			if test.gone != "" {
				assert.NotContains(t, header+claims, test.gone)
			}
		})
	}
}

// Edits of header and payload are signed, those of the signature and of the
// finished token are not.
func TestWhatIsSigned(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	v := newVerifier(t, issuer.Config())
	for name, test := range map[string]struct {
		edit tokentest.Edit
		want error
	}{
		"PayloadText":    {tokentest.PayloadText(func(s string) string { return s + " " }), nil},
		"HeaderText":     {tokentest.HeaderText(func(s string) string { return " " + s }), nil},
		"Claim":          {tokentest.Claim("x", "y"), nil},
		"HeaderSegment":  {tokentest.HeaderSegment(func(s string) string { return s + "=" }), token.ErrMalformed},
		"PayloadSegment": {tokentest.PayloadSegment(func(string) string { return "e30" }), token.ErrIssuer},
		"SignWith":       {tokentest.SignWith(func([]byte) []byte { return make([]byte, 64) }), token.ErrSignature},
		"Signature":      {tokentest.Signature(func(s []byte) []byte { s[0] ^= 1; return s }), token.ErrSignature},
		"Segments": {tokentest.Segments(func(h, _, s string) (string, string, string) {
			return h, segments(t, issuer.Token())[1], s
		}), token.ErrSignature},
		"Compact": {tokentest.Compact(strings.ToUpper), token.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.ErrorIs(t, verifyBy(t, v, issuer.Token(test.edit)), test.want)
		})
	}
}

func TestEveryAlgorithmOnDemand(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	for _, algorithm := range everyAlgorithm {
		issuer.Token(tokentest.Algorithm(algorithm))
	}
	cfg := issuer.Config()
	cfg.Algorithms = everyAlgorithm
	v := newVerifier(t, cfg)
	for _, algorithm := range everyAlgorithm {
		assert.NoError(t, verifyBy(t, v, issuer.Token(tokentest.Algorithm(algorithm))), algorithm)
	}
	assert.Panics(t, func() { issuer.Token(tokentest.Algorithm("HS256")) })
}

// An ID token opens no door, even one that is meant for this service.
func TestIDToken(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	v := newVerifier(t, issuer.Config())
	assert.ErrorIs(t, verifyBy(t, v, issuer.IDToken()), token.ErrType)
	assert.ErrorIs(t, verifyBy(t, v, issuer.IDToken(tokentest.Audience("https://api.example.com"))), token.ErrType)
	assert.ErrorIs(t, verifyBy(t, v, issuer.IDToken(tokentest.Type("at+jwt"))), token.ErrAudience)
}

// No two issuers of a test accept each other's tokens, although RSA keys are
// used again when a test is over.
func TestKeysAreNotShared(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"RS256", "ES256", "Ed25519"} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			options := &tokentest.Options{Algorithms: []string{algorithm}}
			one, other := tokentest.NewIssuer(t, options), tokentest.NewIssuer(t, options)
			require.Equal(t, one.SigningKey().ID, other.SigningKey().ID)
			cfg := one.Config()
			cfg.Algorithms = []string{algorithm}
			v := newVerifier(t, cfg)
			assert.NoError(t, verifyBy(t, v, one.Token()))
			assert.ErrorIs(t, verifyBy(t, v, other.Token()), token.ErrSignature)
		})
	}
}

// A token that is marked bears the mark, by the word of a Verifier.
func TestMarkedTokensBearTheMark(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	for name, mark := range map[string]token.Mark{
		"value": {Claim: "a", Values: []string{"x"}}, "prefix": {Claim: "sub", Prefix: "x|"}, "suffix": {Claim: "sub", Suffix: "@x"},
		"client id": {Claim: "a", ClientID: true}, "present": {Claim: "a", Present: true}, "absent": {Claim: "nonce", Absent: true},
		"no value": {Claim: "a", Values: []string{"marked", "x"}, Not: true}, "no prefix": {Claim: "a", Prefix: "x", Not: true},
		"no suffix": {Claim: "a", Suffix: "x", Not: true}, "not the client id": {Claim: "sub", ClientID: true, Not: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := issuer.Config()
			cfg.Profile = token.Profile{ClientIDClaim: "azp", Users: []token.Mark{mark}}
			edits := tokentest.Edits(tokentest.WithoutClaim("client_id"), tokentest.Claim("azp", "app"))
			got, err := newVerifier(t, cfg).Authenticate(t.Context(), token.Bearer(issuer.Token(edits, tokentest.Marked(mark))))
			require.NoError(t, err)
			assert.Equal(t, token.SubjectUser, got.SubjectKind())
		})
	}
}
