package scope_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// claiming is a token of alice's for https://api.example.com with these claims.
func claiming(t *testing.T, claims map[string]any, scopes ...string) *token.Token {
	t.Helper()
	if claims == nil {
		claims = object{}
	}
	text, err := json.Marshal(claims)
	require.NoError(t, err)
	made, err := token.Vouched("", token.VouchedClaims{
		Issuer: "https://as.example.com", Audience: []string{"https://api.example.com"}, Expiry: time.Now().Add(time.Hour),
		Subject: "alice", ClientID: "app", SubjectKind: token.SubjectUser, Scopes: scopes, JSON: text,
	})
	require.NoError(t, err)
	return made
}

type object = map[string]any

func detailed(t *testing.T, elements ...any) *token.Token {
	t.Helper()
	return claiming(t, object{"authorization_details": append([]any{}, elements...)})
}

func TestHasDetail(t *testing.T) {
	t.Parallel()
	texts := func(values ...string) []string { return values }
	writeContacts := scope.Detail{Type: "address-book", Actions: texts("write"), Datatypes: texts("contacts")}
	for name, row := range map[string]struct {
		want     scope.Detail
		elements []any
		ok       bool
	}{
		"the type alone":                   {scope.Detail{Type: "x"}, []any{object{"type": "x", "n": 1}}, true},
		"everything":                       {scope.Detail{"x", texts("a"), texts("d"), texts("p"), "i", texts("https://api.example.com")}, []any{object{"type": "x", "actions": texts("b", "a"), "datatypes": texts("d"), "privileges": texts("p"), "identifier": "i", "locations": texts("https://api.example.com")}}, true},
		"no action":                        {scope.Detail{Type: "x", Actions: texts("a")}, []any{object{"type": "x"}}, false},
		"one action of two":                {scope.Detail{Type: "x", Actions: texts("a", "b")}, []any{object{"type": "x", "actions": texts("a")}}, false},
		"the action in another case":       {scope.Detail{Type: "x", Actions: texts("a")}, []any{object{"type": "x", "actions": texts("A")}}, false},
		"no datatype":                      {scope.Detail{Type: "x", Datatypes: texts("a")}, []any{object{"type": "x", "actions": texts("a")}}, false},
		"no privilege":                     {scope.Detail{Type: "x", Privileges: texts("a")}, []any{object{"type": "x", "actions": texts("a")}}, false},
		"no identifier":                    {scope.Detail{Type: "x", Identifier: "i"}, []any{object{"type": "x"}}, false},
		"another identifier":               {scope.Detail{Type: "x", Identifier: "i"}, []any{object{"type": "x", "identifier": "j"}}, false},
		"no location where one is wanted":  {scope.Detail{Type: "x", Locations: texts("https://api.example.com")}, []any{object{"type": "x"}}, false},
		"C_9396-9-1 another type":          {scope.Detail{Type: "x"}, []any{object{"type": "X"}}, false},
		"C_9396-9.1-1 another service":     {scope.Detail{Type: "x"}, []any{object{"type": "x", "locations": texts("https://other.example.com")}}, false},
		"C_9396-2.2-1 actions as a string": {scope.Detail{Type: "x", Actions: texts("read")}, []any{object{"type": "x", "actions": "read"}}, false},
		"C_9396-2.2-2 members of two elements": {writeContacts, []any{
			object{"type": "address-book", "datatypes": texts("contacts"), "actions": texts("read")},
			object{"type": "address-book", "datatypes": texts("photos"), "actions": texts("write")},
		}, false},
		"C_9396-2.2-2 actions of one, locations of another": {scope.Detail{Type: "x", Actions: texts("write")}, []any{
			object{"type": "x", "actions": texts("write"), "locations": texts("https://other.example.com")},
			object{"type": "x", "actions": texts("read"), "locations": texts("https://api.example.com")},
		}, false},
		"C_9396-2.2-2 one element of two has all": {writeContacts, []any{
			object{"type": "address-book", "datatypes": texts("photos"), "actions": texts("read")},
			object{"type": "address-book", "datatypes": texts("contacts"), "actions": texts("read", "write")},
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := scope.HasDetail(row.want).Check(detailed(t, row.elements...))
			if row.ok {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, token.ErrDetail)
			assert.Equal(t, 1, outcomes(err))
			assert.Equal(t, "detail", token.Reason(err))
			assert.Equal(t, "scope", token.Outcome(err))
			var short *token.ScopeError
			assert.NotErrorAs(t, err, &short)
		})
	}
}

// What a rule asks for is what it was made with.
func TestDetailIsCopied(t *testing.T) {
	t.Parallel()
	actions := []string{"read", "read"}
	p := scope.HasDetail(scope.Detail{Type: "x", Actions: actions})
	actions[0], actions[1] = "none", "none"
	assert.NoError(t, p.Check(detailed(t, object{"type": "x", "actions": []string{"read"}})))
	assert.Equal(t, "detail x(actions(read))", p.String())
}

type transfer struct {
	Limit int `json:"limit"`
}

func TestDetails(t *testing.T) {
	t.Parallel()
	p := scope.Details("transfer", func(d transfer) bool { return d.Limit >= 100 })
	require.NoError(t, p.Check(detailed(t, object{"type": "transfer", "limit": 5}, object{"type": "transfer", "limit": 100})))
	require.ErrorIs(t, p.Check(detailed(t, object{"type": "transfer", "limit": 5}, object{"type": "other", "limit": 500})), token.ErrDetail)
	require.ErrorIs(t, p.Check(detailed(t, object{"type": "transfer", "limit": "500"})), token.ErrDetail, "what does not fit T")
	require.ErrorIs(t, p.Check(claiming(t, nil)), token.ErrDetail)
	err := p.Check(claiming(t, object{"authorization_details": object{"type": "transfer"}}))
	require.ErrorIs(t, err, token.ErrClaim, "a malformed claim refuses the token")
	assert.ErrorContains(t, err, `rule "detail transfer(func)": claim missing or wrong: authorization_details is an object, want`)
	require.ErrorIs(t, p.Check(nil), token.ErrMissing)
}

// The operator reads what there is and what is wanted, and no name of an account.
func TestDetailErrors(t *testing.T) {
	t.Parallel()
	write := scope.HasDetail(scope.Detail{Type: "account", Actions: []string{"write"}, Identifier: "DE02"})
	for name, row := range map[string]struct {
		has  *token.Token
		says string
	}{
		"nothing":            {claiming(t, nil), `scope: rule "detail account(actions(write), identifier(DE02))": authorization detail missing: the token has no authorization_details`},
		"other types":        {detailed(t, object{"type": "a b"}, object{"type": "c"}, object{"type": "c"}), `the token has details of the types ["a b", c], want "account"`},
		"others of the type": {detailed(t, object{"type": "account", "actions": []string{"read"}, "identifier": "DE99", "iban": "DE99"}, object{"type": "account"}), `of this type the token has [(actions(read)), ()], want all of it in one element`},
		"for others":         {detailed(t, object{"type": "account", "locations": []string{"https://DE99"}}), `of this type the token has only details that are malformed, or for other locations, want one of Config.Audience`},
		"hostile":            {detailed(t, object{"type": "account", "actions": []string{"x\r\nlevel=INFO\x1b"}}), `x\r\nlevel=INFO\x1b`},
		"long":               {detailed(t, object{"type": "account", "actions": []string{strings.Repeat("x", 9000)}}), `..., want all of it`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := write.Check(row.has)
			require.ErrorIs(t, err, token.ErrDetail)
			assert.ErrorContains(t, err, row.says)
			assert.NotContains(t, err.Error(), "DE99")
			assert.True(t, printable.Is(err.Error()) && len(err.Error()) <= printable.MaxLine, err)
		})
	}
}

// No scope stands for a detail, and no detail for a scope: what a challenge asks
// for must help.
func TestDetailsAmongAlternatives(t *testing.T) {
	t.Parallel()
	detail := scope.HasDetail(scope.Detail{Type: "x"})
	write, read := scope.All("write"), scope.All("read")
	for name, row := range map[string]struct {
		policy scope.Policy
		need   []string // nil: no scope is named
		want   error
	}{
		"alone":                            {detail, nil, token.ErrDetail},
		"with scopes that it has":          {read.And(detail), nil, token.ErrDetail},
		"behind scopes":                    {detail.And(write), []string{"write"}, token.ErrScope},
		"or scopes":                        {detail.Or(write), []string{"write"}, token.ErrScope},
		"or scopes for others":             {detail.Or(write.And(scope.Client)), nil, token.ErrDetail},
		"and scopes or others":             {detail.And(write).Or(scope.Client), nil, token.ErrDetail},
		"others or it":                     {scope.Client.Or(detail), nil, token.ErrDenied},
		"it or others":                     {detail.Or(scope.Client), nil, token.ErrDetail},
		"or what the token is invalid for": {scope.Func("f", func(*token.Token) error { return token.ErrClaim }).Or(detail), nil, token.ErrDetail},
		"beside alternatives about scopes": {write.Or(scope.Client).And(detail), nil, token.ErrDetail},
		"an error of the user's own":       {scope.Func("f", func(*token.Token) error { return token.ErrDetail }).Or(scope.Client), nil, token.ErrDetail},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := row.policy.Check(claiming(t, nil, "read"))
			require.ErrorIs(t, err, row.want)
			assert.Equal(t, 1, outcomes(err))
			var short *token.ScopeError
			if row.need == nil {
				assert.NotErrorAs(t, err, &short)
				return
			}
			require.ErrorAs(t, err, &short)
			assert.Equal(t, row.need, short.Need)
			assert.NotErrorIs(t, err, token.ErrDetail)
		})
	}
}

func TestDetailsString(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]scope.Policy{
		"detail x()":         scope.HasDetail(scope.Detail{Type: "x"}),
		`detail "a b"(func)`: scope.Details("a b", func(struct{}) bool { return true }),
		"detail https://scheme.example.org/files(actions(read, \"a b\"), datatypes(d), privileges(p), identifier(\"(i\"), locations(https://api))": scope.HasDetail(scope.Detail{
			Type: "https://scheme.example.org/files", Actions: []string{"read", "a b", "read"}, Datatypes: []string{"d"}, Privileges: []string{"p"}, Identifier: "(i", Locations: []string{"https://api"},
		}),
	} {
		assert.Equal(t, want, p.String())
		assert.Empty(t, p.Scopes())
	}
	forged := scope.Func("detail x()", func(*token.Token) error { return nil })
	assert.Equal(t, `"detail x()"`, forged.String())
}

func TestDetailTypes(t *testing.T) {
	t.Parallel()
	x, y := scope.HasDetail(scope.Detail{Type: "x"}), scope.Details("y", func(struct{}) bool { return true })
	assert.Equal(t, []string{"y", "x"}, scope.All("a").And(y).And(x.Or(scope.User.And(y)).And(x)).DetailTypes())
	assert.Empty(t, scope.All("a").DetailTypes())
	assert.Empty(t, scope.Public.DetailTypes())
}

func TestDetailsThatSayNothing(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func(){
		"no type":            func() { scope.HasDetail(scope.Detail{Actions: []string{"a"}}) },
		"an empty action":    func() { scope.HasDetail(scope.Detail{Type: "x", Actions: []string{"a", ""}}) },
		"an empty datatype":  func() { scope.HasDetail(scope.Detail{Type: "x", Datatypes: []string{""}}) },
		"an empty privilege": func() { scope.HasDetail(scope.Detail{Type: "x", Privileges: []string{""}}) },
		"an empty location":  func() { scope.HasDetail(scope.Detail{Type: "x", Locations: []string{""}}) },
		"no type for a func": func() { scope.Details("", func(struct{}) bool { return true }) },
		"a func that is nil": func() { scope.Details[struct{}]("x", nil) },
		"no actor":           func() { scope.ActorIn() },
		"an actor too many": func() {
			scope.ActorIn(token.Actor{Issuer: "a", Subject: "b"}, token.Actor{Issuer: "a", Subject: "b", ClientID: "c"})
		},
		"in the other order": func() {
			scope.ActorIn(token.Actor{Issuer: "a", Subject: "b", ClientID: "c"}, token.Actor{Issuer: "a", ClientID: "c"})
		},
		"an actor of none":     func() { scope.ActorIn(token.Actor{Subject: "s"}) },
		"an actor of one only": func() { scope.ActorIn(token.Actor{Issuer: "i", Subject: "s"}, token.Actor{Issuer: "i"}) },
	} {
		assert.ErrorIs(t, recovered(f), token.ErrConfig, name)
	}
}
