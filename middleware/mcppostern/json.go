package mcppostern

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// maxDepth is how deep arrays and objects may nest: the reader recurses.
const maxDepth = 64

// Faults of a text that could mean one thing here and another to the decoder of
// the SDK or of a tool.
var (
	errSyntax    = errors.New("not one JSON value")
	errUTF8      = errors.New("not valid Unicode")
	errDepth     = errors.New("JSON nested too deep")
	errDuplicate = errors.New("JSON member name repeated")
)

// kind is what kind of JSON value was read.
type kind uint8

const (
	noValue kind = iota
	aString
	anObject
	anArray
	another
)

// value is a JSON value that was read. Its text is decoded if it was asked for
// and is a string.
type value struct {
	kind kind
	text string
}

// node is asked by a scanner what is wanted of a text. Nil wants nothing.
type node interface {
	// member is the node for the value of a member.
	member(name string) node
	// element is the node for the next element of an array, or an error to end
	// with.
	element() (node, error)
	// done gets the value.
	done(v value) error
}

// scanner reads JSON text from left to right, once. A text has one meaning or is
// refused: RFC 8259 without repeated member names (however escaped), lone
// surrogates and invalid UTF-8.
type scanner struct {
	text  string
	pos   int
	depth int
	names []string // of the members of the objects that are open, outermost first
	room  [16]string
}

// scan reads text as one value.
func scan(text string, root node) error {
	if !utf8.ValidString(text) {
		return errUTF8
	}
	s := scanner{text: text}
	s.names = s.room[:0]
	if err := s.value(root); err != nil {
		return err
	}
	if s.peek(); s.pos < len(s.text) {
		return errSyntax
	}
	return nil
}

// peek skips white space and returns the next byte without taking it, or 0, with
// which no value begins.
func (s *scanner) peek() byte {
	for ; s.pos < len(s.text); s.pos++ {
		switch c := s.text[s.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// take takes the next byte that is not white space, if it is c.
func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.pos++
	return true
}

func (s *scanner) value(n node) error {
	v := value{kind: another}
	var err error
	switch c := s.peek(); {
	case c == '"':
		v.kind = aString
		v.text, err = s.string(n != nil)
	case c == '{':
		v.kind, err = anObject, s.object(n)
	case c == '[':
		v.kind, err = anArray, s.array(n)
	case c == '-' || '0' <= c && c <= '9':
		err = s.number()
	case c == 't':
		err = s.literal("true")
	case c == 'f':
		err = s.literal("false")
	case c == 'n':
		err = s.literal("null")
	default:
		err = errSyntax
	}
	if err != nil || n == nil {
		return err
	}
	return n.done(v)
}

// enter reads the opening bracket of an object or an array, and reports whether
// it is empty. leave undoes the depth; after an error nothing is read on.
func (s *scanner) enter(closing byte) (empty bool, err error) {
	if s.depth == maxDepth {
		return false, errDepth
	}
	s.pos++
	if s.take(closing) {
		return true, nil
	}
	s.depth++
	return false, nil
}

func (s *scanner) leave() { s.depth-- }

func (s *scanner) object(n node) error {
	if empty, err := s.enter('}'); empty || err != nil {
		return err
	}
	names := names{s: s, first: len(s.names)}
	for {
		if s.peek() != '"' {
			return errSyntax
		}
		name, err := s.string(true)
		switch {
		case err != nil:
			return err
		case !names.add(name):
			return errDuplicate
		case !s.take(':'):
			return errSyntax
		}
		var inner node
		if n != nil {
			inner = n.member(name)
		}
		if err := s.value(inner); err != nil {
			return err
		}
		if s.take('}') {
			s.names = s.names[:names.first]
			s.leave()
			return nil
		}
		if !s.take(',') {
			return errSyntax
		}
	}
}

// names are the member names of one object.
type names struct {
	s     *scanner
	first int
	many  map[string]struct{} // in place of the list, for objects with many
}

// few is how many names are compared one by one.
const few = 16

// add reports false if the object has a member of this name already.
func (n *names) add(name string) bool {
	held := n.s.names[n.first:]
	if n.many == nil && len(held) < few {
		for _, other := range held {
			if other == name {
				return false
			}
		}
		n.s.names = append(n.s.names, name)
		return true
	}
	if n.many == nil {
		n.many = make(map[string]struct{}, 2*few)
		for _, other := range held {
			n.many[other] = struct{}{}
		}
	}
	if _, ok := n.many[name]; ok {
		return false
	}
	n.many[name] = struct{}{}
	return true
}

func (s *scanner) array(n node) error {
	if empty, err := s.enter(']'); empty || err != nil {
		return err
	}
	for {
		var inner node
		if n != nil {
			var err error
			if inner, err = n.element(); err != nil {
				return err
			}
		}
		if err := s.value(inner); err != nil {
			return err
		}
		if s.take(']') {
			s.leave()
			return nil
		}
		if !s.take(',') {
			return errSyntax
		}
	}
}

func (s *scanner) literal(word string) error {
	if !strings.HasPrefix(s.text[s.pos:], word) {
		return errSyntax
	}
	s.pos += len(word)
	return nil
}

// string reads a string, and decodes it if it is wanted.
func (s *scanner) string(wanted bool) (string, error) {
	start, escaped := s.pos, false
	s.pos++
	for {
		s.plain()
		if s.pos == len(s.text) {
			return "", errSyntax
		}
		switch s.text[s.pos] {
		case '"':
			s.pos++
			return decoded(s.text[start:s.pos], wanted, escaped)
		case '\\':
			escaped = true
			if err := s.escape(); err != nil {
				return "", err
			}
		default: // a control character
			return "", errSyntax
		}
	}
}

// plain skips what stands for itself in a string.
func (s *scanner) plain() {
	text, i := s.text, s.pos
	for i < len(text) && text[i] != '"' && text[i] != '\\' && text[i] >= ' ' {
		i++
	}
	s.pos = i
}

func decoded(quoted string, wanted, escaped bool) (string, error) {
	switch {
	case !wanted:
		return "", nil
	case !escaped:
		return quoted[1 : len(quoted)-1], nil
	default:
		return unescaped(quoted)
	}
}

func unescaped(quoted string) (text string, err error) {
	err = json.Unmarshal([]byte(quoted), &text)
	return text, err
}
