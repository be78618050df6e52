package token_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

// notClient is the mark of users of an issuer whose clients are their own
// subjects.
var notClient = []token.Mark{{Claim: "sub", ClientID: true, Not: true}}

// dialect is how an issuer's tokens tell users and clients apart.
type dialect struct {
	header  map[string]any
	profile token.Profile
	user    map[string]any // changes to the claims of a good token
	client  map[string]any
	bare    token.SubjectKind // what the client is without marks
}

var jwt, untyped = map[string]any{"typ": "JWT"}, map[string]any{"typ": nil}

// dialects are those of issuers in use, each with the marks that its operator
// would write.
var dialects = map[string]dialect{
	"RFC 9068 as written, oidc-provider, Hydra": {
		profile: token.Profile{Users: notClient},
		client:  map[string]any{"sub": "client"}, bare: token.SubjectClient,
	},
	"Keycloak": {
		header: jwt,
		profile: token.Profile{
			Types: []string{"JWT"}, ClientIDClaim: "azp",
			Users:   []token.Mark{{Claim: "preferred_username", Prefix: "service-account-", Not: true}},
			Clients: []token.Mark{{Claim: "preferred_username", Prefix: "service-account-"}},
		},
		user:   map[string]any{"client_id": nil, "azp": "app", "preferred_username": "ada"},
		client: map[string]any{"client_id": nil, "azp": "job", "sub": "0a4e9f4f-5b7b-4d0e-9a0c-2f1f6a3e6c11", "preferred_username": "service-account-job"},
	},
	"Auth0, own dialect": {
		header: jwt,
		profile: token.Profile{
			Types: []string{"JWT"}, ClientIDClaim: "azp", Required: []string{"sub", "azp", "iat"},
			Users:   []token.Mark{{Claim: "sub", Prefix: "auth0|"}, {Claim: "sub", Prefix: "google-oauth2|"}},
			Clients: []token.Mark{{Claim: "gty", Values: []string{"client-credentials"}}, {Claim: "sub", Suffix: "@clients"}},
		},
		user:   map[string]any{"client_id": nil, "jti": nil, "azp": "abc", "sub": "auth0|5f7c8ec7c33c6c004bbafe82"},
		client: map[string]any{"client_id": nil, "jti": nil, "azp": "abc", "sub": "abc@clients", "gty": "client-credentials"},
	},
	"Auth0, dialect of RFC 9068": {
		profile: token.Profile{
			Users:   []token.Mark{{Claim: "sub", Suffix: "@clients", Not: true}},
			Clients: []token.Mark{{Claim: "sub", Suffix: "@clients"}},
		},
		user:   map[string]any{"sub": "auth0|5f7c8ec7c33c6c004bbafe82"},
		client: map[string]any{"sub": "client@clients"},
	},
	"Entra, version 2": {
		header: jwt,
		profile: token.Profile{
			Types: []string{"JWT"}, ScopeClaim: "scp", ClientIDClaim: "azp", Required: []string{"sub", "azp", "iat"},
			Users:   []token.Mark{{Claim: "idtyp", Values: []string{"user"}}, {Claim: "scp", Present: true}},
			Clients: []token.Mark{{Claim: "idtyp", Values: []string{"app"}}},
		},
		user:   map[string]any{"client_id": nil, "jti": nil, "scope": nil, "azp": "app", "sub": "pairwise", "scp": "orders.read"},
		client: map[string]any{"client_id": nil, "jti": nil, "scope": nil, "azp": "app", "sub": "object-id", "roles": []string{"Orders.Read.All"}, "idtyp": "app"},
	},
	"Entra, version 1": {
		header: jwt,
		profile: token.Profile{
			Types: []string{"JWT"}, ScopeClaim: "scp", ClientIDClaim: "appid", Required: []string{"sub", "appid", "iat"},
			Users:   []token.Mark{{Claim: "scp", Present: true}},
			Clients: []token.Mark{{Claim: "idtyp", Values: []string{"app"}}},
		},
		user:   map[string]any{"client_id": nil, "jti": nil, "scope": nil, "appid": "app", "sub": "pairwise", "scp": "orders.read"},
		client: map[string]any{"client_id": nil, "jti": nil, "scope": nil, "appid": "app", "sub": "object-id", "idtyp": "app"},
	},
	"Okta": {
		header: untyped,
		profile: token.Profile{
			AllowMissingType: true, ScopeClaim: "scp", ScopeList: true, ClientIDClaim: "cid",
			Users: []token.Mark{{Claim: "uid", Present: true}},
		},
		user:   map[string]any{"client_id": nil, "scope": nil, "cid": "0oa1", "uid": "00u1", "sub": "ada@example.com", "scp": []string{"read"}},
		client: map[string]any{"client_id": nil, "scope": nil, "cid": "0oa1", "sub": "0oa1", "scp": []string{"read"}}, bare: token.SubjectClient,
	},
	"Cognito with an audience": {
		header: untyped,
		profile: token.Profile{
			AllowMissingType: true, Required: []string{"sub", "client_id", "iat", "token_use"},
			Users: []token.Mark{{Claim: "username", Present: true}},
		},
		user:   map[string]any{"token_use": "access", "username": "ada"},
		client: map[string]any{"token_use": "access", "sub": "client"}, bare: token.SubjectClient,
	},
	"Duende": {
		profile: token.Profile{
			ScopeList: true, Required: []string{"client_id", "iat", "jti"},
			Users:   []token.Mark{{Claim: "sub", Present: true}},
			Clients: []token.Mark{{Claim: "sub", Absent: true}},
		},
		user:   map[string]any{"scope": []string{"read"}},
		client: map[string]any{"scope": []string{"read"}, "sub": nil},
	},
	"PingOne": {
		header: untyped,
		profile: token.Profile{
			AllowMissingType: true, Required: []string{"client_id", "iat", "jti"},
			Users:   []token.Mark{{Claim: "sub", Present: true}},
			Clients: []token.Mark{{Claim: "sub", Absent: true}},
		},
		client: map[string]any{"sub": nil},
	},
	"AD FS": {
		header: jwt,
		profile: token.Profile{
			Types: []string{"JWT"}, ScopeClaim: "scp", ClientIDClaim: "appid", Required: []string{"appid", "iat"},
			Users:   []token.Mark{{Claim: "sub", Present: true}},
			Clients: []token.Mark{{Claim: "sub", Absent: true}},
		},
		user:   map[string]any{"client_id": nil, "jti": nil, "scope": nil, "appid": "app", "scp": "read"},
		client: map[string]any{"client_id": nil, "jti": nil, "scope": nil, "appid": "app", "sub": nil},
	},
	"Kubernetes": {
		header: untyped,
		profile: token.Profile{
			AllowMissingType: true, Required: []string{"sub", "iat", "jti", "kubernetes.io"},
			Users:   []token.Mark{{Claim: "sub", Prefix: "system:", Not: true}},
			Clients: []token.Mark{{Claim: "sub", Prefix: "system:serviceaccount:"}},
		},
		user:   map[string]any{"client_id": nil, "kubernetes.io": map[string]any{}, "sub": "ada"},
		client: map[string]any{"client_id": nil, "kubernetes.io": map[string]any{}, "sub": "system:serviceaccount:default:job"},
	},
}

func (d dialect) kind(t *testing.T, changes map[string]any, marked bool) token.SubjectKind {
	t.Helper()
	return verified(t, mint{header: d.header, claims: changes}, func(c *token.Config) {
		c.Profile = d.profile
		if !marked {
			c.Profile.Users, c.Profile.Clients = nil, nil
		}
	}).SubjectKind()
}

func TestC_9068_5_1_SubjectKindOfIssuers(t *testing.T) {
	t.Parallel()
	for name, d := range dialects {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, token.SubjectUser, d.kind(t, d.user, true))
			assert.Equal(t, token.SubjectClient, d.kind(t, d.client, true))
			assert.Equal(t, token.SubjectUnknown, d.kind(t, d.user, false), "nothing proves a user without a mark")
			assert.Equal(t, d.bare, d.kind(t, d.client, false))
		})
	}
}

// kindUnder is the kind of subject of a token under a profile with these marks,
// which requires nothing.
func kindUnder(t *testing.T, users, clients []token.Mark, changes ...any) token.SubjectKind {
	t.Helper()
	return verified(t, claims(changes...), func(c *token.Config) {
		c.Profile = token.Profile{Required: []string{}, Users: users, Clients: clients}
	}).SubjectKind()
}

func TestC_9068_5_1_WhatIsNoEvidence(t *testing.T) {
	t.Parallel()
	app := []token.Mark{{Claim: "idtyp", Values: []string{"app"}}}
	user := []token.Mark{{Claim: "idtyp", Values: []string{"user", "guest"}}}
	notApp := []token.Mark{{Claim: "idtyp", Values: []string{"app"}, Not: true}}
	for name, c := range map[string]struct {
		users, clients []token.Mark
		changes        []any
		want           token.SubjectKind
	}{
		"nothing":                              {},
		"sub is the client id":                 {changes: []any{"sub", "client"}, want: token.SubjectClient},
		"sub is the client id, spelled oddly":  {changes: []any{"sub", json.RawMessage(`"\u0063lient"`)}, want: token.SubjectClient},
		"sub and client id are empty":          {changes: []any{"sub", "", "client_id", ""}},
		"sub and client id are absent":         {changes: []any{"sub", nil, "client_id", nil}},
		"the client id in another case":        {changes: []any{"sub", "Client"}},
		"client id absent":                     {users: notClient, changes: []any{"client_id", nil}},
		"client id empty":                      {users: notClient, changes: []any{"client_id", ""}},
		"sub absent":                           {users: notClient, changes: []any{"sub", nil}},
		"sub empty":                            {users: notClient, changes: []any{"sub", ""}},
		"a mark of users and no subject":       {users: user, changes: []any{"idtyp", "user", "sub", nil}},
		"a mark of users and an empty subject": {users: user, changes: []any{"idtyp", "user", "sub", ""}},
		"marks of both, and no subject":        {users: user, clients: []token.Mark{{Claim: "gty", Present: true}}, changes: []any{"idtyp", "user", "gty", 1, "sub", nil}},
		"the second of several values":         {users: user, changes: []any{"idtyp", "guest"}, want: token.SubjectUser},
		"the second of several marks":          {users: append(slices.Clone(app), user...), changes: []any{"idtyp", "user"}, want: token.SubjectUser},
		"another value":                        {users: user, clients: app, changes: []any{"idtyp", "device"}},
		"a value in another case":              {users: user, changes: []any{"idtyp", "User"}},
		"a longer value":                       {users: user, changes: []any{"idtyp", "user "}},
		"as many marks of a claim as can be":   {users: slices.Repeat(user, 16), clients: slices.Repeat(app, 16), changes: []any{"idtyp", "user"}, want: token.SubjectUser},
		"marks of both":                        {users: user, clients: []token.Mark{{Claim: "gty", Present: true}}, changes: []any{"idtyp", "user", "gty", "x"}},
		"a mark of users, and a client by sub": {users: user, changes: []any{"idtyp", "user", "sub", "client"}},
		"an array":                             {users: user, clients: app, changes: []any{"idtyp", []string{"user"}}},
		"an object":                            {users: user, clients: app, changes: []any{"idtyp", map[string]bool{"user": true}}},
		"a number":                             {users: user, clients: app, changes: []any{"idtyp", 1}},
		"null":                                 {users: user, clients: app, changes: []any{"idtyp", null}},
		"not, an array":                        {users: notApp, changes: []any{"idtyp", []string{"user"}}},
		"not, a boolean":                       {users: notApp, changes: []any{"idtyp", true}},
		"not, null":                            {users: notApp, changes: []any{"idtyp", null}},
		"not, absent":                          {users: notApp},
		"not, empty":                           {users: notApp, changes: []any{"idtyp", ""}},
		"not, another value":                   {users: notApp, changes: []any{"idtyp", "user"}, want: token.SubjectUser},
		"not, the value":                       {users: notApp, changes: []any{"idtyp", "app"}},
		"prefix":                               {users: []token.Mark{{Claim: "sub", Prefix: "us"}}, want: token.SubjectUser},
		"prefix, elsewhere":                    {users: []token.Mark{{Claim: "sub", Prefix: "ser"}}},
		"suffix":                               {users: []token.Mark{{Claim: "sub", Suffix: "er"}}, want: token.SubjectUser},
		"suffix, elsewhere":                    {users: []token.Mark{{Claim: "sub", Suffix: "us"}}},
		"suffix of clients":                    {clients: []token.Mark{{Claim: "sub", Suffix: "@clients"}}, changes: []any{"sub", "x@clients"}, want: token.SubjectClient},
		"another claim is the client id":       {clients: []token.Mark{{Claim: "oid", ClientID: true}}, changes: []any{"oid", "client"}, want: token.SubjectClient},
		"another claim is not":                 {clients: []token.Mark{{Claim: "oid", ClientID: true}}, changes: []any{"oid", "x"}},
		"present, any value":                   {users: []token.Mark{{Claim: "email", Present: true}}, changes: []any{"email", []int{}}, want: token.SubjectUser},
		"present, null":                        {users: []token.Mark{{Claim: "email", Present: true}}, changes: []any{"email", null}},
		"absent":                               {clients: []token.Mark{{Claim: "email", Absent: true}}, want: token.SubjectClient},
		"absent, null":                         {clients: []token.Mark{{Claim: "email", Absent: true}}, changes: []any{"email", null}, want: token.SubjectClient},
		"absent, but there":                    {clients: []token.Mark{{Claim: "email", Absent: true}}, changes: []any{"email", ""}},
		"the claim in another case":            {users: user, changes: []any{"IDTYP", "user"}},
		"the claim with a name spelled oddly":  {users: user, changes: []any{"idtyp", json.RawMessage(`"\u0075ser"`)}, want: token.SubjectUser},
		"a claim inside of another is another": {users: user, changes: []any{"x", map[string]string{"idtyp": "user"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, kindUnder(t, c.users, c.clients, c.changes...))
		})
	}
	runRows(t, []row{ // such a token has no subject to be of any kind
		{name: "sub a number", mint: claims("sub", 1), want: token.ErrClaim},
		{name: "sub null", mint: claims("sub", null), want: token.ErrClaim},
		{name: "client id an array", mint: claims("client_id", []string{"client"}), want: token.ErrClaim},
	})
}

// What is remembered of a token has its kind.
func TestSubjectKindIsRemembered(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, func(c *token.Config) { c.Profile.Users = notClient })
	for raw, want := range map[string]token.SubjectKind{
		mint{}.token(): token.SubjectUser, claims("sub", "client").token(): token.SubjectClient,
	} {
		for range 3 {
			got, err := v.Authenticate(t.Context(), token.Bearer(raw))
			require.NoError(t, err)
			assert.Equal(t, want, got.SubjectKind())
		}
	}
}

func TestMarksRefused(t *testing.T) {
	t.Parallel()
	many := func(n int, claim func(int) string) (list []token.Mark) {
		for i := range n {
			list = append(list, token.Mark{Claim: claim(i), Values: []string{"x"}})
		}
		return list
	}
	one := func(int) string { return "a" }
	each := func(i int) string { return fmt.Sprint("a", i) }
	for name, profile := range map[string]token.Profile{
		"no claim":               {Users: []token.Mark{{Present: true}}},
		"no condition":           {Users: []token.Mark{{Claim: "a"}}},
		"not, and no condition":  {Users: []token.Mark{{Claim: "a", Not: true}}},
		"two conditions":         {Users: []token.Mark{{Claim: "a", Prefix: "x", Suffix: "y"}}},
		"present and absent":     {Clients: []token.Mark{{Claim: "a", Present: true, Absent: true}}},
		"values and present":     {Clients: []token.Mark{{Claim: "a", Values: []string{"x"}, Present: true}}},
		"client id and a prefix": {Clients: []token.Mark{{Claim: "a", ClientID: true, Prefix: "x"}}},
		"no values":              {Users: []token.Mark{{Claim: "a", Values: []string{}}}},
		"an empty value":         {Users: []token.Mark{{Claim: "a", Values: []string{"x", ""}}}},
		"not present":            {Users: []token.Mark{{Claim: "a", Present: true, Not: true}}},
		"not absent":             {Users: []token.Mark{{Claim: "a", Absent: true, Not: true}}},
		"too many of users":      {Users: many(17, one)},
		"too many of clients":    {Clients: many(17, one)},
		"on both sides":          {Users: []token.Mark{{Claim: "a", Values: []string{"x", "y"}}}, Clients: []token.Mark{{Claim: "a", Values: []string{"y", "x"}}}},
		"required, present":      {Users: []token.Mark{{Claim: "sub", Present: true}}},
		"required, absent":       {Clients: []token.Mark{{Claim: "client_id", Absent: true}}},
		"always there":           {Users: []token.Mark{{Claim: "aud", Present: true}}},
		"iss":                    {Users: []token.Mark{{Claim: "iss", Values: []string{issuer}}}},
		"client id and itself":   {Clients: []token.Mark{{Claim: "client_id", ClientID: true}}},
		"its own name, required": {ClientIDClaim: "azp", Users: []token.Mark{{Claim: "azp", Present: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			cfg.Profile = profile
			_, err := token.NewVerifier(cfg)
			assert.ErrorIs(t, err, token.ErrConfig)
			assert.ErrorContains(t, err, "Profile.")
		})
	}
	cfg := config()
	cfg.Profile = token.Profile{Users: slices.Concat(many(8, each), many(8, each)), Clients: []token.Mark{{Claim: "a1", Absent: true}}}
	_, err := token.NewVerifier(cfg)
	assert.NoError(t, err)
}

// Marks that differ in one thing are two marks, of which each side may have one.
// Marks of different shapes differ, and a claim inside of a required one is not
// required.
func TestMarksAllowed(t *testing.T) {
	t.Parallel()
	for name, profile := range map[string]token.Profile{
		"another shape": {
			Users:   []token.Mark{{Claim: "a", Values: []string{"x"}}},
			Clients: []token.Mark{{Claim: "a", Values: []string{"x"}, Shape: token.ShapeList}},
		},
		"inside of sub":           {Users: []token.Mark{{Path: []string{"sub", "x"}, Present: true}}},
		"inside of the client id": {Clients: []token.Mark{{Path: []string{"client_id", "x"}, ClientID: true}}},
	} {
		cfg := config()
		cfg.Profile = profile
		assert.NoError(t, cfg.Validate(), name)
	}
}

func TestMarksThatDiffer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ user, client token.Mark }{
		"the client id's own claim": {token.Mark{Claim: "client_id", Prefix: "x"}, token.Mark{Claim: "client_id", Suffix: "x"}},
		"claim":                     {token.Mark{Claim: "a", Present: true}, token.Mark{Claim: "b", Present: true}},
		"values":                    {token.Mark{Claim: "a", Values: []string{"x"}}, token.Mark{Claim: "a", Values: []string{"y"}}},
		"prefix":                    {token.Mark{Claim: "a", Prefix: "x"}, token.Mark{Claim: "a", Prefix: "y"}},
		"suffix":                    {token.Mark{Claim: "a", Suffix: "x"}, token.Mark{Claim: "a", Suffix: "y"}},
		"presence":                  {token.Mark{Claim: "a", Present: true}, token.Mark{Claim: "a", Absent: true}},
		"client id":                 {token.Mark{Claim: "a", ClientID: true}, token.Mark{Claim: "a", Present: true}},
		"client id, absence":        {token.Mark{Claim: "a", ClientID: true}, token.Mark{Claim: "a", Absent: true}},
		"prefix, client id":         {token.Mark{Claim: "a", Prefix: "x"}, token.Mark{Claim: "a", ClientID: true}},
		"not":                       {token.Mark{Claim: "a", Prefix: "x"}, token.Mark{Claim: "a", Prefix: "x", Not: true}},
	} {
		cfg := config()
		cfg.Profile = token.Profile{Users: []token.Mark{c.user}, Clients: []token.Mark{c.client}}
		_, err := token.NewVerifier(cfg)
		assert.NoError(t, err, name)
	}
}

// A Config may be used again with other marks.
func TestMarksAreCopied(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.Profile.Users = []token.Mark{{Claim: "idtyp", Values: []string{"user"}}}
	v, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	cfg.Profile.Users[0].Values[0] = "app"
	got, err := v.Authenticate(t.Context(), token.Bearer(claims("idtyp", "app").token()))
	require.NoError(t, err)
	assert.Equal(t, token.SubjectUnknown, got.SubjectKind())
}

// A claim whose name means something else holds no scopes and no client id.
func TestClaimsWithAMeaningOfTheirOwn(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf", "nonce", "at_hash", "c_hash", "act", "auth_time", "acr", "amr", "sid",
	} {
		for field, profile := range map[string]token.Profile{"ScopeClaim": {ScopeClaim: name}, "ClientIDClaim": {ClientIDClaim: name}} {
			cfg := config()
			cfg.Profile = profile
			_, err := token.NewVerifier(cfg)
			assert.ErrorIs(t, err, token.ErrConfig, name)
			assert.ErrorContains(t, err, field)
		}
	}
	for _, profile := range []token.Profile{
		{ScopeClaim: "client_id", ClientIDClaim: "azp"}, {ScopeClaim: "scp", ClientIDClaim: "scope"}, {ScopeClaim: "x", ClientIDClaim: "x"},
	} {
		cfg := config()
		cfg.Profile = profile
		_, err := token.NewVerifier(cfg)
		assert.ErrorIs(t, err, token.ErrConfig)
	}
}

func TestCanTell(t *testing.T) {
	t.Parallel()
	plain := newVerifier(t, nil)
	marked := newVerifier(t, func(c *token.Config) { c.Issuer, c.Profile.Users = otherIssuer, notClient })
	several := func(second token.Authenticator) token.Authenticator {
		return token.ByIssuer(map[string]token.Authenticator{issuer: plain, otherIssuer: second})
	}
	for name, c := range map[string]struct {
		auth          token.Authenticator
		user, clients bool
	}{
		"no marks":                {plain, false, true},
		"marks of users":          {marked, true, true},
		"marks of clients":        {newVerifier(t, func(c *token.Config) { c.Profile.Clients = notClient }), false, true},
		"one of several":          {several(marked), true, true},
		"none of several":         {token.ByIssuer(map[string]token.Authenticator{issuer: plain}), false, true},
		"no issuers":              {token.ByIssuer(nil), true, true},
		"issuers within issuers":  {several(several(marked)), true, true},
		"several, one is unknown": {several(wrapped{plain}), true, true},
		"another Authenticator":   {wrapped{plain}, true, true},
		"nothing":                 {nil, true, true},
		"a Verifier that is none": {(*token.Verifier)(nil), true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.user, token.CanTell(c.auth, token.SubjectUser))
			assert.Equal(t, c.clients, token.CanTell(c.auth, token.SubjectClient))
			assert.False(t, token.CanTell(c.auth, token.SubjectUnknown))
			assert.False(t, token.CanTell(c.auth, 7))
		})
	}
}

func TestSubjectKindString(t *testing.T) {
	t.Parallel()
	for want, kind := range map[string]token.SubjectKind{"unknown": 0, "user": token.SubjectUser, "client": token.SubjectClient} {
		assert.Equal(t, want, kind.String())
	}
	assert.Equal(t, "unknown", token.SubjectKind(9).String())
}
