package strict

import (
	"errors"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is how deep arrays and objects may nest. Decoders recurse, and a
// stack overflow in Go ends the process.
const MaxDepth = 32

// Faults of a text that Object or Valid refuses.
var (
	ErrSyntax    = errors.New("not one JSON value")
	ErrObject    = errors.New("not a JSON object")
	ErrUTF8      = errors.New("not valid Unicode")
	ErrDepth     = errors.New("JSON nested too deep")
	ErrDuplicate = errors.New("JSON member name repeated")
)

// Kind is what kind of JSON value a Value is.
type Kind uint8

// The kinds of JSON value. The zero Kind is that of no value at all.
const (
	Absent Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

func (k Kind) String() string {
	return [...]string{"nothing", "null", "a boolean", "a number", "a string", "an array", "an object"}[k]
}

// Value is a JSON value that has been read and found well formed. Members and
// Elements give them out; the zero Value is the absence of one.
type Value struct {
	Kind    Kind
	escaped bool   // a string with an escape sequence in it
	Raw     string // the text as received, without white space around it
}

// Text is the content of a string value, and whether v is a string.
func (v Value) Text() (string, bool) {
	if v.Kind != String {
		return "", false
	}
	body := v.Raw[1 : len(v.Raw)-1]
	if v.escaped {
		body = unescape(body)
	}
	return body, true
}

// Elements calls visit for each element of an array value, until visit returns
// false. It reports whether v is an array.
func (v Value) Elements(visit func(Value) bool) bool {
	if v.Kind != Array {
		return false
	}
	s := scanner{text: v.Raw, pos: 1}
	for more := s.peek() != ']'; more; {
		element, err := s.value()
		if err != nil || !visit(element) {
			break
		}
		more = s.peek() == ','
		s.pos++
	}
	return true
}

// Valid reports whether text is exactly one JSON value (RFC 8259) in valid
// UTF-8, nested no deeper than MaxDepth, in which no object at any level
// repeats a member name, however the name is escaped.
func Valid(text string) error {
	s, err := newScanner(text)
	if err != nil {
		return err
	}
	if _, err := s.value(); err != nil {
		return err
	}
	return s.atEnd()
}

// Members reads text as one JSON object under the rules of Valid and calls
// visit for each of its members in order. Names are unescaped and compared as
// they are, case included. visit may have been called before an error is
// found, so what it gathered is worth nothing unless Members returns nil.
func Members(text string, visit func(name string, v Value)) error {
	s, err := newScanner(text)
	if err != nil {
		return err
	}
	if s.peek() != '{' {
		return notObject(text)
	}
	if err := s.object(visit); err != nil {
		return err
	}
	return s.atEnd()
}

// notObject tells another JSON value from a text that is not JSON at all.
func notObject(text string) error {
	if err := Valid(text); err != nil {
		return err
	}
	return ErrObject
}

// scanner reads JSON text from left to right, once.
type scanner struct {
	text  string
	pos   int
	depth int
}

func newScanner(text string) (scanner, error) {
	if !utf8.ValidString(text) {
		return scanner{}, ErrUTF8
	}
	return scanner{text: text}, nil
}

func (s *scanner) atEnd() error {
	if s.peek() != end {
		return ErrSyntax
	}
	return nil
}

// end stands for the end of the text. No JSON token begins with it.
const end = 0

// peek skips white space and returns the next byte without taking it.
func (s *scanner) peek() byte {
	for ; s.pos < len(s.text); s.pos++ {
		switch c := s.text[s.pos]; c {
		case ' ', '\t', '\n', '\r':
		case end: // a NUL in the text must not pass for its end
			return 0xff
		default:
			return c
		}
	}
	return end
}

func (s *scanner) value() (Value, error) {
	c := s.peek()
	start := s.pos
	var kind Kind
	var escaped bool
	var err error
	switch {
	case c == '"':
		kind = String
		escaped, err = s.string()
	case c == '{':
		kind, err = Object, s.object(nil)
	case c == '[':
		kind, err = Array, s.array()
	case c == '-' || '0' <= c && c <= '9':
		kind, err = Number, s.number()
	case c == 't':
		kind, err = Bool, s.literal("true")
	case c == 'f':
		kind, err = Bool, s.literal("false")
	case c == 'n':
		kind, err = Null, s.literal("null")
	default:
		err = ErrSyntax
	}
	if err != nil {
		return Value{}, err
	}
	return Value{kind, escaped, s.text[start:s.pos]}, nil
}

func (s *scanner) literal(word string) error {
	if !strings.HasPrefix(s.text[s.pos:], word) {
		return ErrSyntax
	}
	s.pos += len(word)
	return nil
}

// enter takes the opening byte of an array or object. leave undoes the depth;
// after an error nothing is read on, so only the good paths need it.
func (s *scanner) enter() error {
	if s.depth++; s.depth > MaxDepth {
		return ErrDepth
	}
	s.pos++
	return nil
}

func (s *scanner) leave() { s.depth-- }

func (s *scanner) array() error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if s.peek() == ']' {
		s.pos++
		return nil
	}
	for {
		if _, err := s.value(); err != nil {
			return err
		}
		if more, err := s.separator(']'); !more {
			return err
		}
	}
}

// object takes an object and shows its members to visit, unless that is nil.
func (s *scanner) object(visit func(string, Value)) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if s.peek() == '}' {
		s.pos++
		return nil
	}
	var few [fewNames]string // most objects have no more members: no allocation
	names := few[:0]
	for {
		name, err := s.name()
		if err != nil {
			return err
		}
		if len(names) < fewNames && slices.Contains(names, name) {
			return ErrDuplicate
		}
		if len(names) == cap(names) {
			names = slices.Grow(names, len(names)) // by halves, as append does, takes three times the memory
		}
		names = append(names, name)
		v, err := s.value()
		if err != nil {
			return err
		}
		if visit != nil {
			visit(name, v)
		}
		if more, err := s.separator('}'); !more {
			if err == nil && len(names) > fewNames && repeats(names) {
				return ErrDuplicate
			}
			return err
		}
	}
}

func (s *scanner) name() (string, error) {
	if s.peek() != '"' {
		return "", ErrSyntax
	}
	start := s.pos
	escaped, err := s.string()
	if err != nil {
		return "", err
	}
	name, _ := Value{String, escaped, s.text[start:s.pos]}.Text()
	if s.peek() != ':' {
		return "", ErrSyntax
	}
	s.pos++
	return name, nil
}

// separator takes the comma before another element, or the closing byte.
func (s *scanner) separator(closing byte) (more bool, err error) {
	c := s.peek()
	s.pos++
	switch c {
	case ',':
		return true, nil
	case closing:
		return false, nil
	default:
		return false, ErrSyntax
	}
}

// string takes a string with its quotes, and reports whether there is an escape
// sequence in it. That the text is valid UTF-8 is known.
func (s *scanner) string() (escaped bool, err error) {
	for i := plainEnd(s.text, s.pos+1); i < len(s.text); i = plainEnd(s.text, i+1) {
		switch c := s.text[i]; {
		case c == '"':
			s.pos = i + 1
			return escaped, nil
		case c == '\\':
			n, err := escapeLen(s.text[i:])
			if err != nil {
				return false, err
			}
			escaped = true
			i += n - 1
		case c < ' ':
			return false, ErrSyntax
		}
	}
	return false, ErrSyntax
}

// plainEnd is the index of the first byte of text, from i on, that is a quote, a
// backslash or a control character: all that has a meaning within a string. It
// looks at eight bytes at a time, since most of a token is strings.
func plainEnd(text string, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; len(text)-i >= 8; i += 8 {
		b := text[i : i+8]
		x := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		quote, backslash := x^('"'*ones), x^('\\'*ones)
		// The top bit of a byte of (y - n) &^ y is set where a byte of y is
		// below n. It may be set wrongly above such a byte, never below.
		found := ((x-' '*ones)&^x | (quote-ones)&^quote | (backslash-ones)&^backslash) & tops
		if found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(text); i++ {
		if c := text[i]; c == '"' || c == '\\' || c < ' ' {
			break
		}
	}
	return i
}

// escapeLen is the length of the escape sequence that text begins with. A
// surrogate outside a pair is refused: decoders replace it by U+FFFD, so that
// different names and values would become equal.
func escapeLen(text string) (int, error) {
	if len(text) < 2 {
		return 0, ErrSyntax
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, nil
	case 'u':
	default:
		return 0, ErrSyntax
	}
	r, ok := hex4(text[2:])
	if !ok {
		return 0, ErrSyntax
	}
	if !utf16.IsSurrogate(r) {
		return 6, nil
	}
	if len(text) < 12 || text[6] != '\\' || text[7] != 'u' {
		return 0, ErrUTF8
	}
	low, ok := hex4(text[8:])
	if !ok {
		return 0, ErrSyntax
	}
	if utf16.DecodeRune(r, low) == utf8.RuneError {
		return 0, ErrUTF8
	}
	return 12, nil
}

func hex4(text string) (rune, bool) {
	if len(text) < 4 {
		return 0, false
	}
	var r rune
	for i := range 4 {
		switch c := text[i]; {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// unescape resolves the escape sequences of a string body that string took.
func unescape(body string) string {
	var b strings.Builder
	b.Grow(len(body))
	for len(body) > 0 {
		i := strings.IndexByte(body, '\\')
		if i < 0 {
			b.WriteString(body)
			break
		}
		b.WriteString(body[:i])
		n, _ := escapeLen(body[i:])
		b.WriteRune(unescapeRune(body[i : i+n]))
		body = body[i+n:]
	}
	return b.String()
}

func unescapeRune(escape string) rune {
	switch escape[1] {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'u':
		r, _ := hex4(escape[2:])
		if len(escape) == 12 {
			low, _ := hex4(escape[8:])
			return utf16.DecodeRune(r, low)
		}
		return r
	default: // a quote, a backslash or a slash
		return rune(escape[1])
	}
}

// number takes a number by the grammar of RFC 8259 §6.
func (s *scanner) number() error {
	if s.text[s.pos] == '-' {
		s.pos++
	}
	if s.pos < len(s.text) && s.text[s.pos] == '0' {
		s.pos++
	} else if !s.digits() {
		return ErrSyntax
	}
	if s.take('.') && !s.digits() {
		return ErrSyntax
	}
	if s.take('e') || s.take('E') {
		_ = s.take('+') || s.take('-')
		if !s.digits() {
			return ErrSyntax
		}
	}
	return nil
}

func (s *scanner) take(c byte) bool {
	if s.pos < len(s.text) && s.text[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.text) && '0' <= s.text[s.pos] && s.text[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > start
}

// fewNames is up to how many names each new one is compared with those before
// it. Beyond that repetitions are found by sorting, so that an object of
// thousands of members costs no quadratic time.
const fewNames = 16

func repeats(names []string) bool {
	slices.Sort(names)
	for i := 1; i < len(names); i++ {
		if names[i] == names[i-1] {
			return true
		}
	}
	return false
}
