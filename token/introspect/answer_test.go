package introspect_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/introspect"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	in := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	strictProfile := func(c *introspect.Config) { c.Profile.Required = []string{"iss", "sub"} }
	noAudience := func(c *introspect.Config) { c.AllowMissingAudience = true }
	noExpiry := func(c *introspect.Config) { c.AllowMissingExpiry = true }
	for name, row := range map[string]struct {
		answer answer
		edit   func(*introspect.Config)
		want   error
	}{
		"C_7662-2.2-4 good":                           {goodAnswer(nil), nil, nil},
		"C_7662-2.2-1 active a string":                {goodAnswer(members{"active": "true"}), nil, token.ErrIntrospectionUnavailable},
		"C_7662-2.2-1 active a number":                {goodAnswer(members{"active": 1}), nil, token.ErrIntrospectionUnavailable},
		"C_7662-2.2-1 active null":                    {ok(`{"active":null}`), nil, token.ErrIntrospectionUnavailable},
		"C_7662-2.2-1 active absent":                  {goodAnswer(members{"active": nil}), nil, token.ErrIntrospectionUnavailable},
		"C_7662-2.2-1 Active in another case":         {ok(`{"Active":true,"sub":"alice"}`), nil, token.ErrIntrospectionUnavailable},
		"C_7662-2.2-1 active twice":                   {ok(`{"active":false,"active":true}`), nil, token.ErrIntrospectionUnavailable},
		"C_7662-2.2-2 inactive":                       {ok(`{"active":false,"scope":"admin"}`), nil, token.ErrInactive},
		"C_7662-2.2-2 inactive with good claims":      {goodAnswer(members{"active": false}), nil, token.ErrInactive},
		"C_7662-2.3-1 401":                            {answer{status: 401}, nil, token.ErrIntrospectionUnavailable},
		"C_7662-2.3-1 403":                            {answer{status: 403, body: text(good(nil))}, nil, token.ErrIntrospectionUnavailable},
		"C_7662-2.3-1 400 invalid_client":             {answer{status: 400, body: `{"error":"invalid_client"}`}, nil, token.ErrIntrospectionUnavailable},
		"C_7662-2.3-2 500":                            {answer{status: 500, body: text(good(nil))}, nil, token.ErrIntrospectionUnavailable},
		"C_7662-2.3-2 204":                            {answer{status: 204}, nil, token.ErrIntrospectionUnavailable},
		"C_7662-2.3-2 no answer":                      {answer{err: errors.New("reset")}, nil, token.ErrIntrospectionUnavailable},
		"C_7662-2.3-2 not JSON":                       {ok("<html>active</html>"), nil, token.ErrIntrospectionUnavailable},
		"C_7662-2.3-2 empty":                          {ok(""), nil, token.ErrIntrospectionUnavailable},
		"C_7662-2.3-2 an array":                       {ok(`[{"active":true}]`), nil, token.ErrIntrospectionUnavailable},
		"C_7662-2.3-2 repeated scope":                 {ok(strings.Replace(text(good(nil)), "{", `{"scope":"admin",`, 1)), nil, token.ErrIntrospectionUnavailable},
		"C_7662-2.3-2 too large":                      {goodAnswer(members{"pad": strings.Repeat("x", 256<<10)}), nil, token.ErrIntrospectionUnavailable},
		"C_7662-2.3-2 400 about the token":            {answer{status: 400, body: `{"error":"unsupported_token_type"}`}, nil, token.ErrInactive},
		"C_7662-2.3-2 400 invalid_token":              {answer{status: 400, body: `{"error":"invalid_token","error_description":"no"}`}, nil, token.ErrInactive},
		"C_7662-2.3-2 400, JSON cut off":              {answer{status: 400, body: `{"error":"invalid_token"`}, nil, token.ErrIntrospectionUnavailable},
		"C_7662-2.3-2 400 without JSON":               {answer{status: 400, body: "Bad Request"}, nil, token.ErrIntrospectionUnavailable},
		"C_7662-4-1 redirect":                         {answer{status: 307, header: http.Header{"Location": {"https://elsewhere.example/"}}}, nil, token.ErrIntrospectionUnavailable},
		"C_7662-dial-1 tokeninfo":                     {ok(`{"azp":"web","aud":"` + audience + `","scope":"openid","exp":"9999999999"}`), nil, token.ErrIntrospectionUnavailable},
		"C_7662-2.2-3 expired":                        {goodAnswer(members{"exp": in(-time.Hour)}), nil, token.ErrExpired},
		"C_7662-2.2-3 exp zero":                       {goodAnswer(members{"exp": 0}), nil, token.ErrExpired},
		"C_7662-2.2-3 exp a string":                   {goodAnswer(members{"exp": "soon"}), nil, token.ErrClaim},
		"C_7662-2.2-3 exp absent":                     {goodAnswer(members{"exp": nil}), nil, token.ErrClaim},
		"C_7662-2.2-3 exp absent, waived":             {goodAnswer(members{"exp": nil}), noExpiry, nil},
		"C_7662-2.2-3 expired, absence waived":        {goodAnswer(members{"exp": in(-time.Hour)}), noExpiry, token.ErrExpired},
		"C_7662-2.2-3 not yet valid":                  {goodAnswer(members{"nbf": in(time.Hour)}), nil, token.ErrNotYetValid},
		"C_7662-2.2-3 issued in the future":           {goodAnswer(members{"iat": in(time.Hour)}), nil, token.ErrNotYetValid},
		"C_7662-2.2-3 another audience":               {goodAnswer(members{"aud": "https://other.example"}), nil, token.ErrAudience},
		"C_7662-2.2-3 audience in a list":             {goodAnswer(members{"aud": []string{"x", audience}}), nil, nil},
		"C_7662-2.2-3 no audience":                    {goodAnswer(members{"aud": nil}), nil, token.ErrAudience},
		"C_7662-2.2-3 no audience, waived":            {goodAnswer(members{"aud": nil}), noAudience, nil},
		"C_7662-2.2-3 empty audience, absence waived": {goodAnswer(members{"aud": []string{}}), noAudience, token.ErrAudience},
		"C_7662-2.2-3 other audience, absence waived": {goodAnswer(members{"aud": "x"}), noAudience, token.ErrAudience},
		"C_7662-2.2-3 another issuer":                 {goodAnswer(members{"iss": "https://evil.example"}), nil, token.ErrIssuer},
		"C_7662-2.2-3 iss a list":                     {goodAnswer(members{"iss": []string{issuerID}}), nil, token.ErrIssuer},
		"C_7662-2.2-3 no issuer":                      {goodAnswer(members{"iss": nil}), nil, nil},
		"C_7662-2.2-3 no issuer, though required":     {goodAnswer(members{"iss": nil}), strictProfile, token.ErrIssuer},
		"no subject":                                  {goodAnswer(members{"sub": nil}), nil, token.ErrClaim},
		"no client":                                   {goodAnswer(members{"client_id": nil}), nil, token.ErrClaim},
		"an ID token":                                 {goodAnswer(members{"nonce": "n"}), nil, token.ErrType},
		"a refresh token by token_type":               {goodAnswer(members{"token_type": "refresh_token"}), nil, token.ErrType},
		"a refresh token by token_use":                {goodAnswer(members{"token_use": "refresh_token"}), nil, token.ErrType},
		"an access token by token_use":                {goodAnswer(members{"token_use": "access_token"}), nil, nil},
		"access by token_use":                         {goodAnswer(members{"token_use": "access"}), nil, nil},
		"token_use a list":                            {goodAnswer(members{"token_use": []string{"access"}}), nil, token.ErrType},
		"DPoP bound in another way":                   {goodAnswer(members{"token_type": "dpop", "cnf": members{"x5t#S256": "x"}}), nil, token.ErrBinding},
		"token_type in lower case":                    {goodAnswer(members{"token_type": "bearer"}), nil, nil},
		"token_type a list":                           {goodAnswer(members{"token_type": []string{"Bearer"}}), nil, token.ErrType},
		"DPoP without its key":                        {goodAnswer(members{"token_type": "DPoP"}), nil, token.ErrBinding},
		"bound in a way that is not checked":          {goodAnswer(members{"cnf": members{"x5t#S256": "x"}}), nil, token.ErrBinding},
		"malformed act":                               {goodAnswer(members{"act": "x"}), nil, token.ErrClaim},
		"scope a list":                                {goodAnswer(members{"scope": []string{"a"}}), nil, token.ErrClaim},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			edit := row.edit
			if edit == nil {
				edit = func(*introspect.Config) {}
			}
			i := &issuer{answer: always(row.answer)}
			a := authenticator(t, i, edit)
			got, err := judge(t, a, "opaque-1")
			require.ErrorIs(t, err, row.want)
			assert.Equal(t, 1, i.asked())
			if row.want == nil {
				assert.Equal(t, "alice", got.Subject())
				return
			}
			_, again := judge(t, a, "opaque-1") // from memory, if there is something
			require.ErrorIs(t, again, row.want)
			assert.Equal(t, token.Reason(err), token.Reason(again))
		})
	}
}

// C_7662-2.2-4: what an answer says is there under the same names as for a JWT.
func TestAccessors(t *testing.T) {
	t.Parallel()
	i := &issuer{answer: always(goodAnswer(members{
		"username": "Alice", "jti": "id-1", "acr": "mfa", "auth_time": time.Now().Add(-time.Minute).Unix(), "act": members{"sub": "gateway"},
		"authorization_details": []members{{"type": "payment"}},
	}))}
	got, err := judge(t, authenticator(t, i), "opaque-1")
	require.NoError(t, err)
	assert.Equal(t, issuerID, got.Issuer())
	assert.Equal(t, "alice", got.Subject())
	assert.Equal(t, "web", got.ClientID())
	assert.Equal(t, []string{audience}, got.Audience())
	assert.Equal(t, []string{"photos:read", "photos:write"}, got.Scopes())
	assert.True(t, got.HasScope("photos:read"))
	assert.Equal(t, "id-1", got.ID())
	assert.Equal(t, "mfa", got.ACR())
	assert.True(t, got.AuthenticatedWithin(2*time.Minute))
	actor, there := got.Actor()
	assert.True(t, there)
	assert.Equal(t, "gateway", actor.Subject)
	assert.Equal(t, "opaque-1", got.Raw())
	claims, err := token.ClaimsOf[struct {
		Username string `json:"username"`
	}](got)
	require.NoError(t, err)
	assert.Equal(t, "Alice", claims.Username)
	details, err := token.DetailsOf[struct{ Type string }](got, "payment")
	require.NoError(t, err)
	assert.Len(t, details, 1)
}

// Settings that change what passes.
func TestSettings(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		said members
		edit func(*introspect.Config)
		want error
	}{
		"another token_type":         {members{"token_type": "mac"}, func(c *introspect.Config) { c.TokenTypes = []string{"MAC"} }, nil},
		"and no more the usual ones": {members{}, func(c *introspect.Config) { c.TokenTypes = []string{"MAC"} }, token.ErrType},
		"a clock that is ahead": {members{}, func(c *introspect.Config) {
			c.Time = func() time.Time { return time.Now().Add(time.Hour) }
		}, token.ErrExpired},
		"required claims": {members{}, func(c *introspect.Config) { c.Profile.Required = []string{"jti"} }, token.ErrClaim},
		"no subject":      {members{"sub": nil}, func(c *introspect.Config) { c.Profile.Required = []string{} }, nil},
		"a long life":     {members{"iat": time.Now().Unix()}, func(c *introspect.Config) { c.MaxLifetime = time.Minute }, token.ErrClaim},
		"a larger scope":  {members{"scope": "admin"}, func(c *introspect.Config) { c.ScopeImplies = map[string][]string{"admin": {"photos:read"}} }, nil},
		"no leeway":       {members{"exp": time.Now().Add(-5 * time.Second).Unix()}, func(c *introspect.Config) { c.Leeway = -1 }, token.ErrExpired},
		"the usual one":   {members{"exp": time.Now().Add(-5 * time.Second).Unix()}, func(*introspect.Config) {}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := judge(t, authenticator(t, &issuer{answer: always(goodAnswer(row.said))}, row.edit), "opaque-1")
			require.ErrorIs(t, err, row.want)
			if err == nil {
				assert.True(t, got.HasScope("photos:read"))
			}
		})
	}
	long := func(most int) *introspect.Authenticator {
		return authenticator(t, &issuer{answer: always(goodAnswer(nil))}, func(c *introspect.Config) { c.MaxTokenSize = most })
	}
	_, err := judge(t, long(32<<10), strings.Repeat("+", 32<<10))
	require.NoError(t, err, "the longest form")
	_, err = judge(t, long(0), strings.Repeat("x", 16<<10))
	require.NoError(t, err)
}

// Presentations that cost no request.
func TestUnasked(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		p    token.Presentation
		want error
	}{
		"no token":        {token.Presentation{}, token.ErrMissing},
		"another scheme":  {token.Presentation{Scheme: "Basic", Token: "x"}, token.ErrMissing},
		"too large":       {token.Bearer(strings.Repeat("x", 16<<10+1)), token.ErrTooLarge},
		"no token68":      {token.Bearer("a b"), token.ErrMalformed},
		"a control":       {token.Bearer("a\x00b"), token.ErrMalformed},
		"letters of more": {token.Bearer("ä"), token.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := &issuer{answer: always(goodAnswer(nil))}
			_, err := authenticator(t, i).Authenticate(t.Context(), row.p)
			require.ErrorIs(t, err, row.want)
			assert.Zero(t, i.asked())
		})
	}
}

// C_7662-2.2-3: a token without exp is good for no longer than its answer.
func TestMissingExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{answer: always(goodAnswer(members{"exp": nil}))}
		a := authenticator(t, i, func(c *introspect.Config) { c.AllowMissingExpiry = true })
		got, err := judge(t, a, "opaque-1")
		require.NoError(t, err)
		assert.Equal(t, time.Now().Add(30*time.Second), got.Expiry().In(time.Local))
	})
}
