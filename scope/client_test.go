package scope_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// of is a good token of a client.
func of(t *testing.T, issuer, client string) *token.Token {
	t.Helper()
	tok, err := token.Vouched("", token.VouchedClaims{
		Issuer: issuer, Audience: []string{"x"}, Expiry: time.Now().Add(time.Hour), Subject: "alice", ClientID: client,
	})
	require.NoError(t, err)
	return tok
}

func TestClientIDAndIssuer(t *testing.T) {
	t.Parallel()
	const issuer = "https://as.example.com"
	long := strings.Repeat("x", 5000)
	for name, row := range map[string]struct {
		policy scope.Policy
		token  *token.Token
		says   string // "": it passes
	}{
		"the client":              {scope.ClientID("web"), of(t, issuer, "web"), ""},
		"the second":              {scope.ClientID("web", "app"), of(t, issuer, "app"), ""},
		"another client":          {scope.ClientID("web"), of(t, issuer, "evil"), `scope: rule "client id(web)": access denied: client id is "evil", want "web"`},
		"another of two":          {scope.ClientID("web", "app"), of(t, issuer, "evil"), `scope: rule "client id(web, app)": access denied: client id is "evil", want one of [web, app]`},
		"in the other case":       {scope.ClientID("web"), of(t, issuer, "WEB"), `client id is "WEB", want "web"`},
		"a longer one":            {scope.ClientID("web"), of(t, issuer, "web2"), `client id is "web2"`},
		"no client id":            {scope.ClientID("web"), of(t, issuer, ""), `access denied: the token has no client id, want "web" (see Config.Profile.ClientIDClaim)`},
		"a hostile one":           {scope.ClientID("web"), of(t, issuer, "a\r\nlevel=INFO\x1b"), `client id is "a\r\nlevel=INFO\x1b", want "web"`},
		"a long one":              {scope.ClientID("web"), of(t, issuer, long), `..., want "web"`},
		"many wanted":             {scope.ClientID(long, long+"y"), of(t, issuer, "evil"), `client id is "evil", want one of [xxx`},
		"the issuer":              {scope.Issuer("https://other.example.com", issuer), of(t, issuer, ""), ""},
		"another issuer":          {scope.Issuer(issuer), of(t, issuer+"/", ""), `scope: rule "issuer(https://as.example.com)": access denied: issuer is "https://as.example.com/", want "https://as.example.com"`},
		"the client of an issuer": {scope.ClientID("web").And(scope.Issuer(issuer)), of(t, issuer, "web"), ""},
		"its namesake elsewhere":  {scope.ClientID("web").And(scope.Issuer(issuer)), of(t, "https://x.example.com", "web"), `rule "issuer(`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := row.policy.Check(row.token)
			if row.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, token.ErrDenied)
			assert.Equal(t, 1, outcomes(err))
			assert.ErrorContains(t, err, row.says)
			assert.True(t, printable.Is(err.Error()) && len(err.Error()) <= printable.MaxLine, err)
		})
	}
}

func TestClientIDString(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]scope.Policy{
		"client id(web, app)":                     scope.ClientID("web", "app", "web"),
		`client id("a, b", "x)", "\u00e9", "\"")`: scope.ClientID("a, b", "x)", "é", `"`),
		"issuer(https://as.example.com)":          scope.Issuer("https://as.example.com"),
	} {
		assert.Equal(t, want, p.String())
	}
}

// A literal may be changed afterwards.
func TestClientIDKeepsWhatItWasGiven(t *testing.T) {
	t.Parallel()
	ids := []string{"web"}
	p := scope.ClientID(ids...)
	ids[0] = "evil"
	assert.NoError(t, p.Check(of(t, "https://as.example.com", "web")))
	assert.Error(t, p.Check(of(t, "https://as.example.com", "evil")))
}

func TestRulesThatSayNothing(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func(){
		"no client id":       func() { scope.ClientID() },
		"an empty client id": func() { scope.ClientID("web", "") },
		"no issuer":          func() { scope.Issuer() },
		"an empty issuer":    func() { scope.Issuer("") },
		"Func without name":  func() { scope.Func("", func(*token.Token) error { return nil }) },
		"Func of nil":        func() { scope.Func("x", nil) },
		"Claims without name": func() {
			scope.Claims("", func(struct{}) error { return nil })
		},
		"Claims of nil": func() { scope.Claims[struct{}]("x", nil) },
	} {
		assert.ErrorIs(t, recovered(f), token.ErrConfig, name)
	}
}

func TestFunc(t *testing.T) {
	t.Parallel()
	alice := of(t, "https://as.example.com", "web")
	notAlice := scope.Func("not alice", func(t *token.Token) error {
		if t.Subject() == "alice" {
			return errOtherTenant
		}
		return nil
	})
	err := notAlice.Check(alice)
	require.ErrorIs(t, err, token.ErrDenied)
	require.ErrorIs(t, err, errOtherTenant)
	assert.ErrorContains(t, err, `scope: rule "not alice": access denied: another tenant`)
	assert.ErrorIs(t, notAlice.Check(nil), token.ErrMissing, "f sees verified tokens only")
	// The error of another policy is one of an outcome.
	nested := scope.Func("nested", scope.All("a").Or(scope.ClientID("app")).Check)
	err = nested.Check(alice)
	require.ErrorIs(t, err, token.ErrScope)
	assert.ErrorContains(t, err, `scope: rule "nested"`)
	assert.Equal(t, []string{"a"}, needOf(err))
	assert.PanicsWithError(t, errOtherTenant.Error(), func() {
		_ = scope.Func("panics", func(*token.Token) error { panic(errOtherTenant) }).Or(scope.All("a")).Check(alice)
	})
}
