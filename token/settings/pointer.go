package settings

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/token"
)

// ParseClaim reads where a claim is, as a file says it: the name of a claim at the
// top level, or a JSON Pointer (RFC 6901), which begins with a slash and leads to
// one inside of others. Exactly one of name and path is set; see token.Source. An
// error matches token.ErrConfig.
func ParseClaim(text string) (name string, path []string, err error) {
	switch {
	case text == "":
		return "", nil, evidence.Errorf(token.ErrConfig, "is empty, want the name of a claim")
	case text[0] != '/':
		return text, nil, nil
	}
	path, ok := parsePointer(text)
	if !ok {
		return "", nil, evidence.Errorf(token.ErrConfig, "not a JSON Pointer: in one, ~ is written ~0, and a slash inside of a name ~1")
	}
	return "", path, nil
}

// place is where a claim is.
func place(claim *string, path *[]string) field {
	return field{name: "claim", read: func(v value) error {
		said, err := v.text()
		if err != nil {
			return err
		}
		*claim, *path, err = ParseClaim(said)
		return v.faulty(err)
	}, write: func() *yaml.Node {
		said := *claim
		if *path != nil {
			said = pointer(*path)
		}
		if said == "" {
			return nil
		}
		return scalarNode("!!str", said)
	}}
}

// topLevel is the name of a claim where no pointer is read, since one would
// otherwise be taken for a strange name.
func topLevel(f field) field {
	read := f.read
	f.read = func(v value) error {
		if v.node.Kind == yaml.ScalarNode && strings.HasPrefix(v.node.Value, "/") {
			return v.fault("a JSON Pointer, want the name of a claim at the top level")
		}
		return read(v)
	}
	return f
}

// parsePointer returns the names in a JSON Pointer that begins with a slash.
func parsePointer(text string) (names []string, ok bool) {
	names = strings.Split(text[1:], "/")
	for i, name := range names {
		unescaped := strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
		if escape(unescaped) != name {
			return nil, false
		}
		names[i] = unescaped
	}
	return names, true
}

func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

func pointer(names []string) string {
	var b strings.Builder
	for _, name := range names {
		b.WriteString("/" + escape(name))
	}
	return b.String()
}
