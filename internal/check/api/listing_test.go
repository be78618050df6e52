package api_test

import (
	"fmt"
	"go/types"
	"regexp"
	"slices"
	"strings"
)

// listing is the API of a package as users can see it: its import path, and a
// line for each exported name, with those of fields and methods below it. What
// is promoted from embedded types is part of it.
func listing(p *types.Package) []string {
	lines := []string{p.Path()}
	for _, name := range p.Scope().Names() {
		if o := p.Scope().Lookup(name); o.Exported() {
			for _, line := range describe(o) {
				lines = append(lines, "\t"+unnamed.ReplaceAllString(line, ""))
			}
		}
	}
	return lines
}

// unnamed is what the compiler calls a result without a name.
var unnamed = regexp.MustCompile(`#rv[0-9]+ `)

// describe is a line for the name, and one for each of its fields and methods.
func describe(o types.Object) []string {
	name, ok := o.(*types.TypeName)
	if !ok {
		line := types.ObjectString(o, within(o.Pkg()))
		if c, ok := o.(*types.Const); ok {
			line = fmt.Sprintf("const %s %s = %s", c.Name(), types.TypeString(c.Type(), within(o.Pkg())), c.Val().ExactString())
		}
		return []string{line}
	}
	named, ok := name.Type().(*types.Named)
	if !ok || name.IsAlias() {
		return []string{types.ObjectString(name, within(o.Pkg()))}
	}
	return slices.Concat(members(named), methods(named))
}

// members are the type itself and what it is made of.
func members(named *types.Named) []string {
	qualify := within(named.Obj().Pkg())
	head := "type " + types.TypeString(named, qualify)
	var kind string
	var parts []string
	switch u := named.Underlying().(type) {
	case *types.Struct:
		kind, parts = "struct", fields(u, qualify)
	case *types.Interface:
		kind, parts = "interface", demands(u, qualify)
	default:
		return []string{head + " " + types.TypeString(u, qualify)}
	}
	slices.Sort(parts)
	lines := []string{head + " " + kind}
	if i, ok := named.Underlying().(*types.Interface); ok && isSealed(i) {
		lines[0] += ", that other packages cannot implement"
	}
	for _, part := range slices.Compact(parts) {
		lines = append(lines, head+" "+kind+": "+part)
	}
	return lines
}

// fields are the exported ones, with those that are promoted from embedded
// structs. One of the same name further out hides one further in.
func fields(s *types.Struct, qualify types.Qualifier) (lines []string) {
	hidden := map[string]bool{}
	for level := []*types.Struct{s}; len(level) > 0; {
		var next []*types.Struct
		for _, s := range level {
			for i := range s.NumFields() {
				f := s.Field(i)
				if f.Exported() && !hidden[f.Name()] {
					lines = append(lines, field(f, s.Tag(i), qualify))
				}
				hidden[f.Name()] = true
				if inner, ok := embedded(f); ok {
					next = append(next, inner)
				}
			}
		}
		level = next
	}
	return lines
}

func field(f *types.Var, tag string, qualify types.Qualifier) string {
	line := f.Name() + " " + types.TypeString(f.Type(), qualify)
	if tag != "" {
		line += " `" + tag + "`"
	}
	return line
}

// embedded is the struct that a field embeds. A type of another package lists
// its own fields, and one that embeds itself by a pointer ends nowhere.
func embedded(f *types.Var) (*types.Struct, bool) {
	if !f.Embedded() {
		return nil, false
	}
	named, ok := f.Type().(*types.Named)
	if !ok || named.Obj().Pkg() != f.Pkg() {
		return nil, false
	}
	s, ok := named.Underlying().(*types.Struct)
	return s, ok
}

// demands are the methods that an implementation must have, those of embedded
// interfaces included.
func demands(i *types.Interface, qualify types.Qualifier) (lines []string) {
	for m := range i.Methods() {
		if m.Exported() {
			lines = append(lines, m.Name()+signature(m.Type(), qualify))
		}
	}
	return lines
}

// isSealed reports whether an interface has an unexported method.
func isSealed(i *types.Interface) bool {
	for m := range i.Methods() {
		if !m.Exported() {
			return true
		}
	}
	return false
}

// methods are the exported ones of a type, promoted ones included.
func methods(named *types.Named) (lines []string) {
	if types.IsInterface(named) {
		return nil
	}
	qualify := within(named.Obj().Pkg())
	ofValue := types.NewMethodSet(named)
	for m := range types.NewMethodSet(types.NewPointer(named)).Methods() {
		if !m.Obj().Exported() {
			continue
		}
		receiver := "*" + named.Obj().Name()
		if ofValue.Lookup(m.Obj().Pkg(), m.Obj().Name()) != nil {
			receiver = named.Obj().Name()
		}
		lines = append(lines, fmt.Sprintf("func (%s) %s%s", receiver, m.Obj().Name(), signature(m.Type(), qualify)))
	}
	return lines
}

// signature is that of a function without its name.
func signature(t types.Type, qualify types.Qualifier) string {
	return strings.TrimPrefix(types.TypeString(t, qualify), "func")
}

// within writes names of the package itself as its source does, and others
// with the name of their package.
func within(own *types.Package) types.Qualifier {
	return func(p *types.Package) string {
		if p == own {
			return ""
		}
		return p.Name()
	}
}
