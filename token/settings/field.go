package settings

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/token"
)

// field is a field of an object, which it reads from a file and writes to one.
type field struct {
	name     string
	read     func(value) error
	write    func() *yaml.Node // nil for the zero value, which is left out
	required bool
}

// required is a field that must be there.
func required(f field) field {
	f.required = true
	return f
}

func text(name string, at *string) field {
	return field{name: name, read: func(v value) (err error) {
		*at, err = v.text()
		if err == nil && *at == "" {
			err = v.fault("is empty; leave it out for the default")
		}
		return err
	}, write: func() *yaml.Node {
		if *at == "" {
			return nil
		}
		return scalarNode("!!str", *at)
	}}
}

func texts(name string, at *[]string) field {
	return field{name: name, read: func(v value) error {
		list, err := v.elements()
		if err != nil {
			return err
		}
		*at = make([]string, len(list))
		for i, element := range list {
			if (*at)[i], err = element.text(); err != nil {
				return err
			}
		}
		return nil
	}, write: func() *yaml.Node {
		if *at == nil {
			return nil
		}
		node := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, element := range *at {
			node.Content = append(node.Content, scalarNode("!!str", element))
		}
		return node
	}}
}

// filled is a list that must not be empty, since that would mean the default.
func filled(f field) field {
	read := f.read
	f.read = func(v value) error {
		if v.node.Kind == yaml.SequenceNode && len(v.node.Content) == 0 {
			return v.fault("is empty; leave it out for the default")
		}
		return read(v)
	}
	return f
}

func flag(name string, at *bool) field {
	return field{name: name, read: func(v value) error {
		said, err := v.scalar("!!bool", "true or false")
		*at = said == "true"
		if err == nil && said != "true" && said != "false" {
			err = v.fault("want true or false, in lower case")
		}
		return err
	}, write: func() *yaml.Node {
		if !*at {
			return nil
		}
		return scalarNode("!!bool", "true")
	}}
}

// whole is a number. Zero is refused, since it would mean the default.
func whole(name string, at *int) field {
	return field{name: name, read: func(v value) error {
		said, err := v.scalar("!!int", "a whole number")
		if err != nil {
			return err
		}
		*at, err = strconv.Atoi(said)
		if err != nil || strconv.Itoa(*at) != said {
			return v.fault("want a whole number in decimal digits")
		}
		if *at == 0 {
			return v.fault("0 would mean the default; leave it out for that, and see the documentation of the field for none")
		}
		return nil
	}, write: func() *yaml.Node {
		if *at == 0 {
			return nil
		}
		return scalarNode("!!int", strconv.Itoa(*at))
	}}
}

// duration is a text such as "1m30s". Zero is refused, since it would mean the
// default and not none.
func duration(name string, at *time.Duration) field {
	return field{name: name, read: func(v value) error {
		if v.node.Kind == yaml.ScalarNode && v.node.ShortTag() != "!!str" {
			return v.fault("%s, want a duration such as 30s", v.kind())
		}
		said, err := v.text()
		if err != nil {
			return err
		}
		*at, err = time.ParseDuration(said)
		if err != nil {
			return v.fault("not a duration, want one such as 30s, 1m30s or 24h")
		}
		if *at == 0 {
			return v.fault("0 would mean the default; leave it out for that, and see the documentation of the field for none")
		}
		return nil
	}, write: func() *yaml.Node {
		if *at == 0 {
			return nil
		}
		return scalarNode("!!str", at.String())
	}}
}

// ParseShape reads a shape as a file says it, which is as Shape.String does. The
// default shape has no name. An error matches token.ErrConfig.
func ParseShape(text string) (token.Shape, error) {
	for s := token.ShapeText; s <= token.ShapeBoolean; s++ {
		if s.String() == text {
			return s, nil
		}
	}
	return token.ShapeDefault, evidence.Errorf(token.ErrConfig, "unknown shape, want text, words, list, words or list, text or list, keys, or boolean")
}

func shape(at *token.Shape) field {
	return field{name: "shape", read: func(v value) error {
		said, err := v.text()
		if err != nil {
			return err
		}
		*at, err = ParseShape(said)
		return v.faulty(err)
	}, write: func() *yaml.Node {
		if *at == token.ShapeDefault {
			return nil
		}
		return scalarNode("!!str", at.String())
	}}
}

// objects is a list of objects that have a form each.
func objects[T any](name string, at *[]T, form func(*T) []field, style yaml.Style) field {
	return field{name: name, read: func(v value) error {
		list, err := v.elements()
		if err != nil {
			return err
		}
		*at = make([]T, len(list))
		for i, element := range list {
			if err := element.fields(form(&(*at)[i])); err != nil {
				return err
			}
		}
		return nil
	}, write: func() *yaml.Node {
		if *at == nil {
			return nil
		}
		node := &yaml.Node{Kind: yaml.SequenceNode}
		for i := range *at {
			node.Content = append(node.Content, objectNode(form(&(*at)[i]), style))
		}
		return node
	}}
}

// object is one object that has a form.
func object(name string, form []field) field {
	return field{name: name, read: func(v value) error { return v.fields(form) }, write: func() *yaml.Node {
		node := objectNode(form, 0)
		if len(node.Content) == 0 {
			return nil
		}
		return node
	}}
}

// named are values by names of the user's choice, each as the field that of makes
// for it.
func named[T any](name string, at *map[string]T, of func(name string, at *T) field) field {
	return field{name: name, read: func(v value) error {
		members, err := v.members(maxMembers)
		if err != nil {
			return err
		}
		*at = make(map[string]T, len(members))
		for _, m := range members {
			var one T
			if err := of(m.name, &one).read(m.value); err != nil {
				return err
			}
			(*at)[m.name] = one
		}
		return nil
	}, write: func() *yaml.Node {
		if *at == nil {
			return nil
		}
		node := &yaml.Node{Kind: yaml.MappingNode}
		for _, key := range slices.Sorted(maps.Keys(*at)) {
			one := (*at)[key]
			node.Content = append(node.Content, scalarNode("!!str", key), of(key, &one).write())
		}
		return node
	}}
}

// sets are lists of sources by name.
func sets(name string, at *map[string][]token.Source) field {
	return named(name, at, func(set string, list *[]token.Source) field { return objects(set, list, sourceForm, yaml.FlowStyle) })
}

func scalarNode(tag, text string) *yaml.Node {
	node := &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: text}
	if strings.ContainsAny(text, otherLines) {
		node.Style = yaml.DoubleQuotedStyle // the only one with escapes
	}
	return node
}

func objectNode(form []field, style yaml.Style) *yaml.Node {
	node := &yaml.Node{Kind: yaml.MappingNode, Style: style}
	for _, f := range form {
		if written := f.write(); written != nil {
			node.Content = append(node.Content, scalarNode("!!str", f.name), written)
		}
	}
	return node
}
