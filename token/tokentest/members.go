package tokentest

import (
	"encoding/json"
	"slices"
	"strings"
)

// members are the members of a JSON object in the order in which they were
// first set, so that tokens read the same in every run.
type members []member

type member struct {
	name  string
	value any
}

func (m *members) set(name string, value any) {
	if n := m.index(name); n >= 0 {
		(*m)[n].value = value
		return
	}
	*m = append(*m, member{name, value})
}

func (m *members) remove(name string) {
	*m = slices.DeleteFunc(*m, func(e member) bool { return e.name == name })
}

func (m members) get(name string) any {
	if n := m.index(name); n >= 0 {
		return m[n].value
	}
	return nil
}

func (m members) index(name string) int {
	return slices.IndexFunc(m, func(e member) bool { return e.name == name })
}

// text is the object in JSON. A json.RawMessage goes in as it is, whatever it
// contains.
func (m members) text() string {
	parts := make([]string, len(m))
	for n, e := range m {
		parts[n] = jsonText(e.name) + ":" + jsonText(e.value)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func jsonText(value any) string {
	if raw, ok := value.(json.RawMessage); ok {
		return string(raw)
	}
	return string(must(json.Marshal(value)))
}
