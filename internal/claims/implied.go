package claims

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/internal/scopetoken"
)

// maxImplied is how many pairs of a scope and one that it implies there may be,
// directly or through others.
const maxImplied = 4096

// Implied says which scopes imply which others. It is immutable. A nil *Implied
// says that none does.
type Implied struct {
	declared map[string][]string
	larger   map[string][]string // by scope: all that imply it, sorted
}

// NewImplied checks what each scope is declared to imply, and adds what follows
// through others. It copies the map. It returns nil if nothing is declared.
func NewImplied(declared map[string][]string) (*Implied, error) {
	switch {
	case len(declared) == 0:
		return nil, nil
	case len(declared) > maxImplied: // before they are sorted, which takes seconds for a million
		return nil, errTooManyImplied
	}
	i := &Implied{declared: make(map[string][]string, len(declared)), larger: map[string][]string{}}
	pairs := 0
	for _, larger := range slices.Sorted(maps.Keys(declared)) {
		if err := validImplied(larger, declared[larger]); err != nil {
			return nil, err
		}
		i.declared[larger] = slices.Clone(declared[larger])
	}
	for _, larger := range slices.Sorted(maps.Keys(declared)) {
		reached, err := i.reachedFrom(larger)
		if err != nil {
			return nil, err
		}
		if pairs += len(reached); pairs > maxImplied {
			return nil, errTooManyImplied
		}
		for _, smaller := range reached {
			i.larger[smaller] = append(i.larger[smaller], larger)
		}
	}
	return i, nil
}

var errTooManyImplied = fmt.Errorf("scopes imply others in more than %d ways, through others included", maxImplied)

func validImplied(larger string, smaller []string) error {
	for _, name := range append([]string{larger}, smaller...) {
		if !scopetoken.Valid(name) {
			return fmt.Errorf("%s is not a valid scope", shown(name))
		}
	}
	switch {
	case len(smaller) == 0:
		return fmt.Errorf("the list of %s is empty, want the scopes that it implies", shown(larger))
	case slices.Contains(smaller, larger):
		return fmt.Errorf("%s implies itself", shown(larger))
	}
	return nil
}

// reachedFrom lists all that a scope implies. A scope that comes back to itself
// is refused: then no scope is the larger one, and that a small one stands for a
// large one is more often a mistake than meant.
func (i *Implied) reachedFrom(larger string) (reached []string, err error) {
	seen := map[string]bool{}
	for todo := []string{larger}; len(todo) > 0; todo = todo[1:] {
		for _, smaller := range i.declared[todo[0]] {
			switch {
			case smaller == larger:
				return nil, fmt.Errorf("%s and %s imply each other; if they mean the same, let one imply the other and ask for that one in policies",
					shown(larger), shown(todo[0]))
			case seen[smaller]:
			case len(reached) == maxImplied:
				return nil, errTooManyImplied
			default:
				seen[smaller] = true
				reached, todo = append(reached, smaller), append(todo, smaller)
			}
		}
	}
	return reached, nil
}

// Declared is a copy of what NewImplied was given.
func (i *Implied) Declared() map[string][]string {
	if i == nil {
		return nil
	}
	list := make(map[string][]string, len(i.declared))
	for larger, smaller := range i.declared {
		list[larger] = slices.Clone(smaller)
	}
	return list
}

// by reports whether one of the scopes that were granted implies a scope. It costs
// little even for a token with thousands of scopes.
func (i *Implied) by(granted []string, scope string) bool {
	if i == nil {
		return false
	}
	larger := i.larger[scope]
	if len(larger) == 0 {
		return false
	}
	for _, name := range granted {
		if _, found := slices.BinarySearch(larger, name); found {
			return true
		}
	}
	return false
}

func shown(name string) string { return printable.Value(strconv.QuoteToASCII(name)) }
