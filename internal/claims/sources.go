package claims

import (
	"slices"
	"strings"

	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/internal/strict"
)

// Source is a claim with values. See token.Source.
type Source struct {
	Path  []string
	Shape Shape
}

// source is a Source made ready for use.
type source struct {
	place
	shape Shape
}

func (r *Rules) newSources(list []Source) []source {
	made := make([]source, len(list))
	for i, s := range list {
		made[i] = source{r.newPlace(s.Path), s.Shape}
	}
	return made
}

// set is one of Settings.Sets made ready for use.
type set struct {
	name    string
	sources []source
}

func (r *Rules) newSets() []set {
	var sets []set
	for name, list := range r.Sets {
		sets = append(sets, set{name, r.newSources(list)})
	}
	slices.SortFunc(sets, func(a, b set) int { return strings.Compare(a.name, b.name) })
	return sets
}

// HasSet reports whether the rules read a set of that name.
func (r *Rules) HasSet(name string) bool { return r.setIndex(name) >= 0 }

func (r *Rules) setIndex(name string) int {
	return slices.IndexFunc(r.sets, func(s set) bool { return s.name == name })
}

// readSets reads the sets of rights. One that cannot be read is nil, and not
// empty: it is not known which values the token has.
func (r *Rules) readSets(p *Payload) [][]string {
	if len(r.sets) == 0 {
		return nil
	}
	sets := make([][]string, len(r.sets))
	for i := range r.sets {
		sets[i] = r.sets[i].read(p)
	}
	return sets
}

func (s *set) read(p *Payload) []string {
	joined := []string{}
	for i := range s.sources {
		from := &s.sources[i]
		value, known := p.find(&from.place)
		if !known {
			return nil
		}
		if isNothing(value) {
			continue
		}
		values, ok := from.shape.limited(value)
		if !ok || len(joined)+len(values) > maxValues {
			return nil
		}
		joined = append(joined, values...)
	}
	return Unique(joined)
}

// readScope reads the scopes. No claim means no scope, never all.
func readScope(r *Rules, s *Set, c received) error {
	switch {
	case r.scopeClaim == "":
		s.Scopes = c.gathered.scopes
		return c.gathered.scopeFault
	case c.scope.Kind == strict.Absent:
		return nil
	}
	scopes, ok := r.Scopes[0].Shape.values(c.scope)
	if !ok {
		return r.wrongScope(r.Scopes[0].Path, r.Scopes[0].Shape.wanted(), c.scope)
	}
	s.Scopes = Unique(scopes)
	return nil
}

// joinScopes reads scopes from several places. No claim means no scope, never
// all; one of another shape rejects the token, as for a single place.
func (r *Rules) joinScopes(p *Payload) (joined []string, fault error) {
	for i := range r.scopes {
		from := &r.scopes[i]
		value, known := p.find(&from.place)
		if known && value.Kind == strict.Absent {
			continue
		}
		if !known {
			return nil, r.wrongScope(from.path, untold, value)
		}
		values, ok := from.shape.values(value)
		if !ok {
			return nil, r.wrongScope(from.path, from.shape.wanted(), value)
		}
		joined = append(joined, values...)
	}
	return Unique(joined), nil
}

func (r *Rules) wrongScope(path []string, want string, value strict.Value) error {
	return (&rejection.Error{Reason: rejection.Claim, Claim: Display(path), Want: want, Setting: r.ScopeSetting}).Saw(value)
}

// Values are those of a set. known is false if the token does not tell: the
// rules have no such set, or a claim of it could not be read.
func (s *Set) Values(name string) (values []string, known bool) {
	if s.Rules == nil {
		return nil, false
	}
	i := s.Rules.setIndex(name)
	if i < 0 || s.Sets[i] == nil {
		return nil, false
	}
	return s.Sets[i], true
}
