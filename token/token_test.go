package token_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

func verified(tb testing.TB, m mint, cfg func(*token.Config)) *token.Token {
	tb.Helper()
	t, err := newVerifier(tb, cfg).Authenticate(context.Background(), token.Bearer(m.token()))
	require.NoError(tb, err)
	return t
}

func TestAccessors(t *testing.T) {
	t.Parallel()
	m := claims("aud", []string{"x", audience}, "scope", "read write", "nbf", now.Unix()-5)
	got := verified(t, m, nil)

	assert.Equal(t, issuer, got.Issuer())
	assert.Equal(t, "user", got.Subject())
	assert.Equal(t, token.Principal{Issuer: issuer, Subject: "user"}, got.Principal())
	assert.Equal(t, "client", got.ClientID())
	assert.Equal(t, []string{"x", audience}, got.Audience())
	assert.Equal(t, []string{"read", "write"}, got.Scopes())
	assert.True(t, got.HasScope("write"))
	assert.False(t, got.HasScope("Write"))
	assert.Equal(t, "id-1", got.ID())
	assert.True(t, now.Equal(got.IssuedAt()))
	assert.True(t, now.Add(-5*time.Second).Equal(got.NotBefore()))
	assert.True(t, now.Add(300*time.Second).Equal(got.Expiry()))
	assert.True(t, now.Add(330*time.Second).Equal(got.Deadline()))
	assert.False(t, got.Bound())
	assert.Equal(t, token.SubjectUnknown, got.SubjectKind())
	assert.Equal(t, 2, strings.Count(got.Raw(), "."))
}

func TestAccessorsOfAbsentClaims(t *testing.T) {
	t.Parallel()
	got := verified(t, claims("sub", nil, "client_id", nil, "iat", nil, "jti", nil, "scope", nil), func(c *token.Config) {
		c.Profile = token.LegacyProfile()
	})
	assert.Empty(t, got.Subject())
	assert.Empty(t, got.ClientID())
	assert.Empty(t, got.ID())
	assert.Empty(t, got.Scopes())
	assert.True(t, got.IssuedAt().IsZero())
	assert.True(t, got.NotBefore().IsZero())
	assert.Equal(t, token.SubjectUnknown, got.SubjectKind(), "no subject is not a client")
	_, bound := got.Confirmation("jkt")
	assert.False(t, bound)
}

func TestC_8725_3_8_2_PrincipalIsIssuerAndSubject(t *testing.T) {
	t.Parallel()
	const other = "https://other.example"
	a := verified(t, mint{}, nil)
	b := verified(t, claims("iss", other), func(c *token.Config) { c.Issuer = other })
	assert.Equal(t, a.Subject(), b.Subject())
	assert.NotEqual(t, a.Principal(), b.Principal())
}

func TestScopes(t *testing.T) {
	t.Parallel()
	list := func(name string) func(*token.Config) {
		return func(c *token.Config) { c.Profile.ScopeClaim, c.Profile.ScopeList = name, true }
	}
	scp := func(c *token.Config) { c.Profile.ScopeClaim = "scp" }
	for name, c := range map[string]struct {
		mint mint
		cfg  func(*token.Config)
		want []string
	}{
		"C_6749-3.3-3 repetitions":              {claims("scope", "a a b"), nil, []string{"a", "b"}},
		"C_6749-3.3-5 spaces all over":          {claims("scope", "  a  b "), nil, []string{"a", "b"}},
		"C_6749-3.3-5 tab is no separator":      {claims("scope", "a\tadmin"), nil, []string{"a\tadmin"}},
		"C_6749-3.3-5 line feed is none":        {claims("scope", "a\nadmin"), nil, []string{"a\nadmin"}},
		"C_6749-3.3-5 no-break space is none":   {claims("scope", "a\u00a0admin"), nil, []string{"a\u00a0admin"}},
		"C_6749-3.3-6 none":                     {claims("scope", nil), nil, nil},
		"empty":                                 {claims("scope", ""), nil, nil},
		"C_9068-2.2.3-1 array where it is said": {claims("scope", []string{"a", "b", "a"}), list("scope"), []string{"a", "b"}},
		"T-7 scp array":                         {claims("scp", []string{"a"}), list("scp"), []string{"a"}},
		"T-7 only the named claim":              {claims("scp", "a", "scope", "admin"), scp, []string{"a"}},
		"T-7 scp is not read unasked":           {claims("scp", "admin", "scope", "a"), nil, []string{"a"}},
		"T-8 spaces inside an element":          {claims("scp", []string{"read write"}), list("scp"), []string{"read write"}},
		"SCOPE is another claim":                {claims("scope", "a", "SCOPE", "admin"), nil, []string{"a"}},
		"many":                                  {claims("scope", strings.Repeat("a b ", 50)), nil, []string{"a", "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, emptyAsNil(verified(t, c.mint, c.cfg).Scopes()))
		})
	}
	runRows(t, []row{
		{name: "C_9068-2.2.3-1 array unasked", mint: claims("scope", []string{"read", "write"}), want: token.ErrClaim},
		{name: "scope null", mint: claims("scope", null), want: token.ErrClaim},
		{name: "scope a number", mint: claims("scope", 1), want: token.ErrClaim},
		{name: "string where an array is said", mint: claims("scope", "a"), cfg: list("scope"), want: token.ErrClaim},
		{name: "array of numbers", mint: claims("scope", []any{"a", 1}), cfg: list("scope"), want: token.ErrClaim},
	})
}

func emptyAsNil(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}

func TestClientIDClaim(t *testing.T) {
	t.Parallel()
	azp := func(c *token.Config) { c.Profile.ClientIDClaim = "azp" }
	assert.Equal(t, "app", verified(t, claims("client_id", nil, "azp", "app"), azp).ClientID())
	assert.Equal(t, "client", verified(t, claims("azp", "app"), nil).ClientID(), "T-10: azp is not client_id unasked")
	runRows(t, []row{{name: "T-10 required under its name", mint: mint{}, cfg: azp, want: token.ErrClaim}})
}

type custom struct {
	Tenant string `json:"tenant"`
	Level  int    `json:"level"`
	Scope  string `json:"scope"`
}

func TestClaims(t *testing.T) {
	t.Parallel()
	tok := verified(t, claims("tenant", "acme", "level", 3, "scope", "read", "SCOPE", "admin", "Tenant", "evil"), nil)

	got, err := token.ClaimsOf[custom](tok)
	require.NoError(t, err)
	assert.Equal(t, custom{"acme", 3, "read"}, got, "T-35: names match in their case only")

	got, err = token.ClaimsFrom[custom](token.NewContext(context.Background(), tok))
	require.NoError(t, err)
	assert.Equal(t, 3, got.Level)

	_, err = token.ClaimsFrom[custom](context.Background())
	require.ErrorIs(t, err, token.ErrMissing)
	_, err = token.ClaimsOf[custom](nil)
	require.ErrorIs(t, err, token.ErrMissing)
	_, err = token.ClaimsOf[struct{ Tenant int }](verified(t, claims("Tenant", "x"), nil))
	require.ErrorIs(t, err, token.ErrClaim)
}

func TestC_7519_4_3_1_ClaimsAreCopies(t *testing.T) {
	t.Parallel()
	tok := verified(t, claims("aud", []string{audience, "x"}, "scope", "a b"), nil)
	tok.Audience()[0] = "changed"
	tok.Scopes()[0] = "admin"
	m, err := token.ClaimsOf[map[string]any](tok)
	require.NoError(t, err)
	m["sub"] = "admin"

	again, err := token.ClaimsOf[map[string]any](tok)
	require.NoError(t, err)
	assert.Equal(t, "user", again["sub"])
	assert.Equal(t, []string{audience, "x"}, tok.Audience())
	assert.Equal(t, []string{"a", "b"}, tok.Scopes())
}

func TestContext(t *testing.T) {
	t.Parallel()
	_, ok := token.FromContext(context.Background())
	assert.False(t, ok)
	_, ok = token.FromContext(token.NewContext(context.Background(), nil))
	assert.False(t, ok)
	_, ok = token.FromContext(token.NewContext(context.Background(), &token.Token{}))
	assert.False(t, ok, "nobody has verified the zero token")
	tok := verified(t, mint{}, nil)
	got, ok := token.FromContext(token.NewContext(context.Background(), tok))
	assert.True(t, ok)
	assert.Same(t, tok, got)
}

func TestZeroToken(t *testing.T) {
	t.Parallel()
	var zero token.Token
	assert.True(t, zero.IsZero())
	assert.True(t, (*token.Token)(nil).IsZero())
	assert.False(t, verified(t, mint{}, nil).IsZero())
	_, err := token.ClaimsOf[custom](&zero)
	require.ErrorIs(t, err, token.ErrMissing)
}

// Every method answers for a nil Token, as FromContext hands it out where there
// is no caller, and for a zero one: with nothing, and without a panic, which in
// gRPC would end the process. A new method is held as well.
func TestMethodsOfNoToken(t *testing.T) {
	t.Parallel()
	printed := &state{}
	arguments := map[reflect.Type]reflect.Value{
		reflect.TypeFor[fmt.State](): reflect.ValueOf(printed),
		reflect.TypeFor[any]():       reflect.ValueOf(&map[string]any{}),
	}
	not := map[string]func([]reflect.Value){ // whose answer is not the zero value
		"IsZero":   func(r []reflect.Value) { assert.True(t, r[0].Bool()) },
		"Claims":   func(r []reflect.Value) { assert.ErrorIs(t, r[0].Interface().(error), token.ErrMissing) },
		"String":   func(r []reflect.Value) { assert.Equal(t, "no access token", r[0].String()) },
		"LogValue": func(r []reflect.Value) { assert.Empty(t, r[0].Interface().(slog.Value).Group()) },
	}
	for _, none := range []*token.Token{nil, {}} {
		of := reflect.ValueOf(none)
		for i := range of.NumMethod() {
			method, name := of.Method(i), of.Type().Method(i).Name
			var args []reflect.Value
			for n := range method.Type().NumIn() {
				arg, ok := arguments[method.Type().In(n)]
				if !ok {
					arg = reflect.New(method.Type().In(n)).Elem()
				}
				args = append(args, arg)
			}
			var results []reflect.Value
			require.NotPanics(t, func() { results = method.Call(args) }, name)
			if check := not[name]; check != nil {
				check(results)
				continue
			}
			for _, result := range results {
				assert.True(t, result.IsZero() || result.Kind() == reflect.Slice && result.Len() == 0, "%s: %v", name, result)
			}
		}
	}
	assert.Equal(t, strings.Repeat("no access token", 2), printed.String())
	assert.Equal(t, "no access token", fmt.Sprint((*token.Token)(nil)))
}

// state is a fmt.State that remembers.
type state struct{ strings.Builder }

func (*state) Width() (int, bool)     { return 0, false }
func (*state) Precision() (int, bool) { return 0, false }
func (*state) Flag(int) bool          { return false }

func TestC_6749_10_3_1_PrintingDoesNotShowTheToken(t *testing.T) {
	t.Parallel()
	tok := verified(t, mint{}, nil)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("call", "token", tok)
	slog.New(slog.NewTextHandler(&log, nil)).Info("call", "token", *tok)
	//lint:ignore SA9005 that nothing of a Token is encoded is what is tested
	encoded, err := json.Marshal(tok)
	require.NoError(t, err)
	log.Write(encoded)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&log, verb+"\n", tok)
		fmt.Fprintf(&log, verb+"\n", *tok)
		fmt.Fprintf(&log, verb+"\n", struct{ T *token.Token }{tok})
		fmt.Fprintf(&log, verb+"\n", []*token.Token{tok})
		fmt.Fprintf(&log, verb+"\n", struct{ t token.Token }{*tok})
		fmt.Fprintf(&log, verb+"\n", struct{ t *token.Token }{tok})
		fmt.Fprintf(&log, verb+"\n", &struct{ t []token.Token }{[]token.Token{*tok}})
	}
	require.NotEmpty(t, log.String())
	assertHidden(t, log.String(), tok.Raw())
	assert.Contains(t, log.String(), "id-1", "what names the token is there")
}

// What a log says of a token tells whose it is.
func TestLogValue(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("call", "token", verified(t, claims("sub", "client"), nil))
	for _, text := range []string{
		"token.issuer=" + issuer, "token.subject=client", "token.subject_kind=client", "token.client_id=client", "token.id=id-1", "token.expiry=2023-11-14T22:18:20.000Z",
	} {
		assert.Contains(t, log.String(), text)
	}
	assert.NotContains(t, log.String(), "actor")
	log.Reset()
	actor := map[string]any{"iss": "https://b", "sub": "gate\nway", "client_id": "web", "act": map[string]string{"sub": "earlier"}}
	slog.New(slog.NewTextHandler(&log, nil)).Info("call", "token", verified(t, claims("act", actor), nil))
	assert.Contains(t, log.String(), `token.actor.issuer=https://b token.actor.subject="gate; way" token.actor.client_id=web`)
	assert.NotContains(t, log.String(), "earlier", "history")
}

// assertHidden checks that no part of the token is in the text.
func assertHidden(t *testing.T, text, raw string) {
	t.Helper()
	for i, part := range strings.Split(raw, ".") {
		assert.NotContains(t, text, part, "part %d of the token", i)
		assert.NotContains(t, text, fmt.Sprintf("%x", part), "part %d of the token in hex", i)
	}
}

// Every refusal, whatever the token, keeps the token to itself.
func TestC_6749_10_3_1_ErrorsDoNotShowTheToken(t *testing.T) {
	t.Parallel()
	for _, f := range faults {
		m := mint{header: map[string]any{}, claims: map[string]any{}}
		f.spoil(&m)
		raw := m.token()
		_, err := newVerifier(t, nil).Authenticate(context.Background(), token.Bearer(raw))
		require.Error(t, err)
		assertHidden(t, err.Error()+fmt.Sprintf("%+v %#v", err, err), raw)
	}
}
