package mint

import "maps"

// At is the value that a path of member names leads to, or nil. Beyond the top
// level it sees objects of type map[string]any.
func (m Members) At(path []string) any {
	value := m.Get(path[0])
	for _, name := range path[1:] {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}

// SetAt sets the value that a path leads to. What stands in the way becomes an
// object.
func (m *Members) SetAt(path []string, value any) {
	m.Set(path[0], changed(m.Get(path[0]), path[1:], func(object map[string]any, name string) { object[name] = value }, value))
}

// RemoveAt takes the value out that a path leads to.
func (m *Members) RemoveAt(path []string) {
	if m.At(path) == nil {
		return
	}
	if len(path) == 1 {
		m.Remove(path[0])
		return
	}
	m.Set(path[0], changed(m.Get(path[0]), path[1:], func(object map[string]any, name string) { delete(object, name) }, nil))
}

// changed is the value with a change to the object that the path ends in, or
// the other value if there is no path. What edits share is not written to.
func changed(value any, path []string, change func(object map[string]any, name string), other any) any {
	if len(path) == 0 {
		return other
	}
	object, _ := value.(map[string]any)
	object = maps.Clone(object)
	if object == nil {
		object = map[string]any{}
	}
	if len(path) == 1 {
		change(object, path[0])
		return object
	}
	object[path[0]] = changed(object[path[0]], path[1:], change, other)
	return object
}
