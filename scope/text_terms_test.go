package scope_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// codeRules are rules of the program's own that look into logins and details.
func codeRules() []scope.Policy {
	return []scope.Policy{
		scope.Details("x", func(scope.Detail) bool { return true }),
		scope.Details("a type", func(scope.Detail) bool { return true }),
		scope.ACRBy("at least mid", func(acr string) bool { return acr == "mid" || acr == "hi" }, "mid"),
		scope.ACRBy("acr(mid)", func(string) bool { return true }, "lo"),
		ownRule("bound"), ownRule("not delegated"), ownRule("max age"), ownRule("detail x"),
	}
}

// Rules about logins, actors and details read as they are printed.
func TestParsePolicyTerms(t *testing.T) {
	t.Parallel()
	a := func(issuer, subject, client string) token.Actor {
		return token.Actor{Issuer: issuer, Subject: subject, ClientID: client}
	}
	both := []string{"a b", "c"}
	policies := []scope.Policy{
		scope.ACR("mfa", "pwd-otp"), scope.ACR("urn:a,b", "(x)"), scope.MaxAge(5 * time.Minute), scope.MaxAge(time.Second), scope.MaxAge(100 * time.Hour),
		scope.ACR("a").And(scope.MaxAge(time.Minute)).And(scope.All("a")).And(scope.User), scope.MaxAge(time.Minute).Or(scope.Client),
		scope.Bound, scope.Bound.And(scope.MaxAge(time.Minute)).And(scope.NotDelegated), scope.Bound.Or(scope.All("a")),
		scope.NotDelegated, scope.NotDelegated.Or(scope.ActorIn(a("https://as", "s", ""))),
		scope.ActorIn(a("https://as", "s", ""), a("https://as", "", "c"), a("https://b", "s, t", `"c"`), a("i", "issuer(x)", ")")),
		scope.HasDetail(scope.Detail{Type: "x"}), scope.HasDetail(scope.Detail{Type: "a (type)", Identifier: "id 1"}),
		scope.HasDetail(scope.Detail{Type: "x", Actions: both, Datatypes: both, Privileges: both, Identifier: "i", Locations: []string{"https://api"}}),
		scope.HasDetail(scope.Detail{Type: "x", Datatypes: []string{"func"}, Locations: both}).And(scope.ActorIn(a("i", "s", "c"))),
	}
	own := codeRules()
	for _, p := range own {
		policies = append(policies, p, p.And(scope.All("a")))
	}
	for _, p := range policies {
		t.Run(p.String(), func(t *testing.T) {
			t.Parallel()
			read, err := scope.ParsePolicy(p.String(), own...)
			require.NoError(t, err)
			assert.Equal(t, p.String(), read.String())
			assert.Equal(t, p.DetailTypes(), read.DetailTypes())
		})
	}
}

// A text reaches the rule that it names: one of the two tokens is let in.
func TestParsePolicyTermsDecide(t *testing.T) {
	t.Parallel()
	const gatewayText = "actor(issuer(https://as.example.com) subject(gateway))"
	for text, row := range map[string]struct{ good, bad facts }{
		"acr(mid, hi)":  {facts{login: login{"hi", never}}, facts{login: login{"lo", never}}},
		"max age(5m0s)": {facts{login: login{"", 2 * time.Minute}}, facts{login: login{"", time.Hour}}},
		"max age(1m0s)": {facts{login: login{"", 0}}, facts{login: login{"", 2 * time.Minute}}},
		"bound":         {facts{bound: true}, facts{}},
		"not delegated": {facts{actor: noActor}, facts{actor: gateway}},
		gatewayText:     {facts{actor: gatewayGW}, facts{actor: operator}},
		strings.TrimSuffix(gatewayText, ")") + " client id(gw))": {facts{actor: gatewayGW}, facts{actor: gateway}},
		"detail x(actions(a, b), datatypes(b))":                  {facts{details: inOne}, facts{details: inPieces}},
		"detail x(actions(a, b))":                                {facts{details: inPieces}, facts{details: noDetail}},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			p, err := scope.ParsePolicy(text)
			require.NoError(t, err)
			require.NoError(t, p.Check(row.good.token(t)))
			require.Error(t, p.Check(row.bad.token(t)))
		})
	}
}

// What these rules print in no such way, what never matters and what contradicts
// is refused, with its place.
func TestParsePolicyTermErrors(t *testing.T) {
	t.Parallel()
	own := codeRules()
	for text, says := range map[string]string{
		"acr()":                                  "column 5: ",
		"acr(a, a)":                              `column 8: "a" is there twice`,
		`acr("a")`:                               "column 5: ",
		`acr("a b")`:                             `column 1: a challenge cannot name acr "a b"`,
		"max age()":                              "column 9: ",
		"max age(5m)":                            `column 9: "5m", want it written 5m0s`,
		"max age(300s)":                          `column 9: "300s", want it written 5m0s`,
		"max age(+5m0s)":                         "column 9: ",
		"max age(05m0s)":                         "column 9: ",
		"max age(300)":                           `column 9: "300" is no duration`,
		"max age(5m0s, 1m0s)":                    "column 9: 2 values, want one duration",
		"max age(0s)":                            "column 1: max age is 0s",
		"max age(-1m0s)":                         "column 1: max age is -1m0s",
		"max age(1.5s)":                          "column 1: max age is 1.5s",
		"max age(9999999h0m0s)":                  "column 9: ",
		"max  age(1m0s)":                         "column 1: ",
		"not  delegated":                         "column 1: ",
		"Bound":                                  "column 1: ",
		"bound()":                                "column 1: ",
		"bound and (bound or user)":              "column ",
		"bound and bound":                        `column 11: "bound" adds nothing`,
		"bound or bound":                         "column 10: ",
		"notdelegated":                           "column 1: ",
		"not delegated()":                        "column 1: ",
		"actor()":                                "column 1: actor ",
		"actor(gateway)":                         "column 7: unexpected",
		"actor(issuer(a))":                       "column 1: actor ",
		"actor(subject(a))":                      "column 1: actor ",
		"actor(issuer() subject(a))":             "column 14: ",
		`actor(issuer("") subject(a))`:           "column 14: issuer has an empty value",
		`actor(issuer(a) subject(""))`:           "column 25: subject has an empty value",
		"actor(issuer(a, b) subject(c))":         "column 14: 2 values, want one issuer",
		"actor(subject(b) issuer(a))":            "column 17: unexpected",
		"actor(issuer(a), subject(b))":           "column 1: actor ",
		"actor(issuer(a) subject(b) subject(c))": "column 27: unexpected",
		"actor(issuer(a) subject(b)":             "column 27: unexpected",
		"actor(issuer(a) subject(b), ":           "column 29: ",
		"actor(issuer(a) subject(b),issuer(c))":  "column 27: unexpected",
		"actor(issuer(a) subject(b) and user)":   "column 27: unexpected",
		"detail(actions(a))":                     "column 1: unknown rule",
		"detail z":                               "column 1: unknown rule",
		`detail ""()`:                            "column 1: type of detail is empty",
		"detail x(a)":                            "column 10: unexpected",
		"detail x(actions())":                    "column 18: ",
		"detail x(actions(a, a))":                `column 21: "a" is there twice`,
		`detail x(actions(""))`:                  "column 18: actions has an empty value",
		"detail x(actions(a) datatypes(b))":      "column 20: unexpected",
		"detail x(actions(a),datatypes(b))":      "column 20: unexpected",
		"detail x(datatypes(b), actions(a))":     "column 22: unexpected",
		"detail x(actions(a), actions(b))":       "column 20: unexpected",
		"detail x(identifier(a, b))":             "column 21: 2 values, want one identifier",
		`detail "x"()`:                           "column 8: ",
		"detail x(actions(a)":                    "column 20: unexpected end of the text",
		"detail y(func)":                         "column 10: a rule of Details",

		"actor(issuer(a) subject(b), issuer(a) subject(b))":                "column 29: ",
		"actor(issuer(a) subject(b), issuer(a) subject(b) client id(c))":   "column 1: one of two actors never matters",
		"actor(issuer(a) subject(b) client id(c), issuer(a) client id(c))": "column 1: one of two actors never matters",

		"max age(5m0s) and max age(1m0s)":                                            `column 1: "max age(5m0s)" adds nothing`,
		"max age(1m0s) or max age(5m0s)":                                             `column 1: the alternative "max age(1m0s)" never matters`,
		"acr(a, b) and acr(b)":                                                       `column 1: "acr(a, b)" adds nothing`,
		"acr(a) or acr(b, a)":                                                        `column 1: the alternative "acr(a)" never matters`,
		"acr(hi) or at least mid":                                                    `column 1: the alternative "acr(hi)" never matters`,
		"detail x(actions(a)) and detail x(actions(b, a))":                           `column 1: "detail x(actions(a))" adds nothing`,
		"detail x() or detail x(identifier(i))":                                      `column 15: the alternative "detail x(identifier(i))" never matters`,
		"actor(issuer(a) subject(b)) or actor(issuer(a) subject(b) client id(c))":    "column 32: the alternative",
		"actor(issuer(a) client id(c)) and actor(issuer(a) subject(b) client id(c))": "column 1: ",
		"not delegated and not delegated":                                            "column 19: ",

		"acr(a) and acr(b)":                                           `column 12: "acr(b)" contradicts`,
		"acr(a, b) and acr(b, c) and acr(c, a)":                       "column 29: ",
		"acr(lo) and at least mid":                                    `column 13: "at least mid" contradicts`,
		"acr(a) and client":                                           "column 12: ",
		"max age(1m0s) and (user or client)":                          `column 28: the alternative "client" never matters`,
		"acr(a) and (acr(b) or all(x))":                               `column 13: the alternative "acr(b)" never matters`,
		"(acr(a) or acr(b)) and (acr(c) or acr(d))":                   "column 12: ",
		"not delegated and actor(issuer(a) subject(b))":               "column 19: ",
		"not delegated and (user or actor(issuer(a) subject(b)))":     "column 28: ",
		"actor(issuer(a) subject(b)) and actor(issuer(b) subject(b))": "column 33: ",
		"actor(issuer(a) subject(b)) and actor(issuer(a) subject(c), issuer(a) subject(d) client id(c))": "column 33: ",
		"actor(issuer(a) client id(b)) and actor(issuer(a) subject(c) client id(d))":                     "column 35: ",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			p, err := scope.ParsePolicy(text, own...)
			require.ErrorIs(t, err, token.ErrConfig)
			assert.Contains(t, err.Error(), "scope: invalid configuration: text of a policy, "+says)
			assert.True(t, p.IsZero())
			assertOneLine(t, err)
		})
	}
}

// Rules that look as if one followed from the other, or as if they contradicted,
// but do not.
func TestParsePolicyTermsThatMatter(t *testing.T) {
	t.Parallel()
	own := codeRules()
	for _, text := range []string{
		"acr(a, b) and acr(b, c)",
		"acr(a) or max age(1m0s)",
		"at least mid and acr(lo, hi)",
		"max age(1m0s) or (max age(5m0s) and all(a))",
		"detail x(actions(a)) and detail x(actions(b))",
		"detail x(actions(a)) and detail y(actions(a, b))",
		"detail x(identifier(a)) or detail x(identifier(b))",
		"detail x(func) and detail x(actions(a))",
		"actor(issuer(a) subject(b)) and actor(issuer(a) client id(c))",
		"actor(issuer(a) subject(b), issuer(b) subject(b)) and actor(issuer(b) subject(b), issuer(c) subject(b))",
		"not delegated or actor(issuer(a) subject(b))",
	} {
		_, err := scope.ParsePolicy(text, own...)
		require.NoError(t, err, text)
	}
}

// A text whose rules would take long to compare is refused, and others are read.
func TestParsePolicyListsAreBounded(t *testing.T) {
	t.Parallel()
	list := func(before, after string, from, to int, between string) string {
		var values []string
		for i := from; i < to; i++ {
			values = append(values, before+numeral(i)+after)
		}
		return strings.Join(values, between)
	}
	subjects, clients := "actor("+list("issuer(a) subject(", ")", 0, 150, ", ")+")", "actor("+list("issuer(a) client id(", ")", 0, 150, ", ")+")"
	for name, row := range map[string]struct {
		text string
		read bool
	}{
		"values of acr":              {"acr(" + list("", "", 0, 1500, ", ") + ") and acr(" + list("", "", 1400, 2900, ", ") + ")", false},
		"beside alternatives":        {"acr(" + list("", "", 0, 900, ", ") + ") and (" + list("(acr(", ") and all(b))", 0, 90, " or ") + ")", false},
		"alternatives":               {list("acr(", ")", 0, 200, " or ") + " or client", true},
		"actors":                     {subjects + " and " + clients, true},
		"actors beside alternatives": {subjects + " and " + clients + " and (" + list("all(", ")", 0, 100, " or ") + ")", false},
		"alternatives of actors":     {list("actor(issuer(a) subject(", "))", 0, 240, " or "), true},
		"alternatives of details":    {list("detail x(actions(", "))", 0, 250, " or "), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Less(t, len(row.text), 16<<10)
			_, err := scope.ParsePolicy(row.text)
			if row.read {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, token.ErrConfig)
			assertOneLine(t, err)
		})
	}
}

func numeral(i int) string {
	const digits = "abcdefghijklmnopqrstuvwxyz"
	return digits[i/676%26:][:1] + digits[i/26%26:][:1] + digits[i%26:][:1]
}
