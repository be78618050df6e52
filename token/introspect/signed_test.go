package introspect_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/introspect"
)

// signer signs answers (RFC 9701).
type signer struct {
	key *rsa.PrivateKey
}

func newSigner(tb testing.TB) *signer {
	tb.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(tb, err)
	return &signer{key}
}

// envelope are the claims of a signed answer, with changes. Nil takes one out.
func envelope(changes members) members {
	m := members{"iss": issuerID, "aud": "photos", "iat": time.Now().Unix(), "token_introspection": good(nil)}
	for name, value := range changes {
		if value == nil {
			delete(m, name)
			continue
		}
		m[name] = value
	}
	return m
}

func (s *signer) sign(tb testing.TB, alg jose.SignatureAlgorithm, key any, typ string, claims members) answer {
	tb.Helper()
	return signedText(tb, alg, key, typ, text(claims))
}

func (s *signer) signText(tb testing.TB, payload string) answer {
	tb.Helper()
	return signedText(tb, jose.RS256, s.key, "token-introspection+jwt", payload)
}

func signedText(tb testing.TB, alg jose.SignatureAlgorithm, key any, typ, payload string) answer {
	tb.Helper()
	options := (&jose.SignerOptions{}).WithHeader("kid", "k1")
	if typ != "" {
		options = options.WithType(jose.ContentType(typ))
	}
	made, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, options)
	require.NoError(tb, err)
	object, err := made.Sign([]byte(payload))
	require.NoError(tb, err)
	raw, err := object.CompactSerialize()
	require.NoError(tb, err)
	return signedAs("application/token-introspection+jwt", raw)
}

func signedAs(media, raw string) answer {
	return answer{status: 200, header: http.Header{"Content-Type": {media}}, body: raw}
}

func (s *signer) answer(tb testing.TB, changes members) answer {
	tb.Helper()
	return s.sign(tb, jose.RS256, s.key, "token-introspection+jwt", envelope(changes))
}

func (s *signer) require(c *introspect.Config) {
	c.RequireJWT = true
	c.JWTKeys = jwks.Static{{ID: "k1", Public: s.key.Public()}}
}

func TestSignedAnswers(t *testing.T) {
	t.Parallel()
	s, other := newSigner(t), newSigner(t)
	good1 := s.answer(t, nil)
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"token-introspection+jwt"}`)) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(text(envelope(nil)))) + "."
	in := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	for name, row := range map[string]struct {
		answer answer
		want   error
	}{
		"C_9701-5-1 good":                            {good1, nil},
		"C_9701-5-1 aud a list, first":               {s.answer(t, members{"aud": []string{"photos", "x"}}), nil},
		"C_9701-5-1 iss twice":                       {s.signText(t, strings.Replace(text(envelope(nil)), "{", `{"iss":"`+issuerID+`",`, 1)), token.ErrUnavailable},
		"C_9701-5-1 aud a list":                      {s.answer(t, members{"aud": []string{"x", "photos"}}), nil},
		"C_9701-4-1 plain JSON":                      {goodAnswer(nil), token.ErrUnavailable},
		"C_9701-4-1 signed as JSON":                  {signedAs("application/json", good1.body), token.ErrUnavailable},
		"C_9701-4-1 signed as a JWT":                 {signedAs("application/jwt", good1.body), token.ErrUnavailable},
		"C_9701-4-1 no content type":                 {signedAs("", good1.body), token.ErrUnavailable},
		"C_9701-4-1 with a parameter":                {signedAs("Application/token-introspection+jwt; charset=utf-8", good1.body), nil},
		"C_9701-5-1 type of an access token":         {s.sign(t, jose.RS256, s.key, "at+jwt", envelope(nil)), token.ErrUnavailable},
		"C_9701-5-1 type JWT":                        {s.sign(t, jose.RS256, s.key, "JWT", envelope(nil)), token.ErrUnavailable},
		"C_9701-5-1 no type":                         {s.sign(t, jose.RS256, s.key, "", envelope(nil)), token.ErrUnavailable},
		"C_9701-5-1 another issuer":                  {s.answer(t, members{"iss": "https://evil.example"}), token.ErrUnavailable},
		"C_9701-5-1 no issuer":                       {s.answer(t, members{"iss": nil}), token.ErrUnavailable},
		"C_9701-5-1 another client":                  {s.answer(t, members{"aud": "other"}), token.ErrUnavailable},
		"C_9701-5-1 the resource and not the client": {s.answer(t, members{"aud": audience}), token.ErrUnavailable},
		"C_9701-5-1 no audience":                     {s.answer(t, members{"aud": nil}), token.ErrUnavailable},
		"C_9701-5-1 aud a list with a number":        {s.answer(t, members{"aud": []any{"photos", 1}}), token.ErrUnavailable},
		"C_9701-5-1 no iat":                          {s.answer(t, members{"iat": nil}), token.ErrUnavailable},
		"C_9701-5-1 iat a string":                    {s.answer(t, members{"iat": "now"}), token.ErrUnavailable},
		"C_9701-5-1 an old answer":                   {s.answer(t, members{"iat": in(-2 * time.Minute)}), token.ErrUnavailable},
		"C_9701-5-1 from the future":                 {s.answer(t, members{"iat": in(time.Minute)}), token.ErrUnavailable},
		"C_9701-5-2 data at the top alone":           {s.answer(t, members{"token_introspection": nil, "active": true, "sub": "alice", "exp": in(time.Hour)}), token.ErrUnavailable},
		"C_9701-5-2 the top says active":             {s.answer(t, members{"active": true, "token_introspection": members{"active": false}}), token.ErrInactive},
		"C_9701-5-2 the top says another scope":      {s.answer(t, members{"scope": "admin"}), nil},
		"C_9701-5-2 the object is a string":          {s.answer(t, members{"token_introspection": text(good(nil))}), token.ErrUnavailable},
		"C_9701-5-3 none":                            {signedAs("application/token-introspection+jwt", none), token.ErrUnavailable},
		"C_9701-5-3 none with a signature":           {signedAs("application/token-introspection+jwt", none+"AA"), token.ErrUnavailable},
		"C_9701-5-3 HS256":                           {s.sign(t, jose.HS256, []byte(strings.Repeat("k", 32)), "token-introspection+jwt", envelope(nil)), token.ErrUnavailable},
		"C_9701-5-3 another algorithm":               {s.sign(t, jose.PS256, s.key, "token-introspection+jwt", envelope(nil)), token.ErrUnavailable},
		"C_9701-5-3 another key":                     {other.answer(t, nil), token.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := &issuer{answer: always(row.answer)}
			got, err := judge(t, authenticator(t, i, s.require), "opaque-1")
			require.ErrorIs(t, err, row.want)
			assert.Equal(t, "application/token-introspection+jwt", i.last().header.Get("Accept"))
			if row.want == nil {
				assert.Equal(t, []string{"photos:read", "photos:write"}, got.Scopes())
				return
			}
			if row.want == token.ErrUnavailable {
				assert.NotErrorIs(t, err, token.ErrInvalid)
				assert.Equal(t, "introspection_unavailable", token.Reason(err))
			}
		})
	}
}

// Whose name must be in aud, how old an answer may be, and where the keys are.
func TestSignedSettings(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	ago := func(d time.Duration) answer { return s.answer(t, members{"iat": time.Now().Add(-d).Unix()}) }
	for name, row := range map[string]struct {
		answer answer
		edit   func(*introspect.Config)
		want   error
	}{
		"C_9701-5-1 another client id":               {s.answer(t, members{"aud": "rs-2"}), func(c *introspect.Config) { c.ClientID = "rs-2" }, nil},
		"C_9701-5-1 and not that of the credentials": {s.answer(t, nil), func(c *introspect.Config) { c.ClientID = "rs-2" }, token.ErrUnavailable},
		"C_9701-5-1 within the leeway":               {ago(80 * time.Second), func(*introspect.Config) {}, nil},
		"C_9701-5-1 without a leeway":                {ago(80 * time.Second), func(c *introspect.Config) { c.Leeway = -1 }, token.ErrUnavailable},
		"C_9701-5-3 another algorithm by leave": {s.sign(t, jose.PS256, s.key, "token-introspection+jwt", envelope(nil)),
			func(c *introspect.Config) { c.JWTAlgorithms = []string{"PS256"} }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := judge(t, authenticator(t, &issuer{answer: always(row.answer)}, s.require, row.edit), "opaque-1")
			require.ErrorIs(t, err, row.want)
		})
	}
}

// C_9701-5-3: keys are found as those of JWTs are.
func TestSignedKeysAreDiscovered(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	set := text(members{"keys": []jose.JSONWebKey{{Key: s.key.Public(), KeyID: "k1", Algorithm: "RS256", Use: "sig"}}})
	i := &issuer{}
	i.set(func(r request) answer {
		switch {
		case r.method == http.MethodPost:
			return s.answer(t, nil)
		case r.url == issuerID+"/.well-known/oauth-authorization-server":
			return ok(text(members{"issuer": issuerID, "jwks_uri": issuerID + "/keys"}))
		case r.url == issuerID+"/keys":
			return ok(set)
		}
		return answer{status: 404}
	})
	signed := func(c *introspect.Config) { c.RequireJWT = true }
	a := authenticator(t, i, signed)
	require.NoError(t, a.Ready(t.Context()))
	_, err := judge(t, a, "opaque-1")
	require.NoError(t, err)
	i.set(always(answer{status: 500}))
	require.ErrorIs(t, authenticator(t, i, signed).Ready(t.Context()), token.ErrKeysUnavailable)
}

// A signed answer is no access token, and an access token no answer.
func TestSignedAnswerIsNoToken(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	v, err := token.NewVerifier(token.Config{Issuer: issuerID, Audience: []string{"photos"}, Keys: jwks.Static{{ID: "k1", Public: s.key.Public()}}})
	require.NoError(t, err)
	raw := s.answer(t, good(nil)).body
	_, err = judge(t, v, raw)
	require.ErrorIs(t, err, token.ErrType)
}
