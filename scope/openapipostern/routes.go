package openapipostern

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"

	"github.com/postern-go/postern/middleware"
)

// Handle registers a handler for every operation on mux, with its pattern and
// its policy. Handlers go by the operationId.
//
// Nothing is registered unless there is exactly one handler for each operation:
// the error names every operation without a handler, every handler without an
// operation, and every handler that is nil, and matches token.ErrConfig. It also
// reports the first pattern that conflicts with a route that mux had before;
// what is registered by then stays so, and the service must not start.
func (d *Description) Handle(mux *middleware.Mux, handlers map[string]http.Handler) error {
	if mux == nil {
		return wrong("", "the Mux is nil")
	}
	if err := d.audit(handlers); err != nil {
		return err
	}
	for _, o := range d.operations {
		if err := protect(func() { mux.Handle(o.Pattern, o.Policy, handlers[o.Name]) }); err != nil {
			return because(o.Name, err)
		}
	}
	return nil
}

// audit compares handlers with operations in both directions.
func (d *Description) audit(handlers map[string]http.Handler) error {
	var faults []error
	described := make(map[string]bool, len(d.operations))
	for _, o := range d.operations {
		described[o.Name] = true
		switch h, ok := handlers[o.Name]; {
		case !ok:
			faults = append(faults, wrong(o.Pattern, "operation %s has no handler", quoted(o.Name)))
		case isNil(h):
			faults = append(faults, wrong(o.Pattern, "the handler of operation %s is nil", quoted(o.Name)))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(handlers)) {
		if !described[name] {
			faults = append(faults, wrong("", "there is a handler for %s, and no such operation", quoted(name)))
		}
	}
	return errors.Join(faults...)
}

// isNil reports whether h is nil or holds a nil func or pointer, which would
// panic at its first call.
func isNil(h http.Handler) bool {
	if h == nil {
		return true
	}
	switch v := reflect.ValueOf(h); v.Kind() {
	case reflect.Func, reflect.Pointer, reflect.Map, reflect.Chan, reflect.Slice, reflect.Interface:
		return v.IsNil()
	default:
		return false
	}
}

// register tries a pattern out.
func register(mux *http.ServeMux, pattern string) error {
	return protect(func() { mux.Handle(pattern, http.NotFoundHandler()) })
}

// protect returns what f panics with, as an error.
func protect(f func()) (err error) {
	defer func() {
		switch said := recover().(type) {
		case nil:
		case error:
			err = said
		default:
			err = errors.New(fmt.Sprint(said))
		}
	}()
	f()
	return nil
}
