package settings

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
)

// The most elements of a list, members of an object, and of both in a file; and
// the longest text in bytes. They keep the search for the field to blame short.
const (
	maxElements = 1000
	maxMembers  = 100
	maxValues   = 20_000
	maxText     = 4096
)

// value is a part of the file and its place.
type value struct {
	node  *yaml.Node
	path  string // such as "issuers[0].leeway", or "" for the whole
	lines map[string]int
}

// fault is an error about the value.
func (v value) fault(format string, args ...any) error {
	return faultAt(v.node.Line, v.path, evidence.Errorf(token.ErrConfig, format, args...))
}

// faulty is an error about the value, or nil for nil.
func (v value) faulty(err error) error {
	if err == nil {
		return nil
	}
	return faultAt(v.node.Line, v.path, err)
}

// faultAt is an error at a place of a file. The line is 0 where it is not known.
func faultAt(line int, path string, err error) error {
	where := ""
	if line > 0 {
		where = fmt.Sprintf("line %d: ", line)
	}
	if path != "" {
		where += path + ": "
	}
	return evidence.OneLine(fmt.Errorf("settings: %s%w", where, err))
}

// lineOfPart is the line of a part, or of the nearest part around it.
func lineOfPart(lines map[string]int, path string) int {
	for path != "" && lines[path] == 0 {
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return lines[path]
}

// plain refuses what could make a value mean something else than it says.
func (v value) plain() error {
	switch {
	case v.node.Kind == yaml.AliasNode || v.node.Anchor != "":
		return v.fault("anchors and aliases are not read, want the value itself")
	case v.node.Style&yaml.TaggedStyle != 0:
		return v.fault("tags are not read, want the value without %s", printable.Value(v.node.Tag))
	}
	return nil
}

// kind is what the value is, as errors say it.
func (v value) kind() string {
	switch v.node.Kind {
	case yaml.MappingNode:
		return "an object"
	case yaml.SequenceNode:
		return "a list"
	}
	switch v.node.ShortTag() {
	case "!!str":
		return "text"
	case "!!bool":
		return "a boolean"
	case "!!null":
		return "no value"
	case "!!timestamp":
		return "a date"
	default:
		return "a number"
	}
}

// text reads a string that is not empty. Something else that could be meant as a
// string, such as a version number, is refused: 1.10 would become 1.1.
func (v value) text() (string, error) {
	if err := v.plain(); err != nil {
		return "", err
	}
	switch {
	case v.node.Kind == yaml.ScalarNode && len(v.node.Value) > maxText:
		return "", v.fault("text of %d bytes, want at most %d", len(v.node.Value), maxText)
	case v.node.Kind == yaml.ScalarNode && v.node.ShortTag() == "!!str":
		return v.node.Value, nil
	case v.node.Kind == yaml.ScalarNode && v.node.ShortTag() != "!!null":
		return "", v.fault("%s, want text; write it in quotes", v.kind())
	}
	return "", v.fault("%s, want text", v.kind())
}

// scalar reads a value that is not text, of the given type of YAML.
func (v value) scalar(tag, want string) (string, error) {
	if err := v.plain(); err != nil {
		return "", err
	}
	if v.node.Kind != yaml.ScalarNode || v.node.ShortTag() != tag {
		return "", v.fault("%s, want %s", v.kind(), want)
	}
	return v.node.Value, nil
}

// elements are those of a list.
func (v value) elements() ([]value, error) {
	if err := v.plain(); err != nil {
		return nil, err
	}
	switch {
	case v.node.Kind != yaml.SequenceNode:
		return nil, v.fault("%s, want a list", v.kind())
	case len(v.node.Content) > maxElements:
		return nil, v.fault("a list of %d, want at most %d", len(v.node.Content), maxElements)
	case len(v.lines) > maxValues:
		return nil, v.fault("more than %d values until here", maxValues)
	}
	list := make([]value, len(v.node.Content))
	for i, node := range v.node.Content {
		list[i] = v.part(node, fmt.Sprintf("%s[%d]", v.path, i))
	}
	return list, nil
}

// member is one of an object.
type member struct {
	name string
	value
}

// members are those of an object, of which there may be so many.
func (v value) members(most int) ([]member, error) {
	if err := v.plain(); err != nil {
		return nil, err
	}
	switch {
	case v.node.Kind != yaml.MappingNode:
		return nil, v.fault("%s, want an object", v.kind())
	case len(v.node.Content) > 2*most:
		return nil, v.fault("an object of %d fields, want at most %d", len(v.node.Content)/2, most)
	}
	var list []member
	for i := 0; i < len(v.node.Content); i += 2 {
		key, node := v.node.Content[i], v.node.Content[i+1]
		name, err := value{node: key, path: v.path}.text()
		if err != nil {
			return nil, err
		}
		m := member{name, v.part(node, below(v.path, name))}
		if slices.ContainsFunc(list, func(other member) bool { return other.name == name }) {
			return nil, faultAt(key.Line, m.path, evidence.Errorf(token.ErrConfig, "is there twice"))
		}
		v.lines[m.path] = key.Line
		list = append(list, m)
	}
	return list, nil
}

func (v value) part(node *yaml.Node, path string) value {
	v.lines[path] = node.Line
	return value{node: node, path: path, lines: v.lines}
}

var simple = regexp.MustCompile(`^[A-Za-z0-9_-]{1,60}$`)

// below is the path of a member.
func below(path, name string) string {
	if !simple.MatchString(name) {
		name = printable.Value(name)
	}
	return join(path, name)
}

func join(path, below string) string { return strings.TrimPrefix(path+"."+below, ".") }

// fields reads an object whose members have a form.
func (v value) fields(form []field) error {
	members, err := v.members(maxMembers)
	if err != nil {
		return err
	}
	for _, m := range members {
		if !slices.ContainsFunc(form, func(f field) bool { return f.name == m.name }) {
			return faultAt(v.lines[m.path], m.path, evidence.Errorf(token.ErrConfig, "unknown field, want one of %s", names(form)))
		}
	}
	for _, f := range form { // in this order, since a profile begins from its base
		i := slices.IndexFunc(members, func(m member) bool { return m.name == f.name })
		switch {
		case i < 0 && f.required:
			return v.fault("has no %s", f.name)
		case i < 0:
			continue
		}
		if err := f.read(members[i].value); err != nil {
			return err
		}
	}
	return nil
}

func names(form []field) string {
	list := make([]string, len(form))
	for i, f := range form {
		list[i] = f.name
	}
	return strings.Join(list, ", ")
}
