package scope_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

func ownRule(name string) scope.Policy {
	return scope.Func(name, func(*token.Token) error { return nil })
}

// ownNames are names of rules that read like something else.
var ownNames = []string{
	"not blocked", "user", "public", "tenant", "refused", "all(a)", `a "quoted" name`, "a and b", "and", "x and", "or x", " padded ", "größe", "usеr",
	"line\nbreak", "REHEARSAL", "all roles", "client id", "a, b", "(", ")", "\xff",
}

func TestParsePolicy(t *testing.T) {
	t.Parallel()
	tenant := scope.Tenant(func(*token.Token) string { return "a" }, func(context.Context) string { return "a" })
	own := []scope.Policy{tenant}
	for _, name := range ownNames {
		own = append(own, ownRule(name))
	}
	policies := []scope.Policy{
		scope.Public, scope.Optional, scope.Authenticated, scope.User, scope.Client,
		scope.All("orders:read"), scope.Any("a", "b").And(scope.User), scope.All("a").Or(scope.User).And(scope.ClientID("web")),
		scope.Issuer("https://as.example.com/", "https://b.example.com"), scope.ClientID("a b", `c"d`, "e,f", "ü", "\xff", "g(h)", `i\j`),
		scope.AllOf("roles", "admin"), scope.AnyOf("groups", "a", "b c"), scope.AllOf("a set", "v").Or(scope.AnyOf("and", "or")), scope.AllOf("id", "x"),
		scope.All("a(b)", "c,d"), scope.All("a").Or(scope.All("b").And(scope.User)).Or(scope.Client),
		scope.All("a").And(scope.User.Or(scope.Client.And(scope.All("b").Or(scope.AllOf("roles", "x"))))),
	}
	policies = append(policies, own...)
	for _, p := range own {
		policies = append(policies, p.And(scope.All("a")), p.Or(scope.User).And(scope.All("a")), p.And(scope.Client).Or(scope.All("a")))
	}
	for _, p := range policies {
		t.Run(p.String(), func(t *testing.T) {
			t.Parallel()
			read, err := scope.ParsePolicy(p.String(), own...)
			require.NoError(t, err)
			assert.Equal(t, p.String(), read.String())
			assert.Equal(t, p.IsAboutCall(), read.IsAboutCall())
			assert.Equal(t, p.IsPublic(), read.IsPublic())
			assert.Equal(t, p.IsOptional(), read.IsOptional())
		})
	}
}

// Rules that must all hold may stand in any order.
func TestParsePolicyOrder(t *testing.T) {
	t.Parallel()
	p, err := scope.ParsePolicy("user and all(a)")
	require.NoError(t, err)
	assert.Equal(t, "all(a) and user", p.String())
}

// A name of a rule of the program's own reaches its code, and no other.
func TestParsePolicyReachesOwnRules(t *testing.T) {
	t.Parallel()
	rule := func(name string, err error) scope.Policy {
		return scope.Func(name, func(*token.Token) error { return err })
	}
	good, err := token.Vouched("", token.VouchedClaims{Issuer: "https://as.example.com", Audience: []string{"a"}, Expiry: time.Now().Add(time.Hour)})
	require.NoError(t, err)
	errShort, errLong, errUser := errors.New("short"), errors.New("long"), errors.New("user")
	own := []scope.Policy{rule("paid", errShort), rule("paid twice", errLong), rule("user", errUser)}
	for text, want := range map[string]error{"paid": errShort, "paid twice": errLong, `"user"`: errUser, "paid or user": errShort} {
		p, err := scope.ParsePolicy(text, own...)
		require.NoError(t, err, text)
		require.ErrorContains(t, p.Check(good), want.Error(), text)
	}
	p, err := scope.ParsePolicy("user", own...)
	require.NoError(t, err)
	assert.ErrorIs(t, p.Check(good), token.ErrSubjectUnknown, "a rule of the program's own does not take the place of another")
}

// What is wrong with a text, and where.
func TestParsePolicyRefuses(t *testing.T) {
	t.Parallel()
	for text, column := range map[string]string{
		"":                                      "column 1: unexpected end of the text, want a rule",
		"usr":                                   `column 1: unknown rule "usr"`,
		"User":                                  `column 1: unknown rule "User"`,
		"usеr":                                  `column 3: "\u0435" is not printable ASCII`,
		"user\n":                                `column 5: "\n" is not printable ASCII`,
		"user\x00":                              "column 5: ",
		"\xff":                                  "column 1: ",
		"all":                                   `column 1: unknown rule "all"`,
		"all()":                                 "column 5: ",
		"all(a":                                 `column 6: unexpected end of the text, want ", " or ")" after a value`,
		"all(a,b)":                              `column 6: unexpected ",b)"`,
		"all(a b)":                              "column 6: ",
		"all(a, )":                              "column 8: ",
		"all (a)":                               "column 5: ",
		"all(a))":                               "column 7: ",
		"(all(a)":                               "column 8: ",
		"(all(a))":                              "column 1: parentheses that change nothing",
		"(all(a) or user)":                      "column 1: parentheses around the whole policy",
		"((all(a) or user)) and client":         "column 1: parentheses that change nothing",
		"(all(a) and user) and all(b)":          "column 1: parentheses that change nothing",
		"all(a) or (user or client)":            "column 11: parentheses that change nothing",
		"all(a) and user or client":             "column 17: ",
		"all(a)  and user":                      "column 7: ",
		"all(a) AND user":                       "column 7: ",
		"all(a) and":                            "column 7: ",
		"all(a) and ":                           "column 12: unexpected end of the text, want a rule",
		" user":                                 "column 1: ",
		"user ":                                 "column 1: ",
		"all(a, b, a)":                          `column 11: "a" is there twice`,
		`all("a")`:                              `column 5: "\"a\"", want it written "a"`,
		`issuer("\u0061b c")`:                   "column 8: ",
		`issuer("a b)`:                          "column 8: ",
		"issuer('a b')":                         "column 10: ",
		`issuer("")`:                            "column 1: issuer is empty",
		`all("a b")`:                            "column 1: ",
		`all ""(a)`:                             "column 1: ",
		"all roles (a)":                         "column 1: ",
		"all client id(a)":                      "column 1: ",
		"refused":                               "column 1: a policy that refuses every call",
		"all(a) or refused":                     "column 11: ",
		"REHEARSAL(user)":                       "column 1: a rehearsal",
		"all(a) and REHEARSAL(user)":            "column 12: a rehearsal",
		"public and all(a)":                     `column 1: "public" beside other rules`,
		"all(a) and public":                     `column 12: "public" beside other rules`,
		"user and (all(a) or public)":           `column 21: "public" beside other rules`,
		"all(a) or optional":                    "column 11: ",
		"authenticated and all(a)":              "column 1: ",
		"public and public":                     "column 1: ",
		"all(a) or all(a, b)":                   `column 11: the alternative "all(a, b)" never matters: "all(a)" holds whenever it does`,
		"all(a, b) or all(a)":                   "column 1: the alternative",
		"all(a) or all(a)":                      "column 11: ",
		"all(a) or any(a, b)":                   "column 1: ",
		"any roles(a) or any roles(a, b)":       "column 1: ",
		"issuer(a) or issuer(b, a)":             "column 1: ",
		"all(a) or (all(a) and user)":           "column 11: ",
		"(user and all(a)) or all(b) or all(a)": "column 1: ",
		"user or (client and (all(a) or user))": "column 32: ",
		"all(a) and all(a)":                     "column 12: ",
		"all(a) and user and all(a, b)":         "column 1: ",
		"(all(a, b) or all(a, c)) and all(a)":   "column 30: ",
		"all(a) and (user or all(a))":           "column 12: ",
		"all(a) and (user or (client and all(a)))":                        "column 33: ",
		"user and client":                                                 "column 10: ",
		"(user and client) or all(a)":                                     "column 1: ",
		"user and (client or all(a))":                                     "column 11: ",
		"issuer(a) and issuer(b)":                                         "column 15: ",
		"issuer(a, b) and client id(a) and issuer(b, c) and issuer(c, a)": "column 52: ",
		"tenant":                             `column 1: unknown rule "tenant"`,
		"not blocked":                        `column 1: unknown rule "not blocked"`,
		strings.Repeat("(", 50):              "column 17: more than 16",
		strings.Repeat("user and ", 400):     "column 2305: more than 256 rules",
		strings.Repeat("a", 16<<10+1):        "column 1: 16385 bytes",
		"all(" + strings.Repeat("a", 16<<10): "column 1: ",
	} {
		t.Run(printable.Line(text), func(t *testing.T) {
			t.Parallel()
			p, err := scope.ParsePolicy(text)
			require.ErrorIs(t, err, token.ErrConfig)
			assert.Contains(t, err.Error(), "scope: invalid configuration: text of a policy, "+column)
			assert.True(t, p.IsZero(), "an error comes with the policy that refuses")
			assertOneLine(t, err)
		})
	}
}

func assertOneLine(t *testing.T, err error) {
	t.Helper()
	assert.Truef(t, printable.Is(err.Error()) && len(err.Error()) <= printable.MaxLine, "one printable line: %q", err)
}

// Only single rules of the program's own can be given, each with a name of its own.
func TestParsePolicyOwnRules(t *testing.T) {
	t.Parallel()
	for name, own := range map[string][]scope.Policy{
		"a rule with a meaning": {scope.User},
		"scopes":                {scope.All("a")},
		"the zero policy":       {{}},
		"public":                {scope.Public},
		"two rules":             {ownRule("a").And(ownRule("b"))},
		"alternatives":          {ownRule("a").Or(ownRule("b"))},
		"a rehearsal":           {ownRule("a").Rehearsed()},
		"a rehearsal beside it": {ownRule("a").And(scope.User.Rehearsed())},
		"the same name twice":   {ownRule("a"), ownRule("b"), ownRule("a")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := scope.ParsePolicy("all(a)", own...)
			require.ErrorIs(t, err, token.ErrConfig)
			assert.True(t, p.IsZero())
			assertOneLine(t, err)
		})
	}
}
