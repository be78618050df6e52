package token

import (
	"encoding"
	"reflect"
	"strings"
	"sync"

	"github.com/postern-go/postern/internal/strict"
	"github.com/postern-go/postern/internal/zerocopy"
)

// A decoder into Go types reads a whole token to get one claim, and takes
// several times as long as the strict reader. So it is given only the claims
// that the type can receive. A superfluous name here changes nothing: the
// decoder skips that claim.

// names are those of the claims that a Go type can receive. Nil stands for all.
type names map[string]bool

// namesByType holds them by reflect.Type. A program has only so many types.
var namesByType sync.Map

// namesFor finds what t, the type of a pointer, can receive of an object.
func namesFor(t reflect.Type) names {
	if found, ok := namesByType.Load(t); ok {
		return found.(names)
	}
	found, _ := namesByType.LoadOrStore(t, newNames(t))
	return found.(names)
}

var (
	jsonUnmarshaler = reflect.TypeFor[interface{ UnmarshalJSON([]byte) error }]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// mostPointers is how many pointers are followed. A type can point to itself.
const mostPointers = 8

// newNames gives up on all but plain structs: a map takes any claim,
// and a type that decodes itself may look at all of them.
func newNames(t reflect.Type) names {
	for depth := 0; t != nil && t.Kind() == reflect.Pointer; depth++ {
		if depth == mostPointers || t.Implements(jsonUnmarshaler) || t.Implements(textUnmarshaler) {
			return nil
		}
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	n := names{}
	n.add(t, map[reflect.Type]bool{})
	return n
}

// add adds the names of the fields of t, and of structs embedded in it. A field
// goes by its tag and by its own name, since a bad tag does not count.
func (n names) add(t reflect.Type, seen map[reflect.Type]bool) {
	if seen[t] {
		return
	}
	seen[t] = true
	for i := range t.NumField() {
		field := t.Field(i)
		tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		n[tag], n[field.Name] = true, true
		if embedded := base(field.Type); field.Anonymous && embedded.Kind() == reflect.Struct {
			n.add(embedded, seen)
		}
	}
}

func base(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// of is the object without the members that have none of the names. Anything but an
// object is left for the decoder to reject.
func (n names) of(object []byte) []byte {
	if n == nil {
		return object
	}
	picked := make([]byte, 0, min(len(object), 256))
	picked = append(picked, '{')
	err := strict.Members(zerocopy.String(object), func(name string, v strict.Value) {
		if !n[name] || !isPlain(name) {
			return
		}
		if len(picked) > 1 {
			picked = append(picked, ',')
		}
		picked = append(picked, '"')
		picked = append(picked, name...)
		picked = append(picked, '"', ':')
		picked = append(picked, v.Raw...)
	})
	if err != nil {
		return object
	}
	return append(picked, '}')
}

// isPlain tells whether name is the same within quotes. No name that a field
// can have is not.
func isPlain(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' })
}
