package settings

import (
	"errors"
	"fmt"
	"slices"
	"sort"

	"go.yaml.in/yaml/v3"

	"github.com/postern-go/postern/token"
)

// locate gives the error of check its place in the file. The checks of a Config
// know no file: the field to blame is found by leaving out the others.
func (f *File) locate(root *yaml.Node, err error) error {
	var l *located
	if !errors.As(err, &l) {
		return err
	}
	path := l.path
	issuers := root.Content[slices.IndexFunc(root.Content, func(n *yaml.Node) bool { return n.Value == "issuers" })+1]
	for i := range f.Issuers {
		if path == fmt.Sprintf("issuers[%d]", i) {
			path = blameIssuer(issuers.Content[i], path, l.err.Error())
		}
	}
	return faultAt(lineOfPart(f.lines, path), path, l.err)
}

// blameIssuer returns the path of the part of an issuer's text that an error is
// about. No issuer can do without an audience, so that it is ruled out first.
func blameIssuer(n *yaml.Node, path, text string) string {
	same := func(n *yaml.Node) bool { return problem(n) == text }
	audience := slices.IndexFunc(n.Content, func(key *yaml.Node) bool { return key.Value == "audience" }) + 1
	replaced := func(part *yaml.Node) *yaml.Node { return with(n, replace(n.Content, audience, part)) }
	other := &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{scalarNode("!!str", "any")}}
	if !same(replaced(other)) {
		return blame(n.Content[audience], below(path, "audience"), func(part *yaml.Node) bool { return same(replaced(part)) })
	}
	return blame(replaced(other), path, same)
}

// problem is the error in the text of an issuer, or "".
func problem(n *yaml.Node) string {
	var i Issuer
	err := value{node: n, lines: map[string]int{}}.fields(issuerForm(&i))
	if err == nil {
		err = i.check()
	}
	if err == nil {
		return ""
	}
	return err.Error()
}

// blame returns the path of the part of n that an error is about. same reports
// whether the error stays the same with another node in place of n.
func blame(n *yaml.Node, path string, same func(*yaml.Node) bool) string {
	switch n.Kind {
	case yaml.MappingNode:
		return blameMember(shrink(n, same), path, same)
	case yaml.SequenceNode:
		return blameElement(n, path, same)
	}
	return path
}

// shrink leaves out the members that the error does not need.
func shrink(n *yaml.Node, same func(*yaml.Node) bool) *yaml.Node {
	for i := len(n.Content) - 2; i >= 0; i -= 2 {
		if less := with(n, slices.Delete(slices.Clone(n.Content), i, i+2)); same(less) {
			n = less
		}
	}
	return n
}

// blameMember follows one of the members, all of which the error needs: that with
// the last field of the form, since those before are more general.
func blameMember(n *yaml.Node, path string, same func(*yaml.Node) bool) string {
	if len(n.Content) == 0 {
		return path
	}
	order := order()
	last := 0
	for i := 0; i < len(n.Content); i += 2 {
		if slices.Index(order, n.Content[i].Value) >= slices.Index(order, n.Content[last].Value) {
			last = i
		}
	}
	return blame(n.Content[last+1], below(path, n.Content[last].Value), func(part *yaml.Node) bool {
		return same(with(n, replace(n.Content, last+1, part)))
	})
}

// order is the names of all fields, from general to special. The audience is there
// only because it must be.
func order() []string {
	list := []string{"audience"}
	for _, form := range [][]field{issuerForm(&Issuer{}), keysForm(&Keys{}), profileForm(&token.Profile{}), markForm(&token.Mark{})} {
		for _, f := range form {
			if f.name != "audience" {
				list = append(list, f.name)
			}
		}
	}
	return list
}

// blameElement follows the last element of the shortest list with the error.
func blameElement(n *yaml.Node, path string, same func(*yaml.Node) bool) string {
	short := sort.Search(len(n.Content), func(count int) bool { return same(with(n, n.Content[:count])) })
	if short == 0 {
		return path
	}
	return blame(n.Content[short-1], fmt.Sprintf("%s[%d]", path, short-1), func(part *yaml.Node) bool {
		return same(with(n, replace(n.Content[:short], short-1, part)))
	})
}

func replace(content []*yaml.Node, i int, part *yaml.Node) []*yaml.Node {
	content = slices.Clone(content)
	content[i] = part
	return content
}

func with(n *yaml.Node, content []*yaml.Node) *yaml.Node {
	changed := *n
	changed.Content = content
	return &changed
}
