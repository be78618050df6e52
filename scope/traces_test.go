package scope_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

func TestTraces(t *testing.T) {
	t.Parallel()
	var told []string
	note := func(who string) func(context.Context, scope.Decision) {
		return func(_ context.Context, d scope.Decision) {
			told = append(told, who+" "+d.Route+" "+token.Reason(d.Err))
		}
	}
	first := &scope.Trace{Allowed: note("first allowed"), Refused: note("first refused")}
	allowed := &scope.Trace{Allowed: note("second allowed")}
	refused := &scope.Trace{Refused: note("third refused")}
	for name, c := range map[string]struct {
		list []*scope.Trace
		want []string
	}{
		"none":     {nil, nil},
		"only nil": {[]*scope.Trace{nil, nil, {}}, nil},
		"one":      {[]*scope.Trace{nil, first}, []string{"first allowed /x ", "first refused /y missing"}},
		"in order": {[]*scope.Trace{refused, nil, first, allowed}, []string{
			"first allowed /x ", "second allowed /x ", "third refused /y missing", "first refused /y missing",
		}},
		"nested": {[]*scope.Trace{scope.Traces(allowed, nil), scope.Traces(), refused}, []string{"second allowed /x ", "third refused /y missing"}},
	} {
		told = nil
		all := scope.Traces(c.list...)
		if all.Allowed != nil {
			all.Allowed(context.Background(), scope.Decision{Route: "/x"})
		}
		if all.Refused != nil {
			all.Refused(context.Background(), scope.Decision{Route: "/y", Err: token.ErrMissing})
		}
		assert.Equal(t, c.want, told, name)
	}
	assert.Equal(t, &scope.Trace{}, scope.Traces(nil, &scope.Trace{}), "a guard without hooks has no work")
}

// Traces must join every hook there is.
func TestTracesJoinsEveryHook(t *testing.T) {
	t.Parallel()
	typ := reflect.TypeFor[scope.Trace]()
	for i := range typ.NumField() {
		calls := 0
		one := &scope.Trace{}
		hook := reflect.ValueOf(one).Elem().Field(i)
		hook.Set(reflect.MakeFunc(hook.Type(), func([]reflect.Value) []reflect.Value { calls++; return nil }))
		joined := reflect.ValueOf(scope.Traces(one, one)).Elem().Field(i)
		if !assert.Falsef(t, joined.IsNil(), typ.Field(i).Name) {
			continue
		}
		joined.Call([]reflect.Value{reflect.ValueOf(context.Background()), reflect.ValueOf(scope.Decision{})})
		assert.Equal(t, 2, calls, typ.Field(i).Name)
	}
}

func TestTracesCopiesTheList(t *testing.T) {
	t.Parallel()
	calls := 0
	one := &scope.Trace{Allowed: func(context.Context, scope.Decision) { calls++ }}
	list := []*scope.Trace{one, nil, one}
	all := scope.Traces(list...)
	assert.Nil(t, list[1])
	assert.NotNil(t, list[2], "the list belongs to the caller")
	list[0], list[2] = nil, nil
	all.Allowed(context.Background(), scope.Decision{})
	assert.Equal(t, 2, calls)
}
