package token_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
)

// What an operator reads leads to the cure: what was seen, where it may be
// instead, and by how much the clocks differ.
func TestErrorsLeadToTheCure(t *testing.T) {
	t.Parallel()
	legacy := func(c *token.Config) { c.Profile = token.LegacyProfile() }
	ruled := func(m token.Mark) func(*token.Config) {
		return func(c *token.Config) { c.Profile.Rules = []token.Mark{m} }
	}
	padded := func(encoding *base64.Encoding) mint {
		return mint{compact: func(raw string) string {
			header, rest, _ := strings.Cut(raw, ".")
			_, signature, _ := strings.Cut(rest, ".")
			return header + "." + encoding.EncodeToString([]byte(`{"sub":"??>"}`)) + "." + signature
		}}
	}
	for name, c := range map[string]struct {
		mint mint
		cfg  func(*token.Config)
		want error
		says string
	}{
		"client id elsewhere": {
			claims("client_id", nil, "azp", "app"), nil, token.ErrClaim,
			`client_id is absent, want a string that is not empty (see Config.Profile.Required); it has "azp" (see Config.Profile.ClientIDClaim)`,
		},
		"client id in two other places": {claims("client_id", nil, "appid", "a", "cid", "b"), nil, token.ErrClaim, `; it has "appid" and "cid" (see Config.Profile.ClientIDClaim)`},
		"client id nowhere":             {claims("client_id", nil, "azp", null), nil, token.ErrClaim, `client_id is absent, want a string that is not empty (see Config.Profile.Required)`},
		"another client id claim":       {mint{}, func(c *token.Config) { c.Profile.ClientIDClaim = "azp" }, token.ErrClaim, `azp is absent, want a string that is not empty (see Config.Profile.Required); it has "client_id"`},
		"no audience beside a client": {
			claims("aud", nil), nil, token.ErrAudience,
			`aud is absent, want one of ["` + audience + `"] (see Config.Audience); it has "client_id", which names its client and not its audience (see Config.Profile.AudienceClaim)`,
		},
		"no audience and no client": {claims("aud", nil, "client_id", nil), legacy, token.ErrAudience, `aud is absent, want one of ["` + audience + `"] (see Config.Audience)`},
		"an ID token":               {mint{header: jwt, claims: map[string]any{"at_hash": "x"}}, legacy, token.ErrType, "at_hash is there, which makes it an ID token, want an access token (see Config.Profile.Types)"},
		"an ID token by its nonce":  {mint{header: jwt, claims: map[string]any{"nonce": "x"}}, legacy, token.ErrType, "nonce is there, which makes it an ID token"},
		"an ID token by its audience": {
			mint{header: jwt, claims: map[string]any{"aud": []string{"app", audience}}},
			func(c *token.Config) { c.Profile = token.LegacyProfile(); c.Profile.ClientIDs = []string{"app"} },
			token.ErrType, `aud is "app", a client id, which makes it an ID token, want an access token (see Config.Profile.ClientIDs)`,
		},
		"absent, but distributed": {
			claims("_claim_names", object{"groups": "src1"}), ruled(token.Mark{Claim: "groups", Absent: true}), token.ErrClaim,
			"groups is absent, want a token that tells: it is distributed, or inside of something else than an object (see Config.Profile.Rules)",
		},
		"absent, but in no object": {
			claims("act_as", []string{}), ruled(token.Mark{Path: []string{"act_as", "id"}, Values: []string{"x"}, Not: true}), token.ErrClaim,
			"/act_as/id is absent, want a token that tells: it is distributed, or inside of something else than an object (see Config.Profile.Rules)",
		},
		"scopes in no object": {
			claims("ext", "x"), func(c *token.Config) { c.Profile.Scopes = []token.Source{{Path: []string{"ext", "scopes"}}} }, token.ErrClaim,
			"/ext/scopes is absent, want a token that tells: it is distributed, or inside of something else than an object (see Config.Profile.Scopes)",
		},
		"a number as sub":         {claims("sub", 190522), nil, token.ErrClaim, "sub is 190522, want a string"},
		"null as sub":             {claims("sub", null), nil, token.ErrClaim, "sub is null, want a string"},
		"a boolean as scope":      {claims("scope", true), nil, token.ErrClaim, "scope is true, want a string"},
		"a string as exp":         {claims("exp", "1700000300"), nil, token.ErrClaim, `exp is "1700000300", want a number`},
		"milliseconds":            {claims("exp", now.UnixMilli()), nil, token.ErrClaim, "exp is 1700000000000, want a number of seconds"},
		"a string like null":      {claims("scope", []string{"null"}), nil, token.ErrClaim, `scope is ["null"], want a string`},
		"a number as typ":         {header("typ", 5), nil, token.ErrType, "header typ is 5, want"},
		"a number of many digits": {mint{rawPayload: payloadWith(`,"nbf":1` + strings.Repeat("0", 4000))}, nil, token.ErrClaim, "nbf is 1" + strings.Repeat("0", 39) + "..., want"},
		"padding":                 {padded(base64.URLEncoding), nil, token.ErrMalformed, `base64url without padding "="`},
		"the standard alphabet":   {padded(base64.RawStdEncoding), nil, token.ErrMalformed, `not "+" or "/"`},
		"both":                    {padded(base64.StdEncoding), nil, token.ErrMalformed, `not "+" or "/"`},
		"neither":                 {mint{compact: func(raw string) string { return "!" + raw }}, nil, token.ErrMalformed, "token: malformed: not canonical base64url"},
		"expired": {
			claims("exp", now.Unix()-570), nil, token.ErrExpired,
			"exp is 2023-11-14T22:03:50Z, expired 9m30s ago with a leeway of 30s (see Config.Leeway)",
		},
		"expired long ago":           {claims("exp", 1), nil, token.ErrExpired, "exp is 1970-01-01T00:00:01Z, expired 19675 days ago with a leeway of 30s"},
		"expired two days ago":       {claims("exp", now.Unix()-2*24*60*60), nil, token.ErrExpired, "expired 2 days ago with"},
		"expired nearly so long ago": {claims("exp", now.Unix()-2*24*60*60+1), nil, token.ErrExpired, "expired 47h59m59s ago with"},
		"iat a string":               {claims("iat", "x"), nil, token.ErrClaim, `iat is "x", want a number`},
		"a number of 40 digits":      {mint{rawPayload: payloadWith(`,"nbf":1` + strings.Repeat("0", 39))}, nil, token.ErrClaim, "nbf is 1" + strings.Repeat("0", 39) + ", want"},
		"a long lifetime": {
			claims("exp", now.Unix()+7200), func(c *token.Config) { c.MaxLifetime = time.Hour }, token.ErrClaim,
			"exp is 2023-11-15T00:13:20Z, 2h0m0s after iat, want no later than iat and 1h0m0s (see Config.MaxLifetime)",
		},
		"iat ahead": {
			claims("iat", now.Unix()+240), nil, token.ErrNotYetValid,
			"iat is 2023-11-14T22:17:20Z, 4m0s ahead of this clock with a leeway of 30s: one of the clocks is wrong (see Config.Leeway)",
		},
		"nbf ahead": {claims("nbf", now.Unix()+240), nil, token.ErrNotYetValid, "nbf is 2023-11-14T22:17:20Z, 4m0s ahead of this clock with a leeway of 30s (see Config.Leeway)"},
		"nbf at the end of time": {
			claims("nbf", 253402300799), func(c *token.Config) { c.Leeway = -1 }, token.ErrNotYetValid,
			"nbf is 9999-12-31T23:59:59Z, 2913221 days ahead of this clock with a leeway of 0s (see Config.Leeway)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newVerifier(t, c.cfg).Authenticate(t.Context(), token.Bearer(c.mint.token()))
			require.ErrorIs(t, err, c.want)
			assert.ErrorContains(t, err, c.says)
			if strings.HasSuffix(c.says, ")") || strings.HasPrefix(c.says, "token: ") {
				assert.True(t, strings.HasSuffix(err.Error(), c.says), "%v", err)
			}
			assert.True(t, printable.Is(err.Error()))
			assert.Equal(t, err.Error(), fmt.Sprintf("%#v", err), "no verb shows all claims")
		})
	}
}

// Distances are relative to the clock of the check, also of a token that is
// remembered.
func TestDistanceOfARememberedToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock := now
		v := newVerifier(t, func(c *token.Config) { c.Time = func() time.Time { return clock } })
		raw := mint{}.token()
		_, err := v.Authenticate(t.Context(), token.Bearer(raw))
		require.NoError(t, err)
		clock = now.Add(time.Hour)
		_, err = v.Authenticate(t.Context(), token.Bearer(raw))
		require.ErrorIs(t, err, token.ErrExpired)
		assert.ErrorContains(t, err, "expired 55m0s ago")
	})
}

// A ScopeError says what the token had, and where else rights may be.
func TestScopeErrorSaysWhatTheTokenHas(t *testing.T) {
	t.Parallel()
	scp := func(c *token.Config) { c.Profile.ScopeClaim = "scp" }
	for name, c := range map[string]struct {
		mint mint
		cfg  func(*token.Config)
		says string
	}{
		"others":             {claims("scope", "read write"), nil, `need admin; the token has "read write"`},
		"no claim":           {claims("scope", nil), nil, `need admin; the token has no scope claim "scope"`},
		"an empty claim":     {claims("scope", ""), nil, `need admin; the scope claim "scope" of the token is empty`},
		"scp":                {claims("scope", nil, "scp", "admin"), nil, `the token has no scope claim "scope", but it has "scp" (see Config.Profile.ScopeClaim)`},
		"scopes":             {claims("scope", nil, "scopes", "admin"), nil, `, but it has "scopes" (see`},
		"roles, permissions": {claims("scope", nil, "roles", []string{"a"}, "permissions", []string{"b"}), nil, `, but it has "roles" and "permissions" (see Config.Profile.Sets)`},
		"permissions":        {claims("scope", nil, "permissions", []string{"b"}), nil, `, but it has "permissions" (see Config.Profile.Sets)`},
		"scope, not scp":     {mint{}, scp, `the token has no scope claim "scp", but it has "scope" (see Config.Profile.ScopeClaim)`},
		"null":               {claims("scope", nil, "scp", null), nil, `the token has no scope claim "scope"`},
		"hostile":            {claims("scope", "\n\u00e9"+strings.Repeat("x", 5000)), nil, `need admin; the token has "\n\u00e9xxx`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := (&token.ScopeError{Need: []string{"admin"}, Token: verified(t, c.mint, c.cfg)}).Error()
			assert.Contains(t, text, "insufficient scope: "+"need admin; ")
			assert.Contains(t, text, c.says)
			if !strings.Contains(c.says, "but") && name != "hostile" {
				assert.True(t, strings.HasSuffix(text, c.says), text)
			}
			assert.True(t, printable.Is(text) && len(text) <= printable.MaxLine)
		})
	}
	assert.Equal(t, "token: insufficient scope: need a b", (&token.ScopeError{Need: []string{"a", "b"}}).Error())
	assert.Equal(t, "token: insufficient scope", (&token.ScopeError{Token: new(token.Token)}).Error())
	assert.Contains(t, (&token.ScopeError{Token: token.Claiming(`{}`)}).Error(), "the token has no scope")
}

func TestStepUpErrorSaysWhatIsNeeded(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]*token.StepUpError{
		"":                                       {},
		": need acr mfa or hwk":                  {ACRValues: []string{"mfa", "hwk"}},
		": need authentication at most 5m0s ago": {MaxAge: 5 * time.Minute},
		": need acr mfa, need authentication at most 1m0s ago, need scope a b": {ACRValues: []string{"mfa"}, MaxAge: time.Minute, Need: []string{"a", "b"}},
		`: need acr a\x1fb`: {ACRValues: []string{"a\x1fb"}},
	} {
		assert.Equal(t, token.ErrStepUp.Error()+want, err.Error())
	}
}
