package mint

import (
	"encoding/json"
	"slices"
	"strings"
)

// Members are the members of a JSON object in the order in which they were
// first set, so that tokens read the same in every run.
type Members []member

type member struct {
	name  string
	value any
}

// Set sets a member, in its old place if there is one.
func (m *Members) Set(name string, value any) {
	if n := m.index(name); n >= 0 {
		(*m)[n].value = value
		return
	}
	*m = append(*m, member{name, value})
}

// Remove takes a member out.
func (m *Members) Remove(name string) {
	*m = slices.DeleteFunc(*m, func(e member) bool { return e.name == name })
}

// Get is the value of a member, or nil.
func (m Members) Get(name string) any {
	if n := m.index(name); n >= 0 {
		return m[n].value
	}
	return nil
}

func (m Members) index(name string) int {
	return slices.IndexFunc(m, func(e member) bool { return e.name == name })
}

// Text is the object in JSON. A json.RawMessage goes in as it is, even if
// it is not JSON.
func (m Members) Text() string {
	parts := make([]string, len(m))
	for n, e := range m {
		parts[n] = JSON(e.name) + ":" + JSON(e.value)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// JSON is the value as a member has it.
func JSON(value any) string {
	if raw, ok := value.(json.RawMessage); ok {
		return string(raw)
	}
	return string(Must(json.Marshal(value)))
}
