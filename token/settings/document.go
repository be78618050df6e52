package settings

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"sort"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/token"
)

// otherLines are characters that end a line, and so a comment, where no reader
// of the file sees an end. In the strings of JSON they would become spaces.
const otherLines = "\u0085\u2028\u2029"

// document is the one value of the text.
func document(text []byte) (*yaml.Node, error) {
	switch {
	case len(text) > maxFile:
		return nil, evidence.Errorf(token.ErrConfig, "more than %d bytes", maxFile)
	case !utf8.Valid(text):
		return nil, evidence.Errorf(token.ErrConfig, "not UTF-8")
	}
	if i := bytes.IndexAny(text, otherLines); i >= 0 {
		r, _ := utf8.DecodeRune(text[i:])
		return nil, evidence.Errorf(token.ErrConfig, "line %d: the character %U, which ends a line for YAML and not for an editor or JSON", 1+bytes.Count(text[:i], []byte("\n")), r)
	}
	text = plainJSON(text)
	documents, err := decode(text)
	switch {
	case err != nil:
		message := withoutLine(err)
		return nil, evidence.Errorf(token.ErrConfig, "line %d: %s", lineOf(text, message), message)
	case len(documents) == 0:
		return nil, evidence.Errorf(token.ErrConfig, "no settings, want issuers")
	case len(documents) > 1:
		return nil, evidence.Errorf(token.ErrConfig, "line %d: a second document, want one", documents[1].Line)
	}
	return documents[0].Content[0], nil
}

// decode returns the first two documents of the text.
func decode(text []byte) (documents []yaml.Node, err error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for range 2 {
		var n yaml.Node
		err := decoder.Decode(&n)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		documents = append(documents, n)
	}
	return documents, nil
}

// lineOf is the line of an error of the reader, which itself tells none for some
// and a line before for others: it is the last of the shortest text with the error.
func lineOf(text []byte, message string) int {
	lines := bytes.SplitAfter(text, []byte("\n"))
	return min(len(lines), 1+sort.Search(len(lines), func(last int) bool {
		_, err := decode(bytes.Join(lines[:last+1], nil))
		return err != nil && withoutLine(err) == message
	}))
}

var prefix = regexp.MustCompile(`^yaml: (line \d+: )?`)

func withoutLine(err error) string { return prefix.ReplaceAllString(err.Error(), "") }
