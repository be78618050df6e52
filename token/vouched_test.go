package token_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	set "github.com/postern-go/postern/internal/claims"
	"github.com/postern-go/postern/token"
)

// vouched are claims that are good, but for the edit.
func vouched(edit func(*token.VouchedClaims)) token.VouchedClaims {
	c := token.VouchedClaims{
		Issuer: issuer, Audience: []string{audience}, Expiry: now.Add(time.Hour), Subject: "user", ClientID: "client",
		SubjectKind: token.SubjectUser, Scopes: []string{"a", "b", "a"}, ID: "1", IssuedAt: now, Time: config().Time,
		Confirmation: map[string]string{"x5t#S256": "thumbprint", "kid": "key"},
		JSON:         []byte(`{"iss":"` + issuer + `","sub":"user","tier":"gold"}`),
	}
	if edit != nil {
		edit(&c)
	}
	return c
}

func TestVouched(t *testing.T) {
	t.Parallel()
	given := vouched(nil)
	got, err := token.Vouched("opaque", given)
	require.NoError(t, err)
	given.Audience[0], given.Scopes[0], given.JSON[0] = "changed", "changed", 'x'
	assert.Equal(t, "opaque", got.Raw())
	assert.Equal(t, token.Principal{Issuer: issuer, Subject: "user"}, got.Principal())
	assert.Equal(t, "client", got.ClientID())
	assert.Equal(t, token.SubjectUser, got.SubjectKind())
	assert.Equal(t, []string{audience}, got.Audience())
	assert.Equal(t, []string{"a", "b"}, got.Scopes())
	assert.Equal(t, "1", got.ID())
	assert.Equal(t, now.Add(time.Hour).UTC(), got.Expiry())
	assert.Equal(t, now.Add(time.Hour+30*time.Second).UTC(), got.Deadline())
	assert.Equal(t, now.UTC(), got.IssuedAt())
	assert.True(t, got.NotBefore().IsZero())
	assert.True(t, got.Bound())
	assert.False(t, got.Remembered())
	thumbprint, ok := got.Confirmation("x5t#S256")
	assert.True(t, ok)
	assert.Equal(t, "thumbprint", thumbprint)
	for _, method := range []string{"jkt", "X5T#S256", ""} {
		none, ok := got.Confirmation(method)
		assert.False(t, ok, method)
		assert.Empty(t, none, method)
	}
	custom, err := token.ClaimsOf[struct{ Tier string }](got)
	require.NoError(t, err)
	assert.Empty(t, custom.Tier, "names match exactly")
	tier, err := token.ClaimsOf[map[string]string](got)
	require.NoError(t, err)
	assert.Equal(t, "gold", tier["tier"])
}

func TestVouchedWithTheLeast(t *testing.T) {
	t.Parallel()
	got, err := token.Vouched("", token.VouchedClaims{Issuer: issuer, Audience: []string{audience}, Expiry: time.Now().Add(time.Minute)})
	require.NoError(t, err)
	assert.False(t, got.IsZero())
	assert.False(t, got.Bound())
	assert.Equal(t, token.SubjectUnknown, got.SubjectKind())
	all, err := token.ClaimsOf[map[string]any](got)
	require.NoError(t, err)
	assert.Empty(t, all)
	assert.Contains(t, (&token.ScopeError{Need: []string{"x"}, Token: got}).Error(), "has no scope")
}

// The first and the last second that can be told are good, and so is each kind.
func TestEdgesOfVouched(t *testing.T) {
	t.Parallel()
	for _, exp := range []time.Time{time.Unix(1, 0), time.Unix(253402300799, 0)} {
		got, err := token.Vouched("", vouched(func(c *token.VouchedClaims) {
			c.Expiry, c.IssuedAt, c.Time = exp, time.Time{}, func() time.Time { return time.Unix(0, 0) }
		}))
		require.NoError(t, err)
		assert.Equal(t, exp.UTC(), got.Expiry())
	}
	for _, kind := range []token.SubjectKind{token.SubjectUnknown, token.SubjectUser, token.SubjectClient} {
		got, err := token.Vouched("", vouched(func(c *token.VouchedClaims) { c.SubjectKind = kind }))
		require.NoError(t, err)
		assert.Equal(t, kind, got.SubjectKind())
	}
}

// A map without methods binds to nothing.
func TestVouchedWithoutMethods(t *testing.T) {
	t.Parallel()
	got, err := token.Vouched("", vouched(func(c *token.VouchedClaims) { c.Confirmation = map[string]string{} }))
	require.NoError(t, err)
	assert.False(t, got.Bound())
	got, err = token.Vouched("", vouched(func(c *token.VouchedClaims) { c.JSON = []byte(`{"cnf":{"x5t#S256":"thumbprint"}}`) }))
	require.NoError(t, err)
	assert.True(t, got.Bound())
}

func TestVouchedRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(*token.VouchedClaims)
		want error
	}{
		"no issuer":                        {func(c *token.VouchedClaims) { c.Issuer = "" }, token.ErrIssuer},
		"no issuer, no JSON":               {func(c *token.VouchedClaims) { c.Issuer, c.JSON = "", nil }, token.ErrIssuer},
		"no audience":                      {func(c *token.VouchedClaims) { c.Audience = nil }, token.ErrAudience},
		"an empty audience":                {func(c *token.VouchedClaims) { c.Audience = []string{"x", ""} }, token.ErrAudience},
		"no expiry":                        {func(c *token.VouchedClaims) { c.Expiry = time.Time{} }, token.ErrClaim},
		"expiry at the epoch":              {func(c *token.VouchedClaims) { c.Expiry = time.Unix(0, 0) }, token.ErrClaim},
		"expiry beyond 9999":               {func(c *token.VouchedClaims) { c.Expiry = time.Unix(253402300800, 0) }, token.ErrClaim},
		"expired":                          {func(c *token.VouchedClaims) { c.Expiry = now.Add(-30 * time.Second) }, token.ErrExpired},
		"not yet valid":                    {func(c *token.VouchedClaims) { c.NotBefore = now.Add(31 * time.Second) }, token.ErrNotYetValid},
		"from the future":                  {func(c *token.VouchedClaims) { c.IssuedAt = now.Add(31 * time.Second) }, token.ErrNotYetValid},
		"a user without sub":               {func(c *token.VouchedClaims) { c.Subject = "" }, token.ErrClaim},
		"a user, and no JSON":              {func(c *token.VouchedClaims) { c.Subject, c.JSON = "", nil }, token.ErrClaim},
		"an unknown kind":                  {func(c *token.VouchedClaims) { c.SubjectKind = 3 }, token.ErrClaim},
		"empty JSON":                       {func(c *token.VouchedClaims) { c.JSON = []byte{} }, token.ErrMalformed},
		"an array":                         {func(c *token.VouchedClaims) { c.JSON = []byte(`[]`) }, token.ErrMalformed},
		"a repeated name":                  {func(c *token.VouchedClaims) { c.JSON = []byte(`{"a":1,"a":2}`) }, token.ErrMalformed},
		"another iss":                      {func(c *token.VouchedClaims) { c.JSON = []byte(`{"iss":"other"}`) }, token.ErrIssuer},
		"a binding to nothing":             {func(c *token.VouchedClaims) { c.Confirmation["x5t#S256"] = "" }, token.ErrClaim},
		"a binding without a name":         {func(c *token.VouchedClaims) { c.Confirmation[""] = "x" }, token.ErrClaim},
		"C_8705-3-3 cnf in JSON":           {func(c *token.VouchedClaims) { c.Confirmation, c.JSON = nil, []byte(`{"cnf":{"jkt":"x"}}`) }, token.ErrBinding},
		"C_8705-3-3 cnf in JSON, no value": {func(c *token.VouchedClaims) { c.Confirmation, c.JSON = map[string]string{}, []byte(`{"cnf":null}`) }, token.ErrBinding},
		"another sub":                      {func(c *token.VouchedClaims) { c.JSON = []byte(`{"sub":5}`) }, token.ErrClaim},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := token.Vouched("opaque-secret", vouched(c.edit))
			require.ErrorIs(t, err, c.want)
			assertOneOutcome(t, err)
			assert.Nil(t, got)
			assert.NotContains(t, err.Error(), "opaque-secret")
			assert.NotContains(t, err.Error(), "Config.")
		})
	}
}

// The answer of an introspection endpoint is a claim set, and the token itself
// is no JWT: other packages of this module make such Tokens by FromSet.
func TestFromSet(t *testing.T) {
	t.Parallel()
	const answer = `{"iss":"https://login.example.com","aud":"api","exp":4102444800,"scope":"read","tier":"gold"}`
	rules := set.New(set.Settings{Issuer: "https://login.example.com", Audience: []string{"api"}, Scopes: []set.Source{{Path: []string{"scope"}, Shape: set.Words}}, ClientIDClaim: "client_id"})
	payload, err := rules.Read(answer)
	require.NoError(t, err)
	checked, all := rules.Check(&payload, now, func(_ string, err error) bool { return assert.NoError(t, err) })
	require.True(t, all)
	checked.JSON = answer
	got := token.FromSet("opaque", checked)
	assert.Equal(t, "opaque", got.Raw())
	assert.Equal(t, "https://login.example.com", got.Issuer())
	assert.True(t, got.HasScope("read"))
	decoded, err := token.ClaimsOf[map[string]any](got)
	require.NoError(t, err)
	assert.Equal(t, "gold", decoded["tier"])
	assert.True(t, token.FromSet("opaque", nil).IsZero(), "no claims, no Token")
}

// sessions is an Authenticator for opaque tokens.
type sessions map[string]token.VouchedClaims

func (s sessions) Authenticate(_ context.Context, p token.Presentation) (*token.Token, error) {
	if p.Token == "" {
		return nil, token.ErrMissing
	}
	session, ok := s[p.Token]
	if !ok {
		return nil, token.ErrInactive
	}
	return token.Vouched(p.Token, session)
}

// An Authenticator of your own for opaque tokens vouches for what it has looked
// up.
func ExampleVouched() {
	auth := sessions{"2YotnFZFEjr1zCsicMWpAA": {
		Issuer:   "https://login.example.com",
		Audience: []string{"https://api.example.com"},
		Subject:  "ada",
		Scopes:   []string{"orders:read"},
		Expiry:   time.Now().Add(time.Hour),
	}}
	t, err := auth.Authenticate(context.Background(), token.Bearer("2YotnFZFEjr1zCsicMWpAA"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(t.Subject(), t.HasScope("orders:read"))
	_, err = auth.Authenticate(context.Background(), token.Bearer("guessed"))
	fmt.Println(errors.Is(err, token.ErrInvalid))
	// Output:
	// ada true
	// true
}
