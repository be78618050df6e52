package settings

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// place is where a claim is: its name, or a JSON Pointer (RFC 6901), which begins
// with a slash.
func place(claim *string, path *[]string) field {
	return field{name: "claim", read: func(v value) error {
		said, err := v.text()
		switch {
		case err != nil:
			return err
		case said == "":
			return v.fault("is empty, want the name of a claim")
		case said[0] != '/':
			*claim = said
			return nil
		}
		names, ok := parsePointer(said)
		if !ok {
			return v.fault("not a JSON Pointer: in one, ~ is written ~0, and a slash inside of a name ~1")
		}
		*path = names
		return nil
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
