// Package marks reads marks and sources of claims from a command line.
package marks

import (
	"errors"
	"fmt"
	"strings"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/settings"
)

// Usage says how a mark is written.
const Usage = "CLAIM=VALUE, CLAIM=PREFIX*, CLAIM=*SUFFIX or CLAIM={client_id}, each also with != for the opposite,\n" +
	"or CLAIM for one that is there and !CLAIM for one that is not;\n" +
	"a CLAIM that begins with a slash is a JSON Pointer, and CLAIM:SHAPE says how its values are written"

// SourceUsage says how a source is written.
const SourceUsage = "CLAIM or CLAIM:SHAPE, with a shape of text, words, list, words-or-list, text-or-list and keys;\n" +
	"a CLAIM that begins with a slash is a JSON Pointer"

// clientID stands for the client id of the token.
const clientID = "{client_id}"

// ErrSyntax is the error of Parse and ParseSource.
var ErrSyntax = errors.New("not a claim or what is said about one")

// Parse reads a mark as Usage says. Whether it makes sense is for
// token.NewVerifier to say.
func Parse(text string) (token.Mark, error) {
	claim, value, compared := strings.Cut(text, "=")
	var m token.Mark
	switch {
	case compared:
		claim, m.Not = strings.CutSuffix(claim, "!")
		if !compare(&m, value) || strings.HasPrefix(claim, "!") {
			return token.Mark{}, wrong(text)
		}
	case strings.HasPrefix(claim, "!"):
		claim, m.Absent = claim[1:], true
	default:
		m.Present = true
	}
	source, err := ParseSource(claim)
	if err != nil {
		return token.Mark{}, wrong(text)
	}
	m.Claim, m.Path, m.Shape = source.Claim, source.Path, source.Shape
	return m, nil
}

func wrong(text string) error { return fmt.Errorf("%w: %q, want %s", ErrSyntax, text, Usage) }

// compare reports false for a value that is nothing but a star, or that has one
// anywhere else than at one end: it would be taken by the letter, and a rule with
// != would hold for every token.
func compare(m *token.Mark, value string) bool {
	prefix, isPrefix := strings.CutSuffix(value, "*")
	suffix, isSuffix := strings.CutPrefix(value, "*")
	switch {
	case value == "" || value == "*" || strings.Count(value, "*") > 1 || strings.Contains(value, "*") && !isPrefix && !isSuffix:
		return false
	case value == clientID:
		m.ClientID = true
	case isPrefix:
		m.Prefix = prefix
	case isSuffix:
		m.Suffix = suffix
	default:
		m.Values = []string{value}
	}
	return true
}

// AppendTo is a flag.Value's Set that adds marks to a list.
func AppendTo(list *[]token.Mark) func(string) error {
	return func(text string) error {
		m, err := Parse(text)
		if err == nil {
			*list = append(*list, m)
		}
		return err
	}
}

// ParseSource reads a claim and the shape of its values as SourceUsage says. What
// follows a colon is a part of the name if it is no shape: names may be URLs.
func ParseSource(text string) (token.Source, error) {
	var s token.Source
	claim := text
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		shape, err := settings.ParseShape(strings.ReplaceAll(text[i+1:], "-", " "))
		if err == nil {
			claim, s.Shape = text[:i], shape
		}
	}
	var err error
	if s.Claim, s.Path, err = settings.ParseClaim(claim); err != nil {
		return token.Source{}, fmt.Errorf("%w: %q, want %s", ErrSyntax, text, SourceUsage)
	}
	return s, nil
}

// AppendSource adds a source to a list.
func AppendSource(list *[]token.Source, text string) error {
	s, err := ParseSource(text)
	if err == nil {
		*list = append(*list, s)
	}
	return err
}
