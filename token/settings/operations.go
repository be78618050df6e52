package settings

import (
	"fmt"
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/scope"
)

// Table returns the table of the operations in the file. Their texts are read by
// scope.ParsePolicy, with own, the rules of the program's own that they may name.
// A program whose file has operations must call it, since Parse cannot know those
// rules and does not read the texts. An error matches token.ErrConfig: the file has
// no operations, a text does not read as a policy, or a name is not one.
//
// Call scope.Table.Require before routes are made of it, and scope.Table.Audit once
// they are.
func (f *File) Table(own ...scope.Policy) (*scope.Table, error) {
	if _, err := scope.ReadTable(nil, own...); err != nil {
		return nil, evidence.OneLine(fmt.Errorf("settings: %w", err))
	}
	if f == nil || len(f.Operations) == 0 {
		return nil, f.placed(at("operations", "no operations, so no call could pass"))
	}
	for _, name := range slices.Sorted(maps.Keys(f.Operations)) {
		if _, err := scope.ReadTable(map[string]string{name: f.Operations[name]}, own...); err != nil {
			return nil, f.placed(&located{below("operations", name), bare(err)})
		}
	}
	table, err := scope.ReadTable(f.Operations, own...)
	if err != nil {
		return nil, f.placed(&located{"operations", bare(err)})
	}
	return table, nil
}

// textsByName are texts by names of the user's choice, at least one.
func textsByName(name string, at *map[string]string) field {
	return field{name: name, read: func(v value) error {
		members, err := v.members(maxElements)
		if err != nil {
			return err
		}
		if len(members) == 0 {
			return v.fault("is empty; leave it out for none")
		}
		*at = make(map[string]string, len(members))
		for _, m := range members {
			if (*at)[m.name], err = m.text(); err != nil {
				return err
			}
		}
		return nil
	}, write: func() *yaml.Node {
		if *at == nil {
			return nil
		}
		node := &yaml.Node{Kind: yaml.MappingNode}
		for _, each := range slices.Sorted(maps.Keys(*at)) {
			node.Content = append(node.Content, scalarNode("!!str", each), scalarNode("!!str", (*at)[each]))
		}
		return node
	}}
}
