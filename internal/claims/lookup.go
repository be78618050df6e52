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
	elsewhere   uint64  // bit i: distributed has Rules.names[i], of which a Profile has 64 at most
	inner       []inner // by their place among Rules.inner
}

func (l *looked) at(place int) *strict.Value {
	if place < fewLooked {
		return &l.few[place]
	}
	return &l.more[place-fewLooked]
}

// inner is a claim inside of another one. known is as for Payload.find.
type inner struct {
	value strict.Value
	known bool
}

// name is that of a claim inside of another one.
type name struct {
	text   string
	within []int // the claims inside of it, by their place among Rules.inner
}

// place is where a claim is: a member of the payload, or inside of one.
type place struct {
	top   int // of the first name among Rules.names
	inner int // of the last one among Rules.inner, or -1 if there is one name only
	path  []string
}

// newPlace makes the place of a path with one name at least.
func (r *Rules) newPlace(path []string) place {
	top := slices.Index(r.names, path[0])
	if top < 0 {
		top = len(r.names)
		r.names, r.within = append(r.names, path[0]), append(r.within, nil)
	}
	at, within := -1, &r.within[top]
	for _, text := range path[1:] {
		i := slices.IndexFunc(*within, func(i int) bool { return r.inner[i].text == text })
		if i >= 0 {
			at = (*within)[i]
		} else {
			at = len(r.inner)
			*within = append(*within, at)
			r.inner = append(r.inner, name{text: text})
		}
		within = &r.inner[at].within
	}
	return place{top, at, path}
}

// note keeps a claim that marks or sources look at.
func (r *Rules) note(p *Payload, name string, value strict.Value) {
	for i, each := range r.names {
		if each == name {
			*p.looked.at(i) = value
		}
	}
}

// look reads the objects in which marks and sources look, each of them once
// however many do: a token may consist of one of them.
func (r *Rules) look(p *Payload) {
	if !isNothing(p.looked.distributed) {
		err := strict.Members(p.looked.distributed.Raw, func(name string, _ strict.Value) {
			if i := slices.Index(r.names, name); i >= 0 {
				p.looked.elsewhere |= 1 << i
			}
		})
		if err != nil {
			p.looked.elsewhere = ^uint64(0)
		}
	}
	if len(r.inner) == 0 {
		return
	}
	p.looked.inner = make([]inner, len(r.inner))
	for i, within := range r.within {
		value, known := p.top(i)
		r.lookInside(p, inner{value, known}, within)
	}
}

// lookInside looks for claims inside of one.
func (r *Rules) lookInside(p *Payload, claim inner, within []int) {
	if claim.known && !isNothing(claim.value) && len(within) > 0 {
		err := strict.Members(claim.value.Raw, func(name string, value strict.Value) {
			for _, i := range within {
				if r.inner[i].text == name {
					p.looked.inner[i].value = value
				}
			}
		})
		claim.known = err == nil
	}
	for _, i := range within {
		p.looked.inner[i].known = claim.known
		r.lookInside(p, p.looked.inner[i], r.inner[i].within)
	}
}

// top is the claim at the top level.
func (p *Payload) top(i int) (value strict.Value, known bool) {
	value = *p.looked.at(i)
	if isNothing(value) && p.looked.elsewhere&(1<<i) != 0 {
		return strict.Value{}, false
	}
	return value, true
}

// find returns the claim at a place. known is false if the token does not tell:
// the path leads through something else than an object, or the claim is
// distributed.
func (p *Payload) find(at *place) (value strict.Value, known bool) {
	if at.inner < 0 {
		return p.top(at.top)
	}
	found := &p.looked.inner[at.inner]
	return found.value, found.known
}

// untold is what an operator reads who would otherwise read that a claim is
// absent.
const untold = "a token that tells: it is distributed, or inside of something else than an object"

func isNothing(v strict.Value) bool { return v.Kind == strict.Absent || v.Kind == strict.Null }
