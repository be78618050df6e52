package token

import (
	"fmt"
	"maps"
	"slices"

	"github.com/postern-go/postern/internal/claims"
)

// Shape says how the values of a claim are written. A claim of another shape
// has no values, and neither has a list with anything but strings in it.
type Shape uint8

// The shapes. No shape reads two spellings but those that say "or".
const (
	// ShapeDefault is ShapeText in a Mark, ShapeWords in Profile.Scopes and
	// ShapeList in Profile.Sets.
	ShapeDefault = Shape(claims.Default)
	// ShapeText is a string that is one value.
	ShapeText = Shape(claims.Text)
	// ShapeWords is a string of values separated by spaces (RFC 9068 §2.2.3).
	ShapeWords = Shape(claims.Words)
	// ShapeList is an array of strings.
	ShapeList = Shape(claims.List)
	// ShapeWordsOrList is either of the two: some issuers write one scope as a
	// string and several as an array.
	ShapeWordsOrList = Shape(claims.WordsOrList)
	// ShapeTextOrList is a string that is one value, or an array of strings.
	ShapeTextOrList = Shape(claims.TextOrList)
	// ShapeKeys is an object. The names of its members are the values.
	ShapeKeys = Shape(claims.Keys)
	// ShapeBoolean is true or false, which have the values "true" and "false".
	// It is for a Mark alone.
	ShapeBoolean = Shape(claims.Boolean)
)

// String is "default", "text", "words", "list", "words or list", "text or
// list", "keys" or "boolean", and "unknown" for any other number.
func (s Shape) String() string {
	if s > ShapeBoolean {
		return "unknown"
	}
	return [...]string{"default", "text", "words", "list", "words or list", "text or list", "keys", "boolean"}[s]
}

// Source is a claim with rights in it. Exactly one of Claim and Path says where
// it is.
type Source struct {
	// Claim names a claim at the top level of the token.
	Claim string
	// Path leads to a claim inside of others: the names of the members, from the
	// top level on, such as {"realm_access", "roles"}. A name may contain dots and
	// slashes. A path has at most eight names and leads through objects only.
	Path []string
	// Shape says how its values are written.
	Shape Shape
}

const (
	maxPath    = 8
	maxSources = 8
	maxSets    = 16
	maxLooked  = 64
)

// path is where a claim is, by either of its two spellings.
func path(claim string, names []string) []string {
	if names == nil {
		return []string{claim}
	}
	return slices.Clone(names)
}

// faultOfPath describes the fault of a place, or returns "".
func faultOfPath(claim string, names []string) string {
	switch {
	case claim == "" && len(names) == 0:
		return "names no claim"
	case claim != "" && names != nil:
		return "has Claim and Path, want one of them"
	case len(names) > maxPath:
		return fmt.Sprintf("has a path of %d names, want at most %d", len(names), maxPath)
	case slices.Contains(names, ""):
		return "has an empty name in its path"
	}
	return ""
}

// sources are those of a Profile in the form of package claims.
func sources(list []Source, usual Shape) []claims.Source {
	made := make([]claims.Source, len(list))
	for i, s := range list {
		if s.Shape == ShapeDefault {
			s.Shape = usual
		}
		made[i] = claims.Source{Path: path(s.Claim, s.Path), Shape: claims.Shape(s.Shape)}
	}
	return made
}

// scopes are the places of scopes, and the name of the setting that says so.
func (p Profile) scopes() (list []claims.Source, setting string) {
	if p.Scopes != nil {
		return sources(p.Scopes, ShapeWords), "Config.Profile.Scopes"
	}
	shape := claims.Words
	if p.ScopeList {
		shape = claims.List
	}
	return []claims.Source{{Path: []string{p.scopeClaim()}, Shape: shape}}, "Config.Profile.ScopeList, or Scopes for either shape"
}

// readsScopesFrom reports whether scopes are in a claim at the top level, or
// inside of it.
func (p Profile) readsScopesFrom(name string) bool {
	list, _ := p.scopes()
	return slices.ContainsFunc(list, func(s claims.Source) bool { return s.Path[0] == name })
}

func (p Profile) sets() map[string][]claims.Source {
	made := make(map[string][]claims.Source, len(p.Sets))
	for name, list := range p.Sets {
		made[name] = sources(list, ShapeList)
	}
	return made
}

func (p Profile) validateSources() error {
	if p.Scopes != nil && (p.ScopeClaim != "" || p.ScopeList) {
		return fmt.Errorf("%w: Profile.Scopes replaces ScopeClaim and ScopeList, want one or the other", ErrConfig)
	}
	if err := validateSources("Scopes", p.Scopes); err != nil {
		return err
	}
	for i, s := range p.Scopes {
		if name := path(s.Claim, s.Path)[0]; holdsNoScopes(name) || name == p.clientIDClaim() {
			return fmt.Errorf("%w: Profile.Scopes[%d] is about claim %s, which means something else", ErrConfig, i, shown(s.Claim, s.Path))
		}
	}
	if len(p.Sets) > maxSets {
		return fmt.Errorf("%w: Profile.Sets has %d sets, want at most %d", ErrConfig, len(p.Sets), maxSets)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Sets)) {
		if name == "" || len(p.Sets[name]) == 0 {
			return fmt.Errorf("%w: Profile.Sets[%+q] has no name or no source", ErrConfig, name)
		}
		if err := validateSources(fmt.Sprintf("Sets[%+q]", name), p.Sets[name]); err != nil {
			return err
		}
	}
	return nil
}

// validateLooked bounds the work for each claim of a token.
func (p Profile) validateLooked() error {
	tops := map[string]bool{}
	for _, m := range slices.Concat(p.Rules, p.Users, p.Clients) {
		tops[path(m.Claim, m.Path)[0]] = true
	}
	for _, list := range append(slices.Collect(maps.Values(p.Sets)), p.Scopes) {
		for _, s := range list {
			tops[path(s.Claim, s.Path)[0]] = true
		}
	}
	if len(tops) > maxLooked {
		return fmt.Errorf("%w: Profile.Rules and the other fields look at %d claims, want at most %d", ErrConfig, len(tops), maxLooked)
	}
	return nil
}

func validateSources(field string, list []Source) error {
	if list != nil && len(list) == 0 || len(list) > maxSources {
		return fmt.Errorf("%w: Profile.%s has %d sources, want from one to %d", ErrConfig, field, len(list), maxSources)
	}
	for i, s := range list {
		fault := faultOfPath(s.Claim, s.Path)
		switch {
		case fault != "":
		case s.Shape > ShapeKeys:
			fault = "has the shape " + s.Shape.String() + ", which no list of rights has"
		case slices.Contains(registered, path(s.Claim, s.Path)[0]):
			fault = "looks at a claim that means something else"
		}
		if fault != "" {
			return fmt.Errorf("%w: Profile.%s[%d], about claim %s, %s", ErrConfig, field, i, shown(s.Claim, s.Path), fault)
		}
	}
	return nil
}

// shown is a place as errors show it.
func shown(claim string, names []string) string {
	if names == nil {
		return fmt.Sprintf("%+q", claim)
	}
	return fmt.Sprintf("%+q", names)
}
