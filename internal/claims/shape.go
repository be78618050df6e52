package claims

import (
	"strings"

	"github.com/postern-go/postern/internal/strict"
)

// Shape is how the values of a claim are written. See token.Shape.
type Shape uint8

// The shapes. Default is Text in a Mark.
const (
	Default Shape = iota
	Text
	Words
	List
	WordsOrList
	TextOrList
	Keys
	Boolean
)

// The most that a set or a mark reads. A claim beyond that has no values: the
// first of many would be as arbitrary as none.
const (
	maxValues      = 1000
	maxValueLength = 1024
)

// values reads a claim that is there. ok is false if it has another shape, and
// for a list with anything but strings in it.
func (s Shape) values(v strict.Value) (values []string, ok bool) {
	switch v.Kind {
	case strict.String:
		text, _ := v.Text()
		return s.ofText(text)
	case strict.Array:
		if s == List || s == WordsOrList || s == TextOrList {
			return listStrings(v)
		}
	case strict.Object:
		if s == Keys {
			err := strict.Members(v.Raw, func(name string, _ strict.Value) { values = append(values, name) })
			return values, err == nil
		}
	case strict.Bool:
		return []string{v.Raw}, s == Boolean
	}
	return nil, false
}

func (s Shape) ofText(text string) (values []string, ok bool) {
	switch s {
	case Words, WordsOrList:
		return splitWords(text), true
	case Default, Text, TextOrList:
		return []string{text}, true
	}
	return nil, false
}

// limited is values for the claims of sets and marks, within the limits. An
// empty string is no value.
func (s Shape) limited(v strict.Value) (values []string, ok bool) {
	values, ok = s.values(v)
	if !ok || len(values) > maxValues {
		return nil, false
	}
	kept := values[:0]
	for _, value := range values {
		if len(value) > maxValueLength {
			return nil, false
		}
		if value != "" {
			kept = append(kept, value)
		}
	}
	return kept, true
}

// wanted describes the shape for operators.
func (s Shape) wanted() string {
	return [...]string{
		"a string", "a string", "a string", "an array of strings", "a string or an array of strings",
		"a string or an array of strings", "an object", "true or false",
	}[s]
}

// Display is a path as operators read it: the name of a claim, or a JSON
// Pointer (RFC 6901).
func Display(path []string) string {
	if len(path) == 1 {
		return path[0]
	}
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	var b strings.Builder
	for _, name := range path {
		b.WriteString("/" + escape.Replace(name))
	}
	return b.String()
}
