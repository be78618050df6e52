package mcppostern

// escape reads an escape sequence. A surrogate must have its other half: what
// decoders make of one by itself differs.
func (s *scanner) escape() error {
	if s.pos+1 >= len(s.text) {
		return errSyntax
	}
	switch s.text[s.pos+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.pos += 2
		return nil
	case 'u':
	default:
		return errSyntax
	}
	first, ok := s.unit()
	switch {
	case !ok:
		return errSyntax
	case first < 0xd800 || first > 0xdfff:
		return nil
	}
	second, ok := s.unit()
	if !ok || first > 0xdbff || second < 0xdc00 || second > 0xdfff {
		return errUTF8
	}
	return nil
}

// unit reads one \uXXXX.
func (s *scanner) unit() (u rune, ok bool) {
	if len(s.text)-s.pos < 6 || s.text[s.pos] != '\\' || s.text[s.pos+1] != 'u' {
		return 0, false
	}
	for _, c := range []byte(s.text[s.pos+2 : s.pos+6]) {
		switch {
		case '0' <= c && c <= '9':
			u = u<<4 | rune(c-'0')
		case 'a' <= c|' ' && c|' ' <= 'f':
			u = u<<4 | rune(c|' '-'a'+10)
		default:
			return 0, false
		}
	}
	s.pos += 6
	return u, true
}

// number reads a number in the grammar of RFC 8259 §6.
func (s *scanner) number() error {
	s.skip('-')
	if !s.skip('0') && s.digits() == 0 {
		return errSyntax
	}
	if s.skip('.') && s.digits() == 0 {
		return errSyntax
	}
	if s.skip('e') || s.skip('E') {
		if !s.skip('+') {
			s.skip('-')
		}
		if s.digits() == 0 {
			return errSyntax
		}
	}
	return nil
}

// skip takes the very next byte, if it is c.
func (s *scanner) skip(c byte) bool {
	if s.pos == len(s.text) || s.text[s.pos] != c {
		return false
	}
	s.pos++
	return true
}

func (s *scanner) digits() (n int) {
	for ; s.pos < len(s.text) && '0' <= s.text[s.pos] && s.text[s.pos] <= '9'; s.pos++ {
		n++
	}
	return n
}
