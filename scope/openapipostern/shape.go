package openapipostern

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

// checkShape looks at what cannot be seen any more once the document is in Go
// types: a security of null, which becomes the same as none, and fields beside
// the $ref of a path item, which take the place of those that it refers to.
func checkShape(root *yaml.Node) error {
	if err := checkItems(member(root, "paths"), isExtension); err != nil {
		return err
	}
	// A component may be called x-..., and is no extension then.
	if err := checkItems(member(member(root, "components"), "pathItems"), func(string) bool { return false }); err != nil {
		return err
	}
	return checkSecurity(member(root, "security"))
}

func checkItems(items *yaml.Node, other func(name string) bool) error {
	if items == nil || items.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(items.Content); i += 2 {
		name, item := items.Content[i], items.Content[i+1]
		if other(name.Value) {
			continue
		}
		if err := checkItem(name.Value, item); err != nil {
			return err
		}
	}
	return nil
}

func checkItem(name string, item *yaml.Node) error {
	if item.Kind != yaml.MappingNode {
		return wrong(lineOf(item.Line), "the path item %s is no object", quoted(name))
	}
	target := member(item, "$ref")
	if target != nil && !isComponent(target.Value) {
		return wrong(lineOf(target.Line), "the path item %s refers to %s, want one of this document: #/components/pathItems/...", quoted(name), quoted(target.Value))
	}
	for i := 0; i+1 < len(item.Content); i += 2 {
		field, value := item.Content[i], item.Content[i+1]
		switch {
		case isExtension(field.Value) || describes(field.Value):
		case field.Value == "servers":
			return wrong(lineOf(field.Line), "the path item %s has servers of its own", quoted(name))
		case target != nil:
			return wrong(lineOf(field.Line), "the path item %s has %s beside its $ref", quoted(name), quoted(field.Value))
		case field.Value == "parameters":
		case field.Value == additional:
			if err := checkOperations(value); err != nil {
				return err
			}
		default:
			if err := checkOperation(value); err != nil {
				return err
			}
		}
	}
	return nil
}

// isComponent reports whether a $ref leads to a path item among the components,
// and to nothing inside of one: what is there has not been checked.
func isComponent(ref string) bool {
	const in = "-._0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	name, ok := strings.CutPrefix(ref, "#/components/pathItems/")
	return ok && !strings.ContainsFunc(name, func(r rune) bool { return !strings.ContainsRune(in, r) })
}

// additional is the field of a path item with operations by their own methods
// (OpenAPI 3.2).
const additional = "additionalOperations"

func isExtension(field string) bool { return strings.HasPrefix(field, "x-") }

// describes reports whether a field of a path item may stand beside a $ref.
func describes(field string) bool {
	return field == "$ref" || field == "summary" || field == "description"
}

func checkOperations(methods *yaml.Node) error {
	if methods.Kind != yaml.MappingNode {
		return wrong(lineOf(methods.Line), "%s is no object", additional)
	}
	for i := 0; i+1 < len(methods.Content); i += 2 {
		if err := checkOperation(methods.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func checkOperation(operation *yaml.Node) error {
	if operation.Kind != yaml.MappingNode {
		return wrong(lineOf(operation.Line), "an operation is no object")
	}
	if servers := member(operation, "servers"); servers != nil {
		return wrong(lineOf(servers.Line), "an operation has servers of its own")
	}
	return checkSecurity(member(operation, "security"))
}

// checkSecurity wants a list of objects with lists of text, or nil. An entry
// of null would be read as an object without members, which asks for nothing.
func checkSecurity(security *yaml.Node) error {
	if security == nil {
		return nil
	}
	if security.Kind != yaml.SequenceNode {
		return wrong(lineOf(security.Line), "security is no list; [] says that the operation is public")
	}
	for _, requirement := range security.Content {
		if requirement.Kind != yaml.MappingNode {
			return wrong(lineOf(requirement.Line), "an entry of security is no object; {} says that no token is needed")
		}
		for i := 1; i < len(requirement.Content); i += 2 {
			if scopes := requirement.Content[i]; scopes.Kind != yaml.SequenceNode {
				return wrong(lineOf(scopes.Line), "the scopes of scheme %s are no list; [] asks for none", quoted(requirement.Content[i-1].Value))
			}
		}
	}
	return nil
}

// isOperation reports whether a JSON pointer is that of an operation that
// becomes a route.
func isOperation(pointer string) bool {
	below, ok := strings.CutPrefix(pointer, "/paths/")
	if ok && isExtension(below) {
		return false
	}
	if !ok {
		below, ok = strings.CutPrefix(pointer, "/components/pathItems/")
	}
	if !ok {
		return false
	}
	parts := strings.Split(below, "/")
	if len(parts) == 3 && parts[1] == additional {
		return true
	}
	return len(parts) == 2 && !isExtension(parts[1]) && parts[1] != additional && parts[1] != "parameters" && parts[1] != "servers"
}
