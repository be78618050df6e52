package scope_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

const actorIssuer = "https://as.example.com"

func TestActors(t *testing.T) {
	t.Parallel()
	gateway := scope.ActorIn(token.Actor{Issuer: actorIssuer, Subject: "gateway"}, token.Actor{Issuer: "https://b", Subject: "batch"})
	client := scope.ActorIn(token.Actor{Issuer: actorIssuer, ClientID: "web"})
	both := scope.ActorIn(token.Actor{Issuer: actorIssuer, Subject: "gateway", ClientID: "web"})
	for name, row := range map[string]struct {
		policy scope.Policy
		claims object
		says   string // "": it passes
	}{
		"no act":                         {scope.NotDelegated, nil, ""},
		"act":                            {scope.NotDelegated, object{"act": object{"sub": "gateway"}}, `scope: rule "not delegated": access denied: the actor is a subject of issuer "https://as.example.com" (shown by LogConfig.Subject), want a token without act`},
		"act without a name":             {scope.NotDelegated, object{"act": object{}}, `the actor is without a name of issuer`},
		"C_8693-4.4-1 may_act is no act": {scope.NotDelegated, object{"may_act": object{"sub": "gateway"}}, ""},

		"the actor":                              {gateway, object{"act": object{"sub": "gateway"}}, ""},
		"of its issuer by name":                  {gateway, object{"act": object{"iss": "https://b", "sub": "batch"}}, ""},
		"no actor":                               {gateway, nil, `the token has no act, want one of 2 actors`},
		"another":                                {gateway, object{"act": object{"sub": "other"}}, `the actor is a subject of issuer "https://as.example.com" (shown by LogConfig.Subject), want one of 2 actors`},
		"in another case":                        {gateway, object{"act": object{"sub": "Gateway"}}, `the actor is a subject of issuer`},
		"of another issuer":                      {gateway, object{"act": object{"iss": "https://evil", "sub": "gateway"}}, `the actor is a subject of issuer "https://evil"`},
		"the issuer of one, the sub of another":  {gateway, object{"act": object{"iss": "https://b", "sub": "gateway"}}, `of issuer "https://b"`},
		"as a client id":                         {gateway, object{"act": object{"client_id": "gateway"}}, `the actor is client id "gateway"`},
		"without a name":                         {gateway, object{"act": object{"iss": actorIssuer}}, `without a name`},
		"C_8693-4.1-1 in the history only":       {gateway, object{"act": object{"sub": "other", "act": object{"sub": "gateway"}}}, `the actor is a subject of issuer "https://as.example.com"`},
		"C_8693-4.1-1 behind one without a name": {gateway, object{"act": object{"act": object{"sub": "gateway"}}}, `without a name`},
		"C_8693-4.1-1 with another history":      {gateway, object{"act": object{"sub": "gateway", "act": object{"sub": "other"}}}, ""},
		"C_8693-4.4-1 may_act":                   {gateway, object{"may_act": object{"sub": "gateway"}}, `the token has no act`},
		"C_8693-4.4-1 may_act beside act":        {gateway, object{"act": object{"sub": "other"}, "may_act": object{"sub": "gateway"}}, `the actor is a subject of issuer "https://as.example.com"`},

		"a client":                   {client, object{"act": object{"client_id": "web"}}, ""},
		"a client with a subject":    {client, object{"act": object{"client_id": "web", "sub": "x"}}, ""},
		"a client id as the subject": {client, object{"act": object{"sub": "web"}}, `the actor is a subject of issuer "https://as.example.com" (shown by LogConfig.Subject), want client id "web" of issuer "https://as.example.com"`},
		"both":                       {both, object{"act": object{"sub": "gateway", "client_id": "web"}}, ""},
		"one of both":                {both, object{"act": object{"sub": "gateway"}}, `want subject "gateway" and client id "web" of issuer`},
		"the other of both":          {both, object{"act": object{"client_id": "web"}}, `the actor is client id "web"`},

		"the client of the token is no actor": {scope.ActorIn(token.Actor{Issuer: actorIssuer, ClientID: "app"}), nil, "the token has no act"},
		"own tokens as well":                  {scope.NotDelegated.Or(gateway), nil, ""},
		"and the actor":                       {scope.NotDelegated.Or(gateway), object{"act": object{"sub": "gateway"}}, ""},
		"and no other":                        {scope.NotDelegated.Or(gateway), object{"act": object{"sub": "other"}}, "no alternative holds"},
		"hostile":                             {gateway, object{"act": object{"client_id": "x\r\nlevel=INFO\x1b"}}, `client id "x\r\nlevel=INFO\x1b"`},
		"long":                                {client, object{"act": object{"client_id": strings.Repeat("x", 5000)}}, `... of issuer "https://as.example.com", want client id "web" of`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tok := claiming(t, row.claims, "read")
			err := row.policy.Check(tok)
			if row.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, token.ErrDenied)
			assert.Equal(t, "denied", token.Reason(err))
			assert.ErrorContains(t, err, row.says)
			assert.True(t, printable.Is(err.Error()) && len(err.Error()) <= printable.MaxLine, err)
			assert.ErrorIs(t, scope.All("write").Or(row.policy.And(scope.Client)).Check(tok), token.ErrScope)
		})
	}
}

// A list of actors is what it was when the rule was made, and a long issuer hides
// no subject from the operator.
func TestActorsAreCopied(t *testing.T) {
	t.Parallel()
	listed := []token.Actor{{Issuer: "https://" + strings.Repeat("x", 200), Subject: "gateway"}}
	p := scope.ActorIn(listed...)
	listed[0] = token.Actor{Issuer: actorIssuer, Subject: "other"}
	err := p.Check(claiming(t, object{"act": object{"sub": "other"}}))
	require.ErrorIs(t, err, token.ErrDenied)
	assert.ErrorContains(t, err, `want subject "gateway" of issuer "https://xxx`)
}

func TestActorsAllocateNothing(t *testing.T) {
	tok := claiming(t, object{"act": object{"sub": "gateway"}})
	p := scope.NotDelegated.Or(scope.ActorIn(token.Actor{Issuer: actorIssuer, Subject: "gateway"}))
	require.NoError(t, p.Check(tok))
	assert.Zero(t, testing.AllocsPerRun(100, func() { _ = p.Check(tok) }))
}

func TestActorsString(t *testing.T) {
	t.Parallel()
	web := token.Actor{Issuer: actorIssuer, ClientID: "web"}
	for want, p := range map[string]scope.Policy{
		"not delegated": scope.NotDelegated,
		"actor(issuer(https://as.example.com) client id(web))":                               scope.ActorIn(web, web),
		`actor(issuer(https://a) subject("a b"), issuer(https://a) subject(s) client id(c))`: scope.ActorIn(token.Actor{Issuer: "https://a", Subject: "a b"}, token.Actor{Issuer: "https://a", Subject: "s", ClientID: "c"}),
	} {
		assert.Equal(t, want, p.String())
	}
	forged := scope.Func("not delegated", func(*token.Token) error { return nil })
	assert.Equal(t, `"not delegated"`, forged.String())
}

func TestActorsNeverMet(t *testing.T) {
	t.Parallel()
	plain, marked := judges(t)
	gateway := scope.ActorIn(token.Actor{Issuer: actorIssuer, Subject: "gateway"})
	user, client := scope.User.And(scope.NotDelegated), scope.Client.And(gateway)
	for name, row := range map[string]struct {
		policy scope.Policy
		auth   token.Authenticator
		says   string // "": it can be met
	}{
		"one":               {scope.NotDelegated, plain, ""},
		"the other":         {gateway, plain, ""},
		"either":            {scope.NotDelegated.Or(gateway), plain, ""},
		"both":              {scope.NotDelegated.And(gateway), plain, `policy "not delegated and actor(issuer(https://as.example.com) subject(gateway))" is never met, since no token both has an actor and has none`},
		"both in an Or":     {scope.NotDelegated.And(gateway).Or(scope.User), plain, "no alternative is"},
		"with a user":       {gateway.And(scope.User), marked, ""},
		"and no marks":      {gateway.And(scope.User), plain, "Config.Profile.Users"},
		"crossed":           {user.Or(client).And(scope.User.And(gateway).Or(scope.Client.And(scope.NotDelegated))), marked, "its rules contradict each other"},
		"not quite crossed": {user.Or(client).And(scope.User.Or(scope.Client.And(scope.NotDelegated))), marked, ""},
		"user and client":   {user.And(client), marked, "no subject is both a user and a client"},
	} {
		err := row.policy.NeverMet(row.auth)
		if row.says == "" {
			assert.NoError(t, err, name)
			continue
		}
		require.ErrorIs(t, err, token.ErrConfig, name)
		assert.ErrorContains(t, err, row.says, name)
	}
}
