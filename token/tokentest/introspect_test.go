package tokentest_test

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// question is one that a service asks about a token.
type question struct {
	form   url.Values
	header http.Header
	method string
	body   string // instead of the form
}

func about(raw string) question {
	return question{url.Values{"token": {raw}}, http.Header{}, http.MethodPost, ""}
}

func (q question) with(name, value string) question {
	q.form.Set(name, value)
	return q
}

func (q question) field(name, value string) question {
	q.header.Set(name, value)
	return q
}

// basic authenticates the client that an issuer has by default.
func (q question) basic(id, secret string) question {
	return q.field("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(id+":"+secret)))
}

func (q question) byDefault() question {
	return q.basic("resource+server", "a+secret%3A+100%25+%2B")
}

type spoken struct {
	status int
	header http.Header
	body   string
}

func (q question) ask(ctx context.Context, issuer *tokentest.Issuer) (spoken, error) {
	r, err := http.NewRequestWithContext(ctx, q.method, issuer.IntrospectionURL(), strings.NewReader(cmp.Or(q.body, q.form.Encode())))
	if err != nil {
		return spoken{}, err
	}
	r.Header = q.header
	if r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	client := *issuer.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(r)
	if err != nil {
		return spoken{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return spoken{response.StatusCode, response.Header, string(body)}, err
}

func (q question) mustAsk(t *testing.T, issuer *tokentest.Issuer) spoken {
	t.Helper()
	answer, err := q.ask(t.Context(), issuer)
	require.NoError(t, err)
	return answer
}

func (s spoken) claims(t *testing.T) map[string]any {
	t.Helper()
	var claims map[string]any
	require.NoError(t, json.Unmarshal([]byte(s.body), &claims), s.body)
	return claims
}

func TestOpaqueTokens(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB, *tokentest.Options) *tokentest.Issuer{
		"in memory": tokentest.NewIssuer, "on loopback": tokentest.NewLoopbackIssuer,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := open(t, nil)
			raw := issuer.Opaque(tokentest.Scope("a", "b"), tokentest.Subject("bob"))
			answer := about(raw).byDefault().mustAsk(t, issuer)
			assert.Equal(t, http.StatusOK, answer.status)
			assert.Equal(t, "application/json", answer.header.Get("Content-Type"))
			assert.Equal(t, "no-store", answer.header.Get("Cache-Control"))
			said := answer.claims(t)
			assert.Equal(t, true, said["active"])
			assert.Equal(t, "bob", said["sub"])
			assert.Equal(t, "a b", said["scope"])
			assert.Equal(t, issuer.Identifier(), said["iss"])
			assert.Equal(t, issuer.Config().Audience[0], said["aud"])
			assert.Equal(t, 1, issuer.Requests(issuer.IntrospectionURL()))

			issuer.Revoke(raw)
			assert.JSONEq(t, `{"active":false}`, about(raw).byDefault().mustAsk(t, issuer).body)
			assert.JSONEq(t, `{"active":false}`, about("unheard of").byDefault().mustAsk(t, issuer).body)
		})
	}
}

// Edits of an opaque token are edits of what the issuer says about it.
func TestOpaqueEdits(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	ask := func(edits ...tokentest.Edit) string {
		return about(issuer.Opaque(edits...)).byDefault().mustAsk(t, issuer).body
	}
	assert.Contains(t, ask(tokentest.Claim("active", "true")), `{"active":"true",`)
	assert.NotContains(t, ask(tokentest.WithoutClaim("active")), "active")
	assert.Equal(t, "not JSON", ask(tokentest.RawPayload("not JSON")))
	assert.Contains(t, ask(tokentest.ExpiresIn(-time.Hour)), `"active":true`, "a careless issuer")
	assert.Contains(t, ask(tokentest.Shaped(token.Profile{ClientIDClaim: "azp"})), `"azp":"test-client"`)
	assert.Contains(t, ask(tokentest.Type("JWT"), tokentest.Algorithm("RS256"), tokentest.Signature(nil), tokentest.Segments(nil)), `"active":true`)
	assert.Contains(t, ask(tokentest.BoundTo(issuer.ForeignKey("ES256", ""))), `"token_type":"DPoP"`)
	assert.Contains(t, ask(tokentest.BoundToCertificate(tokentest.NewCertificate(t, nil))), `"token_type":"Bearer"`)
	prefixed := issuer.Opaque(tokentest.Compact(func(s string) string { return "at_" + s }))
	assert.True(t, strings.HasPrefix(prefixed, "at_"))
	assert.Contains(t, about(prefixed).byDefault().mustAsk(t, issuer).body, `"active":true`)
	assert.NotEqual(t, issuer.Opaque(), issuer.Opaque())
}

func TestOpaqueTokensEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		issuer := tokentest.NewIssuer(t, nil)
		raw, jwt := issuer.Opaque(), issuer.Token()
		time.Sleep(5*time.Minute - time.Second)
		for _, of := range []string{raw, jwt} {
			assert.Contains(t, about(of).byDefault().mustAsk(t, issuer).body, `"active":true`)
		}
		time.Sleep(2 * time.Second)
		for _, of := range []string{raw, jwt} {
			assert.JSONEq(t, `{"active":false}`, about(of).byDefault().mustAsk(t, issuer).body)
		}
	})
}

// JWTs can be introspected as well, by an issuer that recognizes its own.
func TestIntrospectionOfJWTs(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"ES256", "ES512", "RS256", "PS384", "EdDSA", "Ed25519"} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			issuer := tokentest.NewIssuer(t, &tokentest.Options{Algorithms: []string{algorithm}})
			ask := func(raw string) string { return about(raw).byDefault().mustAsk(t, issuer).body }
			good := issuer.Token(tokentest.Scope("a"))
			assert.Contains(t, ask(good), `"scope":"a"`)
			assert.Contains(t, ask(good), `"active":true`)
			kid := issuer.SigningKey().ID
			for what, raw := range map[string]string{
				"another key":    issuer.Token(tokentest.Key(issuer.ForeignKey(algorithm, kid))),
				"no such key":    issuer.Token(tokentest.Key(issuer.ForeignKey(algorithm, "other"))),
				"expired":        issuer.Token(tokentest.ExpiresIn(-time.Minute)),
				"no claims":      issuer.Token(tokentest.RawPayload("null")),
				"not a JWT":      "a.b.c",
				"a header alone": issuer.Token(tokentest.RawHeader("[]")),
				"half":           good[:len(good)/2],
				"no signature":   good[:strings.LastIndex(good, ".")+1],
			} {
				assert.JSONEq(t, `{"active":false}`, ask(raw), what)
			}
			issuer.Revoke(good)
			assert.JSONEq(t, `{"active":false}`, ask(good))
		})
	}
}

func TestIntrospectors(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, &tokentest.Options{Introspectors: []tokentest.Introspector{
		{ID: "a:b", Secret: "c d"}, {ID: "raw:", Secret: "c d", Raw: true}, {ID: "other", Bearer: "door"}, {ID: "nothing"},
	}})
	raw := issuer.Opaque()
	for name, test := range map[string]struct {
		q    question
		good bool
	}{
		"basic, encoded":               {about(raw).basic("a%3Ab", "c+d"), true},
		"basic, not encoded":           {about(raw).basic("a:b", "c d"), false},
		"basic, not encoded, as meant": {about(raw).basic("raw:", "c d"), true},
		"another secret":               {about(raw).basic("a%3Ab", "c+e"), false},
		"no secret":                    {about(raw).basic("nothing", ""), false},
		"not base64":                   {about(raw).field("Authorization", "Basic ?"), false},
		"another scheme":               {about(raw).field("Authorization", "Digest x"), false},
		"post":                         {about(raw).with("client_id", "a:b").with("client_secret", "c d"), true},
		"post without a secret":        {about(raw).with("client_id", "nothing").with("client_secret", ""), false},
		"post, another secret":         {about(raw).with("client_id", "a:b").with("client_secret", "c+d"), false},
		"two ways":                     {about(raw).basic("a%3Ab", "c+d").with("client_id", "a:b").with("client_secret", "c d"), false},
		"bearer":                       {about(raw).field("Authorization", "Bearer door"), true},
		"another bearer":               {about(raw).field("Authorization", "Bearer "+raw), false},
		"no bearer":                    {about(raw).field("Authorization", "Bearer "), false},
		"none":                         {about(raw), false},
		"an id alone":                  {about(raw).with("client_id", "a:b"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := test.q.mustAsk(t, issuer)
			if test.good {
				assert.Equal(t, http.StatusOK, answer.status)
				return
			}
			assert.Equal(t, http.StatusUnauthorized, answer.status)
			assert.JSONEq(t, `{"error":"invalid_client"}`, answer.body)
			assert.NotEmpty(t, answer.header.Get("WWW-Authenticate"))
		})
	}
}

func TestIntrospectorsChange(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	raw, before := issuer.Opaque(), issuer.Introspectors()
	require.Len(t, before, 1)
	issuer.SetIntrospectors(tokentest.Introspector{ID: "new", Secret: "s"})
	assert.Equal(t, http.StatusUnauthorized, about(raw).byDefault().mustAsk(t, issuer).status)
	assert.Equal(t, http.StatusOK, about(raw).basic("new", "s").mustAsk(t, issuer).status)
	issuer.SetIntrospectors()
	assert.Equal(t, http.StatusUnauthorized, about(raw).basic("new", "s").mustAsk(t, issuer).status)
	issuer.SetIntrospectors(before...)
	assert.Equal(t, http.StatusOK, about(raw).byDefault().mustAsk(t, issuer).status)
}

func TestClientAssertions(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	key := issuer.ForeignKey("PS256", "rs-1")
	issuer.SetIntrospectors(tokentest.Introspector{ID: "rs", Key: key}, tokentest.Introspector{ID: "plain", Secret: "s"})
	// A good assertion, with edits.
	sign := func(edits ...tokentest.Edit) question {
		good := tokentest.Edits(
			tokentest.Key(key), tokentest.Type("JWT"), tokentest.Claim("iss", "rs"), tokentest.Subject("rs"),
			tokentest.Audience(issuer.Identifier()), tokentest.ExpiresIn(time.Minute))
		q := about("x").with("client_assertion", issuer.Token(good, tokentest.Edits(edits...)))
		return q.with("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	}
	twice := sign()
	for _, want := range []int{http.StatusOK, http.StatusUnauthorized} {
		assert.Equal(t, want, twice.mustAsk(t, issuer).status)
	}
	assert.Equal(t, http.StatusOK, sign().with("client_id", "rs").mustAsk(t, issuer).status)
	for name, q := range map[string]question{
		"another key":               sign(tokentest.Key(issuer.ForeignKey("PS256", "rs-1"))),
		"another algorithm":         sign(tokentest.Header("alg", "RS256")),
		"another client":            sign(tokentest.Claim("iss", "plain"), tokentest.Subject("plain")),
		"another subject":           sign(tokentest.Subject("plain")),
		"for the endpoint":          sign(tokentest.Audience(issuer.IntrospectionURL())),
		"for the issuer and others": sign(tokentest.Audience(issuer.Identifier(), "https://other.test")),
		"for the issuer in a list":  sign(tokentest.Claim("aud", []string{issuer.Identifier()})),
		"expired":                   sign(tokentest.ExpiresIn(-time.Minute)),
		"without end":               sign(tokentest.WithoutClaim("exp")),
		"good for long":             sign(tokentest.ExpiresIn(time.Hour)),
		"without a name":            sign(tokentest.WithoutClaim("jti")),
		"of another type":           sign().with("client_assertion_type", "x"),
		"for another client_id":     sign().with("client_id", "plain"),
		"beside a secret":           sign().with("client_id", "plain").with("client_secret", "s"),
		"of a client without a key": sign(tokentest.Claim("iss", "plain"), tokentest.Subject("plain"), tokentest.Header("alg", "")),
		"no JWT":                    sign().with("client_assertion", "x"),
	} {
		assert.Equal(t, http.StatusUnauthorized, q.mustAsk(t, issuer).status, name)
	}
}

func TestIntrospectionRequests(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	get := about("x").byDefault()
	get.method = http.MethodGet
	twice := about("x").byDefault()
	twice.form.Add("token", "y")
	hints := about("x").byDefault().with("token_type_hint", "access_token")
	hints.form.Add("token_type_hint", "refresh_token")
	malformed := about("x").byDefault()
	malformed.body = "token=x&other=%zz"
	for name, test := range map[string]struct {
		q    question
		want int
	}{
		"GET":            {get, http.StatusMethodNotAllowed},
		"JSON":           {about("x").byDefault().field("Content-Type", "application/json"), http.StatusBadRequest},
		"two tokens":     {twice, http.StatusBadRequest},
		"two hints":      {hints, http.StatusBadRequest},
		"no form":        {malformed, http.StatusBadRequest},
		"no token":       {question{url.Values{}, http.Header{}, http.MethodPost, ""}.byDefault(), http.StatusBadRequest},
		"a hint":         {about("x").byDefault().with("token_type_hint", "access_token"), http.StatusOK},
		"a charset":      {about("x").byDefault().field("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"), http.StatusOK},
		"an empty token": {about("").byDefault(), http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, test.q.mustAsk(t, issuer).status)
		})
	}
}

func TestSignedAnswers(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	ask := func() spoken {
		return about(issuer.Opaque(tokentest.Scope("a"))).byDefault().field("Accept", "application/token-introspection+jwt").mustAsk(t, issuer)
	}
	answer := ask()
	assert.Equal(t, "application/token-introspection+jwt", answer.header.Get("Content-Type"))
	header, claims := partOf(t, answer.body, 0), partOf(t, answer.body, 1)
	assert.Equal(t, "token-introspection+jwt", header["typ"])
	assert.Equal(t, issuer.SigningKey().ID, header["kid"])
	assert.Equal(t, issuer.Identifier(), claims["iss"])
	assert.Equal(t, "resource server", claims["aud"])
	assert.IsType(t, 0.0, claims["iat"])
	inside, _ := claims["token_introspection"].(map[string]any)
	assert.Equal(t, true, inside["active"])
	assert.Equal(t, "a", inside["scope"])
	assert.NotContains(t, claims, "active")
	assert.NotContains(t, claims, "scope")

	unsigned := about(issuer.Opaque(tokentest.RawPayload("no JSON"))).byDefault().field("Accept", "application/token-introspection+jwt").mustAsk(t, issuer)
	assert.Equal(t, "no JSON", unsigned.body)
	assert.Equal(t, "application/json", unsigned.header.Get("Content-Type"))

	issuer.AnswerIntrospection(func(r tokentest.IntrospectionRequest, a *tokentest.IntrospectionAnswer) {
		a.Body = issuer.SignAnswer(r, `{"active":false}`, tokentest.Type("JWT"))
	})
	header, claims = partOf(t, ask().body, 0), partOf(t, ask().body, 1)
	assert.Equal(t, "JWT", header["typ"])
	assert.Equal(t, map[string]any{"active": false}, claims["token_introspection"])
	issuer.ComeUp()
	assert.Equal(t, "token-introspection+jwt", partOf(t, ask().body, 0)["typ"])
}

// partOf is the header or the claims of a JWT.
func partOf(t *testing.T, jwt string, n int) (object map[string]any) {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(jwt, ".")[n])
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &object))
	return object
}

func TestAnswersChanged(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	raw := issuer.Opaque()
	var asked []string
	issuer.AnswerIntrospection(func(r tokentest.IntrospectionRequest, a *tokentest.IntrospectionAnswer) {
		asked = append(asked, r.Client, r.Token())
		a.Status = http.StatusTooManyRequests
		a.Header.Set("Retry-After", "7")
		a.Body = a.Said[:1]
	})
	answer := about(raw).byDefault().mustAsk(t, issuer)
	assert.Equal(t, http.StatusTooManyRequests, answer.status)
	assert.Equal(t, "7", answer.header.Get("Retry-After"))
	assert.Equal(t, "{", answer.body)
	assert.Equal(t, []string{"resource server", raw}, asked)
	issuer.AnswerIntrospection(nil)
	assert.Equal(t, http.StatusOK, about(raw).byDefault().mustAsk(t, issuer).status)
}

func TestIntrospectionFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		issuer := tokentest.NewIssuer(t, nil)
		q := about(issuer.Opaque()).byDefault()
		issuer.Garbage("<html>")
		issuer.SetHeader("X-Id", "1")
		answer := q.mustAsk(t, issuer)
		assert.Equal(t, "<html>", answer.body)
		assert.Equal(t, "1", answer.header.Get("X-Id"))

		issuer.Fail(http.StatusServiceUnavailable)
		assert.Equal(t, http.StatusServiceUnavailable, q.mustAsk(t, issuer).status)

		issuer.GoDown()
		_, err := q.ask(t.Context(), issuer)
		assert.Error(t, err)

		issuer.Hang()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err = q.ask(ctx, issuer)
		assert.ErrorIs(t, err, context.DeadlineExceeded)

		issuer.ComeUp()
		issuer.AnswerIntrospection(func(_ tokentest.IntrospectionRequest, a *tokentest.IntrospectionAnswer) { a.Delay = time.Second })
		began := time.Now()
		assert.Equal(t, http.StatusOK, q.mustAsk(t, issuer).status)
		assert.Equal(t, time.Second, time.Since(began))

		ctx, cancel = context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err = q.ask(ctx, issuer)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestMetadataNamesTheIntrospectionEndpoint(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, &tokentest.Options{Identifier: "https://login.test/t1/"})
	for _, u := range issuer.MetadataURLs() {
		response, err := issuer.Client().Get(u)
		require.NoError(t, err)
		var document map[string]any
		require.NoError(t, json.NewDecoder(response.Body).Decode(&document))
		require.NoError(t, response.Body.Close())
		assert.Equal(t, "https://login.test/t1/introspect", document["introspection_endpoint"])
		assert.Equal(t, []any{"ES256"}, document["introspection_signing_alg_values_supported"])
	}
}
