package claims

import (
	"slices"

	"github.com/postern-go/postern/internal/strict"
)

// fewLooked is how many of the claims that marks and sources look at have their
// place in the Payload itself, on the stack.
const fewLooked = 8

// looked holds the claims that marks and sources look at, by their place among
// Rules.names.
type looked struct {
	few  [fewLooked]strict.Value
	more []strict.Value
	// distributed names claims that the token does not carry and that are to be
	// had elsewhere (OpenID Connect Core §5.6.2): their absence says nothing.
	distributed strict.Value
}

func (l *looked) at(place int) *strict.Value {
	if place < fewLooked {
		return &l.few[place]
	}
	return &l.more[place-fewLooked]
}

// place is where a claim is: a member of the payload, or inside of one.
type place struct {
	top  int // of the first name among Rules.names
	path []string
}

// newPlace makes the place of a path with one name at least.
func (r *Rules) newPlace(path []string) place {
	top := slices.Index(r.names, path[0])
	if top < 0 {
		top = len(r.names)
		r.names = append(r.names, path[0])
	}
	return place{top, path}
}

// note keeps a claim that marks or sources look at.
func (r *Rules) note(p *Payload, name string, value strict.Value) {
	for i, each := range r.names {
		if each == name {
			*p.looked.at(i) = value
		}
	}
}

// find returns the claim at a place. known is false if the token does not tell:
// the path leads through something else than an object, or the claim is
// distributed.
func (p *Payload) find(at *place) (value strict.Value, known bool) {
	value = *p.looked.at(at.top)
	if isNothing(value) && p.looked.distributed.Kind != strict.Absent {
		elsewhere, read := member(p.looked.distributed, at.path[0])
		if !read || elsewhere.Kind != strict.Absent {
			return strict.Value{}, false
		}
	}
	for _, name := range at.path[1:] {
		if value, known = member(value, name); !known {
			return strict.Value{}, false
		}
	}
	return value, true
}

// member is that of an object, or nothing if there is no object. ok is false for
// a value of another kind.
func member(object strict.Value, name string) (value strict.Value, ok bool) {
	if isNothing(object) {
		return strict.Value{}, true
	}
	err := strict.Members(object.Raw, func(n string, v strict.Value) {
		if n == name {
			value = v
		}
	})
	return value, err == nil
}

func isNothing(v strict.Value) bool { return v.Kind == strict.Absent || v.Kind == strict.Null }
