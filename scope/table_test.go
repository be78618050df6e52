package scope_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

func photoTable() *scope.Table {
	return scope.NewTable(
		scope.Operation{Name: "photos.list", Policy: scope.All("photos:read")},
		scope.Operation{Name: "photos.add", Policy: scope.All("photos:write").And(scope.User)},
		scope.Operation{Name: "health", Policy: scope.Public},
	)
}

func TestTableString(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `health       public
photos.add   all(photos:write) and user
photos.list  all(photos:read)
`, photoTable().String())
	assert.Empty(t, scope.NewTable().String())
}

// What a table does not take, as literals and as text.
func TestTableRefuses(t *testing.T) {
	t.Parallel()
	good := scope.Operation{Name: "ok", Policy: scope.User}
	for name, operations := range map[string][]scope.Operation{
		"no name":                 {{Name: "", Policy: scope.User}},
		"a name with a space":     {{Name: "photos list", Policy: scope.User}},
		"an unprintable name":     {{Name: "photos\nlist", Policy: scope.User}},
		"a terminal's escape":     {{Name: "\x1b[2Jphotos", Policy: scope.User}},
		"a name that looks alike": {{Name: "photоs.list", Policy: scope.User}}, // U+043E
		"a name beyond UTF-8":     {{Name: "\xff", Policy: scope.User}},
		"a long name":             {{Name: strings.Repeat("a", 101), Policy: scope.User}},
		"a huge name":             {{Name: strings.Repeat("a", 10<<20), Policy: scope.User}},
		"the zero policy":         {{Name: "x"}},
		"the same name":           {{Name: "x", Policy: scope.User}, {Name: "w", Policy: scope.User}, {Name: "x", Policy: scope.User}},
		"an idle alternative":     {{Name: "x", Policy: scope.All("a").Or(scope.All("a", "b"))}},
		"a contradiction":         {{Name: "x", Policy: scope.User.And(scope.Client)}},
		"an idle rule":            {{Name: "x", Policy: scope.All("a").And(scope.All("a", "b"))}},
		"an idle rehearsal":       {{Name: "x", Policy: scope.All("a").And(scope.User.And(scope.Client).Rehearsed())}},
		"an idle rehearsal alone": {{Name: "x", Policy: scope.User.And(scope.Client).Rehearsed()}},
		"an idle own rule":        {{Name: "x", Policy: ownRule("a").Or(ownRule("a").And(scope.User))}},
		"a huge policy":           {{Name: "x", Policy: scope.All(strings.Repeat("a", 16<<10))}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := recovered(func() { scope.NewTable(append(operations, good)...) })
			require.ErrorIs(t, err, token.ErrConfig)
			assertOneLine(t, err)
		})
	}
	for name, texts := range map[string]map[string]string{
		"a typo in a rule":      {"photos.list": "al(photos:read)"},
		"a typo in a value":     {"photos.list": "all(photos:read"},
		"nothing":               {"photos.list": ""},
		"public smuggled in":    {"photos.list": "all(photos:read) and public"},
		"public smuggled in or": {"photos.list": "all(photos:read) or (user and public)"},
		"optional smuggled in":  {"photos.list": "user and (all(a) or optional)"},
		"refused":               {"photos.list": "refused"},
		"a bad name":            {"photos list": "user"},
		"a huge text":           {"photos.list": strings.Repeat("(", 10<<20)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			texts["ok"] = "user"
			table, err := scope.ReadTable(texts)
			require.ErrorIs(t, err, token.ErrConfig)
			assert.Nil(t, table)
			assertOneLine(t, err)
		})
	}
	assert.NoError(t, recovered(func() {
		scope.NewTable(good, scope.Operation{Name: "new", Policy: scope.All("a").And(scope.User.Rehearsed())},
			scope.Operation{Name: "trial", Policy: scope.User.Rehearsed()}, scope.Operation{Name: "open", Policy: scope.Public.And(scope.User.Rehearsed())},
			scope.Operation{Name: "own", Policy: ownRule("a").And(scope.User).Or(ownRule("user").And(scope.Client)).Or(ownRule("a").And(scope.Client))},
			scope.Operation{Name: strings.Repeat("a", 100), Policy: scope.User})
	}))
	many := make([]scope.Operation, 10_001)
	for i := range many {
		many[i] = scope.Operation{Name: fmt.Sprint(i), Policy: scope.User}
	}
	assert.NoError(t, recovered(func() { scope.NewTable(many[1:]...) }))
	assert.ErrorIs(t, recovered(func() { scope.NewTable(many...) }), token.ErrConfig)
}

// All faults of a table are told at once, each with its operation.
func TestReadTableNamesEveryFault(t *testing.T) {
	t.Parallel()
	_, err := scope.ReadTable(map[string]string{"a": "usr", "b": "user", "c": "all(", "d e": "also(wrong)"})
	require.ErrorIs(t, err, token.ErrConfig)
	for _, want := range []string{`operation "a": text of a policy, column 1: `, `operation "c": text of a policy, column 5: `, `operation "d e": text`, `operation "d e": the name`} {
		assert.Contains(t, err.Error(), want)
	}
	assert.NotContains(t, err.Error(), `"b"`)
	_, err = scope.ReadTable(map[string]string{"a": "user"}, scope.User)
	assert.ErrorIs(t, err, token.ErrConfig, "no rule of the program's own")
}

func TestReadTable(t *testing.T) {
	t.Parallel()
	texts := map[string]string{"photos.list": "all(photos:read) and not blocked", "health": "public"}
	table, err := scope.ReadTable(texts, ownRule("not blocked"))
	require.NoError(t, err)
	texts["health"] = "user" // which changes nothing
	assert.Equal(t, "health       public\nphotos.list  all(photos:read) and not blocked\n", table.String())
	_, err = scope.ReadTable(texts)
	assert.ErrorIs(t, err, token.ErrConfig, "a rule that the program does not give")
}

// An operation that is gone is no operation: it never opens a route.
func TestTableLookup(t *testing.T) {
	t.Parallel()
	table := photoTable()
	p, ok := table.Lookup("photos.list")
	assert.True(t, ok)
	assert.Equal(t, "photos.list", p.Operation())
	assert.Equal(t, p.String(), table.Policy("photos.list").String())
	var none *scope.Table
	for _, gone := range []string{"photos.lst", "Photos.list", "", "photos", "zebra", "a", strings.Repeat("photos.list", 1000), "photоs.list"} {
		for _, in := range []*scope.Table{table, none, scope.NewTable()} {
			p, ok := in.Lookup(gone)
			assert.False(t, ok, gone)
			assert.True(t, p.IsZero(), gone)
			err := recovered(func() { in.Policy(gone) })
			require.ErrorIs(t, err, token.ErrConfig, gone)
			assertOneLine(t, err)
			require.ErrorIs(t, in.Require(gone), token.ErrConfig, gone)
		}
	}
	assert.Contains(t, table.Require("photos.lst").Error(), `operation "photos.lst": is not in the table, near are photos.list`)
	assert.NotContains(t, table.Require("zebra").Error(), "near")
	assert.NoError(t, table.Require("health", "photos.add", "photos.list"))
	assert.NoError(t, table.Require())
	assert.Nil(t, none.Operations())
	assert.Empty(t, none.String())
}

// What a table hands out cannot change it.
func TestTableIsImmutable(t *testing.T) {
	t.Parallel()
	operations := []scope.Operation{{Name: "b", Policy: scope.User}, {Name: "a", Policy: scope.Client}}
	table := scope.NewTable(operations...)
	operations[0].Policy = scope.Public
	table.Operations()[0].Policy = scope.Public
	assert.Equal(t, "a  client\nb  user\n", table.String())
	assert.Empty(t, scope.User.Operation())
	assert.Equal(t, "b", operations[0].Name, "the literals stay in their order")
}

// A policy tells its operation as long as it asks for no less.
func TestPolicyOperation(t *testing.T) {
	t.Parallel()
	table := photoTable()
	list, add := table.Policy("photos.list"), table.Policy("photos.add")
	for name, row := range map[string]struct {
		policy scope.Policy
		want   string
	}{
		"as it is":                  {list, "photos.list"},
		"narrowed":                  {list.And(scope.User), "photos.list"},
		"narrowing":                 {scope.User.And(list), "photos.list"},
		"with itself":               {list.And(list), "photos.list"},
		"with itself, narrowed":     {list.And(scope.User).And(list), "photos.list"},
		"with a rehearsal":          {list.And(scope.User.Rehearsed()), "photos.list"},
		"with another operation":    {list.And(add), ""},
		"with one of another table": {list.And(scope.NewTable(scope.Operation{Name: "photos.list", Policy: scope.User}).Policy("photos.list")), ""},
		"with no policy":            {list.And(scope.Policy{}), ""},
		"or another rule":           {list.Or(scope.Client), ""},
		"another rule, or it":       {scope.Client.Or(list), ""},
		"rehearsed":                 {list.Rehearsed(), ""},
		"in a table of its own":     {scope.NewTable(scope.Operation{Name: "other", Policy: list}).Policy("other"), "other"},
		"the zero policy":           {scope.Policy{}, ""},
	} {
		assert.Equal(t, row.want, row.policy.Operation(), name)
	}
	assert.Equal(t, "photos.list", list.Operation(), "it is not changed")
}

func postureOf(transport scope.Transport, routes ...any) scope.Posture {
	p := scope.NewPosture(transport, scope.Resource{}, nil)
	for i := 0; i < len(routes); i += 2 {
		p.Add(routes[i].(string), routes[i+1].(scope.Policy), nil)
	}
	return p
}

func TestTableAudit(t *testing.T) {
	t.Parallel()
	table := photoTable()
	list, add, health := table.Policy("photos.list"), table.Policy("photos.add"), table.Policy("health")
	other := scope.NewTable(scope.Operation{Name: "photos.list", Policy: scope.Public}, scope.Operation{Name: "photos.drop", Policy: scope.User})
	all := postureOf(scope.GRPC, "/p/List", list, "/p/Add", add, "/p/Health", health)
	for name, row := range map[string]struct {
		guards []scope.Posture
		wrong  []string // nil for nothing
	}{
		"all in one guard":  {[]scope.Posture{all}, nil},
		"all in two":        {[]scope.Posture{postureOf(scope.HTTP, "GET /photos", list, "GET /healthz", health), postureOf(scope.GRPC, "/p/Add", add)}, nil},
		"both in each":      {[]scope.Posture{all, all}, nil},
		"narrowed":          {[]scope.Posture{all, postureOf(scope.HTTP, "GET /mine", list.And(scope.User), "GET /new", add.And(scope.Client.Rehearsed()))}, nil},
		"public, narrowed":  {[]scope.Posture{all, postureOf(scope.HTTP, "GET /healthz", health.And(scope.User))}, nil},
		"no guard":          {nil, []string{`operation "photos.list": no rule`, `operation "photos.add": no rule`, `operation "health": no rule`}},
		"an idle operation": {[]scope.Posture{postureOf(scope.HTTP, "GET /photos", list, "GET /healthz", health)}, []string{`operation "photos.add": no rule`}},
		"a rule of its own": {[]scope.Posture{all, postureOf(scope.HTTP, "GET /x", scope.All("photos:read"))}, []string{`rule "GET /x" of the guard over "http" refers to no operation`}},
		"a public one":      {[]scope.Posture{all, postureOf(scope.HTTP, "GET /healthz", scope.Public)}, []string{`rule "GET /healthz"`}},
		"widened":           {[]scope.Posture{all, postureOf(scope.HTTP, "GET /x", list.Or(scope.Client))}, []string{`rule "GET /x"`}},
		"rehearsed":         {[]scope.Posture{all, postureOf(scope.HTTP, "GET /x", list.Rehearsed())}, []string{`rule "GET /x"`}},
		"two operations":    {[]scope.Posture{all, postureOf(scope.HTTP, "GET /x", list.And(add))}, []string{`rule "GET /x"`}},
		"gone":              {[]scope.Posture{all, postureOf(scope.HTTP, "GET /x", other.Policy("photos.drop"))}, []string{`refers to operation "photos.drop", which is not`}},
		"another policy":    {[]scope.Posture{all, postureOf(scope.HTTP, "GET /x", other.Policy("photos.list"))}, []string{`with "public", want "all(photos:read)"`}},
		"another, narrowed": {[]scope.Posture{all, postureOf(scope.HTTP, "GET /x", other.Policy("photos.list").And(scope.All("photos:read")))}, []string{`with "public", want "all(photos:read)"`}},
		"all at once": {[]scope.Posture{postureOf(scope.HTTP, "GET /x", scope.User, "GET /y", scope.Public, "GET /photos", list)}, []string{
			`rule "GET /x"`, `rule "GET /y"`, `operation "photos.add"`, `operation "health"`,
		}},
		"excepted":           {[]scope.Posture{all, postureOf(scope.HTTP, "GET /x", scope.User, "GET /y", scope.Public).Except("GET /y", "GET /x")}, nil},
		"excepted in two":    {[]scope.Posture{all, postureOf(scope.HTTP, "GET /x", scope.User, "GET /y", scope.Public).Except("GET /y").Except("GET /x")}, nil},
		"excepted elsewhere": {[]scope.Posture{all.Except("GET /x"), postureOf(scope.HTTP, "GET /x", scope.User)}, []string{`rule "GET /x" of the guard over "http"`, `rule "GET /x" of the guard over "grpc" is excepted and not there`}},
		"a leftover":         {[]scope.Posture{all.Except("/p/Gone")}, []string{`rule "/p/Gone" of the guard over "grpc" is excepted and not there`}},
		"an exception kept":  {[]scope.Posture{all.Except("/p/Gone").Except()}, []string{`rule "/p/Gone"`}},
		"excepted operation": {[]scope.Posture{all.Except("/p/Add")}, []string{`operation "photos.add": no rule`}},
		"a hostile route":    {[]scope.Posture{all, postureOf(scope.HTTP, "GET /\n"+strings.Repeat("x", 1000), scope.User)}, []string{`refers to no operation`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := table.Audit(row.guards...)
			if row.wrong == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, token.ErrConfig)
			var lines interface{ Unwrap() []error }
			require.True(t, errors.As(err, &lines))
			assert.Len(t, lines.Unwrap(), len(row.wrong))
			for _, line := range lines.Unwrap() {
				assertOneLine(t, line)
			}
			for _, want := range row.wrong {
				assert.Contains(t, err.Error(), want)
			}
		})
	}
	assert.Len(t, all.Rules, 3, "Except changes a copy")
	assert.ErrorIs(t, (*scope.Table)(nil).Audit(all), token.ErrConfig)
}

// A posture tells the operation of a rule, and what the rule narrows.
func TestPostureOfOperations(t *testing.T) {
	t.Parallel()
	list := photoTable().Policy("photos.list")
	assert.Equal(t, []scope.RulePosture{
		{Route: "a", Policy: "all(photos:read)", Operation: "photos.list"},
		{Route: "b", Policy: "all(photos:read) and user", Operation: "photos.list", Narrows: "all(photos:read)"},
		{Route: "c", Policy: "user"},
	}, postureOf(scope.HTTP, "a", list, "b", list.And(scope.User), "c", scope.User).Rules)
}
