package jwks_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

// counting is a Trace with one hook, which notes each call with its argument.
func counting(field int, told *[]any, name string) *jwks.Trace {
	trace := &jwks.Trace{}
	hook := reflect.ValueOf(trace).Elem().Field(field)
	hook.Set(reflect.MakeFunc(hook.Type(), func(in []reflect.Value) []reflect.Value {
		*told = append(*told, name)
		for _, v := range in {
			*told = append(*told, v.Interface())
		}
		return nil
	}))
	return trace
}

func TestTraces(t *testing.T) {
	t.Parallel()
	for field := range reflect.TypeFor[jwks.Trace]().NumField() {
		typ := reflect.TypeFor[jwks.Trace]().Field(field)
		var told, want []any
		all := jwks.Traces(nil, counting(field, &told, "first"), &jwks.Trace{}, nil, counting(field, &told, "second"))
		var in []reflect.Value
		for i := range typ.Type.NumIn() {
			in = append(in, reflect.New(typ.Type.In(i)).Elem())
		}
		for _, name := range []string{"first", "second"} {
			want = append(want, name)
			for _, v := range in {
				want = append(want, v.Interface())
			}
		}
		joined := reflect.ValueOf(all).Elem().Field(field)
		require.Falsef(t, joined.IsNil(), typ.Name)
		joined.Call(in)
		assert.Equal(t, want, told, typ.Name)
		joined.SetZero()
		assert.Equal(t, &jwks.Trace{}, all, "no other hook than %s", typ.Name)
	}
	assert.Equal(t, &jwks.Trace{}, jwks.Traces(nil, &jwks.Trace{}), "a Remote without hooks has no work")
	assert.Equal(t, &jwks.Trace{}, jwks.Traces())
}

// A joined Trace watches a Remote like one of its parts.
func TestTracesOfARemote(t *testing.T) {
	t.Parallel()
	var a, b events
	s, k := newServer(), ecKey("k")
	s.publish(k)
	requireKey(t, newRemote(t, s, func(c *jwks.RemoteConfig) { c.Trace = jwks.Traces(a.trace(), nil, b.trace()) }), k)
	require.Len(t, a.done, 1)
	require.Equal(t, a, b)
}
