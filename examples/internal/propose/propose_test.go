package propose_test

import (
	"encoding/json"
	"errors"
	"go/format"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/internal/propose"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

const api = "https://api.example.com"

// part is one way in which the tokens of issuers differ.
type part struct {
	name   string
	access tokentest.Edit
	id     tokentest.Edit // what the ID tokens of such an issuer have of it
}

func without(names ...string) tokentest.Edit {
	edits := make([]tokentest.Edit, len(names))
	for i, name := range names {
		edits[i] = tokentest.WithoutClaim(name)
	}
	return tokentest.Edits(edits...)
}

func client(claim string) tokentest.Edit {
	return tokentest.Edits(without("client_id"), tokentest.Claim(claim, "test-client"))
}

func kind(claim, access, id string) part {
	return part{claim, tokentest.Claim(claim, access), tokentest.Claim(claim, id)}
}

// parts are all that are combined.
var parts = [][]part{
	{{name: "at+jwt"}, {name: "JWT", access: tokentest.Type("JWT")}, {name: "no typ", access: tokentest.WithoutHeader("typ")}, {name: "x+jwt", access: tokentest.Type("x+jwt")}},
	{
		{name: "client_id"}, {name: "azp", access: client("azp"), id: tokentest.Claim("azp", "test-client")}, {name: "appid", access: client("appid"), id: tokentest.Claim("appid", "test-client")},
		{name: "no client", access: without("client_id")},
	},
	{
		{name: "no scope"}, {name: "scope", access: tokentest.Claim("scope", "a b")}, {name: "a list", access: tokentest.Claim("scope", []string{"a", "b"})},
		{name: "scp", access: tokentest.Claim("scp", "a")}, {name: "scp, a list", access: tokentest.Claim("scp", []string{"a"})},
	},
	{{name: "jti"}, {name: "no jti", access: without("jti")}},
	{{name: "aud"}, {name: "no aud", access: tokentest.Edits(without("aud"), tokentest.Claim("resource", api))}},
	{{name: "no kind"}, kind("token_use", "access", "id"), kind("typ", "Bearer", "ID")},
}

// combine calls use with every combination.
func combine(rest [][]part, chosen []part, use func([]part)) {
	if len(rest) == 0 {
		use(slices.Clone(chosen))
		return
	}
	for _, p := range rest[0] {
		combine(rest[1:], append(chosen, p), use)
	}
}

// service is what a service with a profile makes of the tokens of one issuer.
type service struct {
	t      *testing.T
	config token.Config
	access string
	ids    []string
	good   *token.Token
}

// accepts reports whether the service takes the access token, and reads as much
// of it as can be read, and none of the ID tokens.
func (s *service) accepts(p token.Profile) bool {
	s.config.Profile = p
	v, err := token.NewVerifier(s.config)
	if err != nil {
		assert.ErrorIs(s.t, err, token.ErrConfig)
		return false
	}
	got, err := v.Authenticate(s.t.Context(), token.Bearer(s.access))
	if err != nil || s.good != nil && (got.ClientID() != s.good.ClientID() || !slices.Equal(got.Scopes(), s.good.Scopes())) {
		return false
	}
	s.good = got
	return !slices.ContainsFunc(s.ids, func(raw string) bool {
		_, err := v.Authenticate(s.t.Context(), token.Bearer(raw))
		return err == nil
	})
}

// Each proposal lets the token in and the ID tokens of its issuer out, and none of
// its settings can be left out. Where there is none, nothing would tell them apart.
func TestProposals(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, &tokentest.Options{Audience: []string{api}})
	proposed, refused := 0, 0
	combine(parts, nil, func(chosen []part) {
		var name []string
		var access, id []tokentest.Edit
		for _, p := range chosen {
			name, access, id = append(name, p.name), append(access, p.access), append(id, p.id)
		}
		s := &service{t: t, config: issuer.Config(), access: issuer.Token(access...)}
		if slices.Equal(name[1:4], []string{"client_id", "no scope", "no jti"}) { // as ID tokens of some issuers are
			id = append(id, tokentest.ClientID("test-client"))
		}
		for _, typ := range []tokentest.Edit{tokentest.Type("JWT"), tokentest.WithoutHeader("typ"), tokentest.Type("x+jwt")} {
			s.ids = append(s.ids, issuer.IDToken(append(id, without("nonce"), tokentest.Audience(api), tokentest.Claim("jti", "x"), tokentest.Claim("resource", api), typ)...))
			if c := chosen[len(chosen)-1]; c.name != "no kind" { // some have all else that access tokens have
				s.ids = append(s.ids, issuer.Token(append(access, c.id, typ)...))
			}
		}
		p, err := propose.For(t.Context(), s.config, token.Bearer(s.access))
		if err != nil {
			refused++
			require.ErrorIs(t, err, propose.ErrHole, name)
			// at+jwt, a kind and a claim of access tokens alone would each have been enough.
			assert.NotContains(t, name, "at+jwt")
			assert.Equal(t, "no kind", name[5], name)
			if name[4] == "aud" { // a client id is nothing that may stand beside a claim for aud
				assert.True(t, name[1] != "client_id" || name[3] == "no jti", name)
			}
			if name[1] != "no client" { // scopes may have been mapped into ID tokens, which name no client
				assert.Equal(t, "no scope", name[2], name)
			}
			return
		}
		proposed++
		require.True(t, s.accepts(p.Profile), "%v: %+v", name, p.Profile)
		assert.NotEmpty(t, p.Apart)
		assert.Equal(t, name[1] == "no client", s.good.ClientID() == "", "%v: %+v", name, p.Profile)
		assert.Equal(t, name[2] == "no scope", len(s.good.Scopes()) == 0, "%v: %+v", name, p.Profile)
		fields := reflect.ValueOf(p.Profile)
		for i := range fields.NumField() {
			if fields.Field(i).IsZero() {
				continue
			}
			less := p.Profile
			reflect.ValueOf(&less).Elem().Field(i).SetZero()
			assert.False(t, s.accepts(less), "%v: %s is not needed in %+v", name, fields.Type().Field(i).Name, p.Profile)
		}
		assert.LessOrEqual(t, len(p.Profile.Rules), 1)
		if slices.Contains(name, "no aud") {
			assert.Equal(t, "resource", p.Profile.AudienceClaim, name)
		}
		text := "var _ = " + propose.Literal(p.Profile)
		_, err = format.Source([]byte(text))
		assert.NoError(t, err, text)
	})
	assert.Greater(t, proposed, 500)
	assert.Greater(t, refused, 10)
}

// A claim that is empty cannot be required.
func TestEmptyClaims(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, &tokentest.Options{Audience: []string{api}})
	p, err := propose.For(t.Context(), issuer.Config(), token.Bearer(issuer.Token(tokentest.Claim("jti", ""))))
	require.NoError(t, err)
	assert.Equal(t, token.Profile{Required: []string{"sub", "client_id", "iat"}}, p.Profile)
}

// A token that is not an access token for this service gets no profile.
func TestHoles(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, &tokentest.Options{Audience: []string{api}})
	legacy := tokentest.Edits(tokentest.Type("JWT"), tokentest.Claim("scope", "a"))
	for name, c := range map[string]struct {
		raw  string
		want error
	}{
		"an ID token":                 {issuer.IDToken(tokentest.Audience(api)), propose.ErrHole},
		"client_id, and nothing else": {issuer.IDToken(tokentest.Audience(api), without("nonce"), tokentest.ClientID("app")), propose.ErrHole},
		"an ID token with nothing":    {issuer.IDToken(tokentest.Audience(api), without("nonce")), propose.ErrHole},
		"nonce":                       {issuer.Token(legacy, tokentest.Claim("nonce", "x")), propose.ErrHole},
		"a nonce that is null":        {issuer.Token(legacy, tokentest.Claim("nonce", json.RawMessage("null"))), propose.ErrHole},
		"at_hash":                     {issuer.Token(tokentest.Claim("at_hash", "x")), propose.ErrHole},
		"c_hash":                      {issuer.Token(legacy, tokentest.Claim("c_hash", "x")), propose.ErrHole},
		"token_use id":                {issuer.Token(legacy, tokentest.Claim("token_use", "id")), propose.ErrHole},
		"token_use refresh":           {issuer.Token(legacy, tokentest.Claim("token_use", "refresh")), propose.ErrHole},
		"a claim typ ID":              {issuer.Token(legacy, tokentest.Claim("typ", "ID")), propose.ErrHole},
		"a claim typ Refresh":         {issuer.Token(legacy, tokentest.Claim("typ", "Refresh")), propose.ErrHole},
		"a claim typ of another form": {issuer.Token(legacy, tokentest.Claim("typ", []string{"Bearer"})), propose.ErrHole},
		"a logout token":              {issuer.Token(tokentest.Type("logout+jwt")), propose.ErrHole},
		"events":                      {issuer.Token(legacy, tokentest.Claim("events", map[string]any{})), propose.ErrHole},
		"a strange type":              {issuer.Token(tokentest.Type("a b\u202e")), propose.ErrHole},
		"a type that is no text":      {issuer.Token(tokentest.Header("typ", 5)), propose.ErrHole},
		"a proof":                     {issuer.Token(tokentest.Type("dpop+jwt")), propose.ErrHole},
		"another audience":            {issuer.Token(legacy, tokentest.Audience("https://other.example.com")), propose.ErrHole},
		"another audience, as client": {issuer.Token(legacy, tokentest.Audience("other"), tokentest.ClientID(api)), propose.ErrHole},
		"no audience":                 {issuer.Token(legacy, without("aud")), propose.ErrHole},
		"no audience, azp is it":      {issuer.Token(tokentest.Type("JWT"), without("aud", "client_id"), tokentest.Claim("azp", api)), propose.ErrHole},
		"a foreign key":               {issuer.Token(legacy, tokentest.Key(issuer.ForeignKey("ES256", issuer.SigningKey().ID))), token.ErrSignature},
		"an ID token, foreign key":    {issuer.IDToken(tokentest.Key(issuer.ForeignKey("ES256", issuer.SigningKey().ID))), token.ErrSignature},
		"an unknown key":              {issuer.Token(legacy, tokentest.Key(issuer.ForeignKey("ES256", "other"))), token.ErrUnknownKey},
		"another issuer":              {issuer.Token(legacy, tokentest.Claim("iss", "https://other.example.com")), token.ErrIssuer},
		"none":                        {issuer.Token(legacy, tokentest.Header("alg", "none")), token.ErrAlgorithm},
		"HMAC":                        {issuer.Token(legacy, tokentest.Header("alg", "HS256")), token.ErrAlgorithm},
		"bound":                       {issuer.Token(legacy, tokentest.Claim("cnf", map[string]string{"jkt": "x"})), token.ErrBinding},
		"opaque":                      {"opaque", token.ErrMalformed},
		"no exp":                      {issuer.Token(legacy, without("exp")), token.ErrClaim},
		"a sub that is a number":      {issuer.Token(legacy, tokentest.Claim("sub", 5)), token.ErrClaim},
	} {
		p, err := propose.For(t.Context(), issuer.Config(), token.Bearer(c.raw))
		assert.ErrorIs(t, err, c.want, name)
		assert.Nil(t, p, name)
	}
	raw := issuer.Token()
	issuer.GoDown()
	_, err := propose.For(t.Context(), issuer.Config(), token.Bearer(raw))
	assert.True(t, errors.Is(err, token.ErrUnavailable))
}

// What a profile cannot change is said beside it.
func TestNotes(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, &tokentest.Options{Audience: []string{api}})
	for name, c := range map[string]struct {
		edit tokentest.Edit
		want string
	}{
		"expired":              {tokentest.Edits(tokentest.Claim("iat", time.Now().Add(-2*time.Hour).Unix()), tokentest.ExpiresIn(-time.Hour)), "This token has expired"},
		"to come":              {tokentest.Claim("nbf", time.Now().Add(time.Minute).Unix()), "not valid before"},
		"a client":             {tokentest.ClientCredentials(), "sub is the client id"},
		"no scopes at scp":     {tokentest.Claim("scp", []string{}), "Nothing in this token tells"},
		"nothing":              {tokentest.Edit{}, "Nothing in this token tells"},
		"a user, probably":     {tokentest.Scope("openid"), "probably issued for a user"},
		"for its client alone": {tokentest.Edits(tokentest.ClientID(api), tokentest.Claim("aud", []string{api})), "Its aud is the client"},
		"for its client":       {tokentest.ClientID(api), "Its aud is the client"},
		"idtyp":                {tokentest.Claim("idtyp", "user"), "told apart by idtyp"},
		"gty":                  {tokentest.Claim("gty", "client-credentials"), "told apart by gty"},
		"gty of a user":        {tokentest.Claim("gty", "password"), "Nothing in this token tells"},
		"at clients":           {tokentest.Subject("x@clients"), "ends in @clients"},
		"a service account":    {tokentest.Claim("preferred_username", "service-account-x"), "prefix: service-account-"},
	} {
		p, err := propose.For(t.Context(), issuer.Config(), token.Bearer(issuer.Token(c.edit)))
		require.NoError(t, err, name)
		assert.Contains(t, strings.Join(p.Notes, "\n"), c.want, name)
		assert.Zero(t, p.Profile, "%s: a token as RFC 9068 has it needs no profile", name)
	}
}
