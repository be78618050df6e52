package token_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

// Each row is read from a JWT, from the memory of verified tokens, and from claims
// that another Authenticator vouches for.
func TestActors(t *testing.T) {
	t.Parallel()
	own := func(sub string) token.Actor { return token.Actor{Issuer: issuer, Subject: sub} }
	for name, row := range map[string]struct {
		act  string // "" for none
		want []token.Actor
	}{
		"no actor":                               {"", nil},
		"C_8693-4.1-1 one actor":                 {`{"sub":"svc1"}`, []token.Actor{own("svc1")}},
		"C_8693-4.1-1 the outermost is current":  {`{"sub":"svc1","act":{"sub":"svc0"}}`, []token.Actor{own("svc1"), own("svc0")}},
		"C_8693-4.1-1 in whatever order":         {`{"act":{"sub":"svc0"},"sub":"svc1"}`, []token.Actor{own("svc1"), own("svc0")}},
		"an actor of another issuer":             {`{"sub":"a","iss":"https://other.example"}`, []token.Actor{{Issuer: "https://other.example", Subject: "a"}}},
		"an actor by its client id":              {`{"client_id":"web"}`, []token.Actor{{Issuer: issuer, ClientID: "web"}}},
		"an actor of whom nothing is said":       {`{}`, []token.Actor{own("")}},
		"C_8693-4.1-2 as deep as is allowed":     {actingInTurn(8), repeat(own("x"), 8)},
		"other claims of an actor mean nothing":  {`{"sub":"a","name":"b","aud":["c"]}`, []token.Actor{own("a")}},
		"names in another case are other claims": {`{"SUB":"b","sub":"a"}`, []token.Actor{own("a")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for from, got := range actingTokens(t, row.act) {
				current, acted := got.Actor()
				assert.Equal(t, row.want != nil, acted, from)
				assert.Equal(t, row.want, got.ActorChain(), from)
				if acted {
					assert.Equal(t, row.want[0], current, from)
					got.ActorChain()[0].Subject = "changed"
					assert.Equal(t, row.want, got.ActorChain(), from)
				}
			}
		})
	}
}

// actingInTurn is an act of n actors.
func actingInTurn(n int) string {
	return strings.Repeat(`{"sub":"x","act":`, n-1) + `{"sub":"x"}` + strings.Repeat("}", n-1)
}

func repeat[T any](v T, n int) (all []T) {
	for range n {
		all = append(all, v)
	}
	return all
}

// actingTokens are tokens with an act claim, by where their claims come from.
func actingTokens(t *testing.T, act string) map[string]*token.Token {
	claims := map[string]any{}
	if act != "" {
		claims["act"] = json.RawMessage(act)
	}
	v := newVerifier(t, nil)
	jwt := mint{claims: claims}.token()
	fresh, err := v.Authenticate(context.Background(), token.Bearer(jwt))
	require.NoError(t, err)
	again, err := v.Authenticate(context.Background(), token.Bearer(jwt))
	require.NoError(t, err)
	assert.True(t, again.Remembered())
	vouchedFor, err := token.Vouched("", vouched(func(c *token.VouchedClaims) {
		c.JSON = nil
		if act != "" {
			c.JSON = []byte(`{"act":` + act + `}`)
		}
	}))
	require.NoError(t, err)
	return map[string]*token.Token{"fresh": fresh, "remembered": again, "vouched for": vouchedFor}
}

func TestActorsRefused(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]string{
		"C_8693-4.1-2 a string":       `"svc1"`,
		"C_8693-4.1-2 a list":         `[{"sub":"svc1"}]`,
		"C_8693-4.1-2 null":           `null`,
		"C_8693-4.1-2 too deep":       actingInTurn(9),
		"C_8693-4.1-2 a string below": `{"sub":"svc1","act":"svc0"}`,
		"C_8693-4.1-2 null below":     `{"sub":"svc1","act":null}`,
		"a subject that is a number":  `{"sub":1}`,
		"a subject that is null":      `{"sub":null}`,
		"an issuer that is a list":    `{"sub":"svc1","iss":["` + issuer + `"]}`,
		"a client id of an object":    `{"client_id":{}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newVerifier(t, nil).Authenticate(context.Background(), token.Bearer(mint{claims: map[string]any{"act": json.RawMessage(act)}}.token()))
			require.ErrorIs(t, err, token.ErrClaim)
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), "svc", "an actor may be a person")
			_, err = token.Vouched("", vouched(func(c *token.VouchedClaims) { c.JSON = []byte(`{"act":` + act + `}`) }))
			assert.ErrorIs(t, err, token.ErrClaim)
		})
	}
}

func TestAuthentications(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		acr, authTime string // JSON, "" for none
		wantACR       string
		wantTime      time.Time
		within        time.Duration // the smallest age that holds, to the second; 0 for none
	}{
		"neither":                       {},
		"both":                          {`"loa2"`, `1699999700`, "loa2", now.Add(-5 * time.Minute), 270 * time.Second},
		"acr alone":                     {acr: `"loa2"`, wantACR: "loa2"},
		"acr of a list":                 {acr: `["loa2"]`},
		"acr of null":                   {acr: `null`},
		"auth_time of now":              {authTime: `1700000000`, wantTime: now, within: time.Second},
		"a fraction makes it older":     {authTime: `1699999700.9`, wantTime: now.Add(-5 * time.Minute), within: 270 * time.Second},
		"ahead by the leeway":           {authTime: `1700000030`, wantTime: now.Add(30 * time.Second), within: time.Second},
		"C_9470-6-2 ahead by more":      {authTime: `1700000031`, wantTime: now.Add(31 * time.Second)},
		"C_9470-6-2 text":               {authTime: `"1700000000"`},
		"C_9470-6-2 null":               {authTime: `null`},
		"C_9470-6-2 negative":           {authTime: `-1`},
		"C_9470-6-2 beyond every clock": {authTime: `1e300`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			claims := map[string]any{}
			if row.acr != "" {
				claims["acr"] = json.RawMessage(row.acr)
			}
			if row.authTime != "" {
				claims["auth_time"] = json.RawMessage(row.authTime)
			}
			got, err := newVerifier(t, nil).Authenticate(context.Background(), token.Bearer(mint{claims: claims}.token()))
			require.NoError(t, err)
			assert.Equal(t, row.wantACR, got.ACR())
			assert.True(t, row.wantTime.Equal(got.AuthTime()), "%v", got.AuthTime())
			_, known := got.AuthenticationAge()
			assert.Equal(t, !row.wantTime.IsZero(), known)
			if row.within == 0 {
				assert.False(t, got.AuthenticatedWithin(time.Hour))
				return
			}
			assert.True(t, got.AuthenticatedWithin(row.within))
			assert.Equal(t, row.within == time.Second, got.AuthenticatedWithin(row.within-time.Second))
		})
	}
}

// The age is judged by the clock at the time of the question, and not by that of
// the verification.
func TestAgeIsNotRemembered(t *testing.T) {
	t.Parallel()
	at := now
	got, err := newVerifier(t, func(c *token.Config) { c.Time = func() time.Time { return at } }).
		Authenticate(context.Background(), token.Bearer(mint{claims: map[string]any{"auth_time": now.Unix()}}.token()))
	require.NoError(t, err)
	assert.True(t, got.AuthenticatedWithin(time.Minute))
	at = now.Add(90 * time.Second)
	assert.True(t, got.AuthenticatedWithin(time.Minute), "with the leeway")
	at = now.Add(90*time.Second + 1)
	assert.False(t, got.AuthenticatedWithin(time.Minute))
	age, known := got.AuthenticationAge()
	assert.Equal(t, 90*time.Second+1, age)
	assert.True(t, known)
	at = now.Add(-time.Second)
	age, _ = got.AuthenticationAge()
	assert.Equal(t, -time.Second, age)
}

func TestNoTokenHasCircumstances(t *testing.T) {
	t.Parallel()
	for _, none := range []*token.Token{nil, {}} {
		_, acts := none.Actor()
		assert.False(t, acts)
		assert.Nil(t, none.ActorChain())
		assert.Empty(t, none.ACR())
		assert.True(t, none.AuthTime().IsZero())
		assert.False(t, none.AuthenticatedWithin(time.Hour))
		_, known := none.AuthenticationAge()
		assert.False(t, known)
	}
}
