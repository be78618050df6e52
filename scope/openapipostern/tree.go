package openapipostern

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// MaxDocument is how many bytes of a document Read takes at most.
const MaxDocument = 4 << 20

// maxDepth is how deep the values of a document may be nested.
const maxDepth = 200

// otherLines are characters that end a line, and so a comment, for YAML and not
// for JSON and editors.
const otherLines = "\u0085\u2028\u2029"

// plain is the document as it is parsed: of JSON, without the pairs of surrogates
// that the parser of YAML does not know.
func plain(document []byte) ([]byte, error) {
	if len(document) > MaxDocument {
		return nil, wrong("", "the document has %d bytes, want at most %d", len(document), MaxDocument)
	}
	if i := bytes.IndexAny(document, otherLines); i >= 0 {
		r, _ := utf8.DecodeRune(document[i:])
		return nil, wrong(lineOf(1+bytes.Count(document[:i], []byte("\n"))), "the character %U, which ends a line for YAML and not for JSON", r)
	}
	if json.Valid(document) {
		document = withoutSurrogates(document)
	}
	return document, nil
}

// parse reads a document that has one meaning: the package that reads it after
// this takes the last of two values with one name, if the document is JSON.
func parse(text []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var first, second yaml.Node
	if err := decoder.Decode(&first); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, wrong("", "the document is empty")
		}
		return nil, because("", err)
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, wrong("", "there is more behind the first document")
	}
	root := first.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, wrong(lineOf(root.Line), "want an object")
	}
	return root, strict(root, "", 0)
}

// strict refuses what has more than one meaning, and rules of ours where nobody
// would follow them.
func strict(n *yaml.Node, pointer string, depth int) error {
	switch {
	case depth > maxDepth:
		return wrong(lineOf(n.Line), "values are nested more than %d deep", maxDepth)
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return wrong(lineOf(n.Line), "an anchor or alias of YAML; use $ref")
	case n.Style&yaml.TaggedStyle != 0:
		return wrong(lineOf(n.Line), "a tag of YAML")
	case n.Kind == yaml.SequenceNode:
		for i, item := range n.Content {
			if err := strict(item, pointer+"/"+strconv.Itoa(i), depth+1); err != nil {
				return err
			}
		}
	case n.Kind == yaml.MappingNode:
		return strictObject(n, pointer, depth)
	}
	return nil
}

func strictObject(n *yaml.Node, pointer string, depth int) error {
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i]
		switch {
		case name.Kind != yaml.ScalarNode || name.Tag == "!!merge" || name.Anchor != "" || name.Style&yaml.TaggedStyle != 0:
			return wrong(lineOf(name.Line), "a name that is no plain text")
		case seen[name.Value]:
			return wrong(lineOf(name.Line), "the name %s twice in one object", quoted(name.Value))
		case isOurs(name.Value) && (name.Value != policyField || !isOperation(pointer)):
			return wrong(lineOf(name.Line), "%s here has no effect; want %s in an operation below paths", quoted(name.Value), policyField)
		}
		seen[name.Value] = true
		if err := strict(n.Content[i+1], pointer+"/"+escape(name.Value), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// isOurs reports whether a field looks like one of this package.
func isOurs(name string) bool {
	const prefix = "x-postern"
	return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
}

func escape(name string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(name) }

func lineOf(n int) string { return "line " + strconv.Itoa(n) }

// member is the value of a name in an object, or nil.
func member(object *yaml.Node, name string) *yaml.Node {
	if object == nil || object.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(object.Content); i += 2 {
		if object.Content[i].Value == name {
			return object.Content[i+1]
		}
	}
	return nil
}

// withoutSurrogates writes the characters that a JSON text has as pairs of
// escapes, such as \ud83d\ude00.
func withoutSurrogates(text []byte) []byte {
	var out []byte
	for len(text) > 0 {
		if text[0] != '\\' {
			out, text = append(out, text[0]), text[1:]
			continue
		}
		if r := surrogates(text); r != utf8.RuneError {
			out, text = utf8.AppendRune(out, r), text[12:]
			continue
		}
		out, text = append(out, text[:2]...), text[2:]
	}
	return out
}

// surrogates is the character that valid JSON begins with if that is a pair of
// surrogates, and utf8.RuneError otherwise.
func surrogates(text []byte) rune {
	if len(text) < 12 || text[1] != 'u' || text[6] != '\\' || text[7] != 'u' {
		return utf8.RuneError
	}
	high, _ := strconv.ParseUint(string(text[2:6]), 16, 16)
	low, _ := strconv.ParseUint(string(text[8:12]), 16, 16)
	return utf16.DecodeRune(rune(high), rune(low))
}
