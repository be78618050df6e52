package token_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// place is an Authenticator that says which one it is, as the client of its tokens.
type place struct {
	name string
	err  error
	edit func(*token.VouchedClaims)
}

func (p place) Authenticate(_ context.Context, given token.Presentation) (*token.Token, error) {
	if p.err != nil {
		return nil, p.err
	}
	c := token.VouchedClaims{Issuer: "https://as.example", Audience: []string{"api"}, Expiry: time.Now().Add(time.Hour), Subject: "alice", ClientID: p.name, Fresh: given.Fresh}
	if p.edit != nil {
		p.edit(&c)
	}
	return token.Vouched(given.Token, c)
}

func encoded(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// headerOf is a JOSE header of so many bytes.
func headerOf(size int) string {
	const empty = `{"alg":"ES256","pad":""}`
	return encoded(strings.Replace(empty, `""`, `"`+strings.Repeat("x", size-len(empty))+`"`, 1))
}

// C_7662-mix-1
func TestRouterShapes(t *testing.T) {
	t.Parallel()
	r, err := token.NewRouter(token.RouterConfig{
		JWT: place{name: "jwt"}, Opaque: place{name: "opaque"}, Encrypted: place{name: "encrypted"},
		Prefixes: map[string]token.Authenticator{"pat_": place{name: "pat"}, "pat_x_": place{name: "pat_x"}, "eyJwcmVmaXgi": place{name: "jwt prefix"}},
	})
	require.NoError(t, err)
	long := encoded(`{"alg":"ES256","pad":"` + strings.Repeat("x", 5000) + `"}`)
	for name, row := range map[string]struct{ raw, want string }{
		"C_7662-mix-1 signed":                     {encoded(`{"alg":"ES256"}`) + ".e30.c2ln", "jwt"},
		"C_7662-mix-1 signed, none":               {encoded(`{"alg":"none"}`) + ".e30.", "jwt"},
		"C_7662-mix-1 signed, spaces":             {encoded("{ \n\"alg\" : \"ES256\"}") + ".e30.c2ln", "jwt"},
		"C_7662-mix-1 signed, garbage behind":     {encoded(`{"alg":"ES256"}`) + ".!.?", "jwt"},
		"C_7662-mix-1 three parts, no object":     {encoded(`["alg"]`) + ".e30.c2ln", "opaque"},
		"C_7662-mix-1 three parts, no alg":        {encoded(`{"typ":"at+jwt"}`) + ".e30.c2ln", "opaque"},
		"C_7662-mix-1 three parts, alg a number":  {encoded(`{"alg":1}`) + ".e30.c2ln", "opaque"},
		"C_7662-mix-1 three parts, alg inside":    {encoded(`{"a":{"alg":"ES256"}}`) + ".e30.c2ln", "opaque"},
		"C_7662-mix-1 three parts, alg twice":     {encoded(`{"alg":"ES256","alg":"ES256"}`) + ".e30.c2ln", "opaque"},
		"C_7662-mix-1 three parts, padded":        {encoded(`{"alg":"ES256" }`) + "=.e30.c2ln", "opaque"},
		"C_7662-mix-1 three parts, a long header": {long + ".e30.c2ln", "opaque"},
		"C_7662-mix-1 two parts":                  {encoded(`{"alg":"ES256"}`) + ".e30", "opaque"},
		"C_7662-mix-1 four parts":                 {encoded(`{"alg":"ES256"}`) + ".a.b.c", "opaque"},
		"C_7662-mix-1 one part":                   {"opaque", "opaque"},
		"C_7662-mix-1 encrypted":                  {encoded(`{"alg":"dir","enc":"A256GCM"}`) + "..a.b.c", "encrypted"},
		"C_7662-mix-1 five parts, no enc":         {encoded(`{"alg":"dir"}`) + "..a.b.c", "opaque"},
		"C_7662-mix-1 encrypted, another order":   {encoded(`{"enc":"A256GCM","alg":"dir"}`) + "..a.b.c", "encrypted"},
		"C_7662-mix-1 five parts, enc a number":   {encoded(`{"alg":"dir","enc":1}`) + "..a.b.c", "opaque"},
		"C_7662-mix-1 five parts, no alg":         {encoded(`{"enc":"A256GCM"}`) + "..a.b.c", "opaque"},
		"C_7662-mix-1 signed, as long as may be":  {headerOf(4096) + ".e30.c2ln", "jwt"},
		"C_7662-mix-1 signed, longer":             {headerOf(4097) + ".e30.c2ln", "opaque"},
		"C_7662-mix-1 six parts":                  {encoded(`{"alg":"dir","enc":"A256GCM"}`) + "..a.b.c.d", "opaque"},
		"C_7662-mix-1 prefix":                     {"pat_1", "pat"},
		"C_7662-mix-1 the longest prefix":         {"pat_x_1", "pat_x"},
		"C_7662-mix-1 prefix in another case":     {"PAT_1", "opaque"},
		"C_7662-mix-1 prefix inside":              {"x_pat_1", "opaque"},
		"C_7662-mix-1 the prefix alone":           {"pat_", "pat"},
		"C_7662-mix-1 a prefix before the shape":  {encoded(`{"prefix":1,"alg":"ES256"}`) + ".e30.c2ln", "jwt prefix"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := r.Authenticate(t.Context(), token.Bearer(row.raw))
			require.NoError(t, err)
			assert.Equal(t, row.want, got.ClientID())
		})
	}
	_, err = r.Authenticate(t.Context(), token.Presentation{})
	require.ErrorIs(t, err, token.ErrMissing)
}

// What has no place is refused, and what is refused is not tried elsewhere.
func TestRouterRefuses(t *testing.T) {
	t.Parallel()
	jwt, jwe := encoded(`{"alg":"ES256"}`)+".e30.c2ln", encoded(`{"alg":"dir","enc":"A256GCM"}`)+"..a.b.c"
	good, bad := place{name: "good"}, place{err: token.ErrSignature}
	for name, row := range map[string]struct {
		config token.RouterConfig
		raw    string
		want   error
	}{
		"C_7662-mix-1 no JWTs":         {token.RouterConfig{Opaque: good}, jwt, token.ErrMalformed},
		"C_7662-mix-1 no opaque ones":  {token.RouterConfig{JWT: good}, "opaque", token.ErrMalformed},
		"C_7662-mix-1 no encrypted":    {token.RouterConfig{JWT: good, Opaque: good}, jwe, token.ErrMalformed},
		"C_7662-mix-1 JWT refused":     {token.RouterConfig{JWT: bad, Opaque: good, Encrypted: good}, jwt, token.ErrSignature},
		"C_7662-mix-1 opaque refused":  {token.RouterConfig{JWT: good, Opaque: bad}, "opaque", token.ErrSignature},
		"C_7662-mix-1 by its prefix":   {token.RouterConfig{Opaque: good, Prefixes: map[string]token.Authenticator{"p": bad}}, "pat", token.ErrSignature},
		"C_7662-mix-1 other prefixes":  {token.RouterConfig{Prefixes: map[string]token.Authenticator{"p": good}}, "opaque", token.ErrMalformed},
		"C_7662-mix-1 JWT unavailable": {token.RouterConfig{JWT: place{err: token.ErrKeysUnavailable}, Opaque: good}, jwt, token.ErrKeysUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := token.NewRouter(row.config)
			require.NoError(t, err)
			_, err = r.Authenticate(t.Context(), token.Bearer(row.raw))
			require.ErrorIs(t, err, row.want)
		})
	}
	for _, r := range []*token.Router{nil, {}} {
		_, err := r.Authenticate(t.Context(), token.Bearer("x"))
		require.ErrorIs(t, err, token.ErrMalformed)
		assert.Empty(t, r.Schemes())
		assert.Empty(t, token.Postures(r))
		assert.True(t, token.CanTell(r, token.SubjectUser))
	}
}

func TestRouterAlsoIntrospect(t *testing.T) {
	t.Parallel()
	jwt := encoded(`{"alg":"ES256"}`) + ".e30.c2ln"
	always := func(*token.Token) bool { return true }
	edited := func(f func(*token.VouchedClaims)) place { return place{name: "web", edit: f} }
	for name, row := range map[string]struct {
		opaque place
		rule   func(*token.Token) bool
		want   error
	}{
		"both good":           {place{name: "web"}, always, nil},
		"inactive":            {place{err: token.ErrInactive}, always, token.ErrInactive},
		"unavailable":         {place{err: token.ErrIntrospectionUnavailable}, always, token.ErrIntrospectionUnavailable},
		"not by the rule":     {place{err: token.ErrInactive}, func(t *token.Token) bool { return t.ClientID() != "web" }, nil},
		"another subject":     {edited(func(c *token.VouchedClaims) { c.Subject = "bob" }), always, token.ErrInactive},
		"no subject":          {edited(func(c *token.VouchedClaims) { c.Subject = "" }), always, token.ErrInactive},
		"another client":      {place{name: "other"}, always, token.ErrInactive},
		"a client not told":   {place{name: ""}, always, nil},
		"another issuer":      {edited(func(c *token.VouchedClaims) { c.Issuer = "https://other.example" }), always, token.ErrInactive},
		"an error of its own": {place{err: errors.New("boom")}, always, token.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := token.NewRouter(token.RouterConfig{JWT: place{name: "web"}, Opaque: row.opaque, AlsoIntrospect: row.rule})
			require.NoError(t, err)
			got, err := r.Authenticate(t.Context(), token.Bearer(jwt))
			require.ErrorIs(t, err, row.want)
			if row.want == nil {
				assert.Equal(t, "web", got.ClientID())
			}
		})
	}
}

// counting counts its calls.
type counting struct {
	token.Authenticator
	calls *int
}

func (c counting) Authenticate(ctx context.Context, p token.Presentation) (*token.Token, error) {
	*c.calls++
	return c.Authenticator.Authenticate(ctx, p)
}

// nothing breaks the contract of an Authenticator.
type nothing struct{}

func (nothing) Authenticate(context.Context, token.Presentation) (*token.Token, error) {
	return nil, nil
}

// The rule is about JWTs that are good, and about no other token.
func TestRouterAsksTheRule(t *testing.T) {
	t.Parallel()
	calls, asked := 0, 0
	cfg := token.RouterConfig{JWT: nothing{}, Opaque: counting{place{name: "web"}, &calls}, AlsoIntrospect: func(*token.Token) bool { asked++; return true }}
	r, err := token.NewRouter(cfg)
	require.NoError(t, err)
	_, err = r.Authenticate(t.Context(), token.Bearer("opaque"))
	require.NoError(t, err)
	assert.Equal(t, 1, calls, "an opaque token is judged once")
	got, err := r.Authenticate(t.Context(), token.Bearer(encoded(`{"alg":"ES256"}`)+".e30.c2ln"))
	require.NoError(t, err)
	assert.Nil(t, got)
	assert.Zero(t, asked)
	cfg.JWT = place{name: ""} // whose tokens have no client id
	r, err = token.NewRouter(cfg)
	require.NoError(t, err)
	_, err = r.Authenticate(t.Context(), token.Bearer(encoded(`{"alg":"ES256"}`)+".e30.c2ln"))
	require.NoError(t, err)
	cfg.Opaque = nothing{}
	r, err = token.NewRouter(cfg)
	require.NoError(t, err)
	_, err = r.Authenticate(t.Context(), token.Bearer(encoded(`{"alg":"ES256"}`)+".e30.c2ln"))
	require.ErrorIs(t, err, token.ErrInactive)
}

// A fresh answer makes the JWT fresh. An opaque token is judged once.
func TestRouterFresh(t *testing.T) {
	t.Parallel()
	unfresh := place{name: "web", edit: func(c *token.VouchedClaims) { c.Fresh = false }}
	r, err := token.NewRouter(token.RouterConfig{JWT: unfresh, Opaque: place{name: "web"}, AlsoIntrospect: func(*token.Token) bool { return true }})
	require.NoError(t, err)
	jwt := encoded(`{"alg":"ES256"}`) + ".e30.c2ln"
	for fresh, want := range map[bool]error{false: token.ErrDenied, true: nil} {
		got, err := r.Authenticate(t.Context(), token.Presentation{Token: jwt, Fresh: fresh})
		require.NoError(t, err)
		assert.Equal(t, fresh, got.Fresh())
		assert.Equal(t, jwt, got.Raw())
		require.ErrorIs(t, scope.Fresh.Check(got), want)
	}
}

func TestRouterConfig(t *testing.T) {
	t.Parallel()
	good := place{name: "good"}
	for name, cfg := range map[string]token.RouterConfig{
		"empty":                 {},
		"a nil Verifier":        {JWT: (*token.Verifier)(nil)},
		"a nil prefix":          {Prefixes: map[string]token.Authenticator{"p": nil}},
		"an empty prefix":       {Prefixes: map[string]token.Authenticator{"": good}},
		"also, without opaque":  {JWT: good, AlsoIntrospect: func(*token.Token) bool { return true }},
		"also, without JWT":     {Opaque: good, AlsoIntrospect: func(*token.Token) bool { return true }},
		"a nil Issuers, opaque": {JWT: good, Opaque: (*token.Issuers)(nil)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := token.NewRouter(cfg)
			require.ErrorIs(t, err, token.ErrConfig)
		})
	}
}

// A Router tells about all whom it asks.
func TestRouterTells(t *testing.T) {
	t.Parallel()
	lax := token.Config{Issuer: "https://as.example", Audience: []string{"api"}, Leeway: time.Minute}
	v, err := token.NewVerifier(lax)
	require.NoError(t, err)
	r, err := token.NewRouter(token.RouterConfig{JWT: v, Prefixes: map[string]token.Authenticator{"p": v}})
	require.NoError(t, err)
	assert.Equal(t, []string{"JWT: Leeway is 1m0s", `prefix "p": Leeway is 1m0s`}, token.Relaxations(r))
	assert.Len(t, token.Postures(r), 2)
	assert.False(t, token.CanTell(r, token.SubjectUser))
	assert.False(t, token.HasSet(r, "roles"))
	schemes, err := token.SchemesOf(r)
	require.NoError(t, err)
	assert.Len(t, schemes, 1)
	assert.True(t, schemes[0].ParsesToken)
}

// describer tells about itself.
type describer struct {
	place
	token.Description
}

func (d describer) Describe() token.Description { return d.Description }

func TestDescriber(t *testing.T) {
	t.Parallel()
	d := describer{Description: token.Description{Posture: token.Posture{Issuer: "x", Relaxations: []string{"lax"}}, Users: true, Sets: []string{"roles"}}}
	assert.Equal(t, []string{"lax"}, token.Relaxations(d))
	assert.Equal(t, "x", token.Postures(d)[0].Issuer)
	assert.True(t, token.CanTell(d, token.SubjectUser))
	assert.False(t, token.CanTell(d, token.SubjectClient))
	assert.True(t, token.HasSet(d, "roles"))
	assert.False(t, token.HasSet(d, "groups"))
	d.Users, d.Clients = false, true
	assert.False(t, token.CanTell(d, token.SubjectUser))
	assert.True(t, token.CanTell(d, token.SubjectClient))
	assert.False(t, token.CanTell(d, token.SubjectUnknown))
	r, err := token.NewRouter(token.RouterConfig{Opaque: d})
	require.NoError(t, err)
	assert.True(t, token.CanTell(r, token.SubjectClient))
	assert.False(t, token.CanTell(r, token.SubjectUser))
}
