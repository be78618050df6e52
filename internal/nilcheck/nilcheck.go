// Package nilcheck finds values that hold nothing although they compare
// unequal to nil.
package nilcheck

import (
	"fmt"
	"reflect"
)

// Is reports whether v is nil, or an interface that holds a nil pointer, map,
// slice, func or channel. Such a value passes a comparison with nil and panics
// at the first call: a constructor that finds it can say which setting it is.
func Is(v any) bool {
	if v == nil {
		return true
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan:
		return r.IsNil()
	default:
		return false
	}
}

// Shown is such a value in the text of an error: "nil", or "a nil *pkg.Type".
func Shown(v any) string {
	if v == nil {
		return "nil"
	}
	return fmt.Sprintf("a nil %T", v)
}
