package mint

import (
	"maps"
	"slices"
	"strings"
)

// Form is how scopes are written.
type Form uint8

// The forms: a string of words, an array of strings, and an object whose member
// names are the scopes.
const (
	Words Form = iota
	List
	Keys
)

// Scopes are the scopes of the token.
func (d *Draft) Scopes() []string {
	switch scopes := d.Claims.At(d.ScopePath).(type) {
	case string:
		return strings.Fields(scopes)
	case []string:
		return scopes
	case map[string]any:
		return slices.Sorted(maps.Keys(scopes))
	default:
		return nil
	}
}

// SetScopes sets the scopes, in the form that the token has them in. One text
// may hold several, separated by spaces.
func (d *Draft) SetScopes(scopes ...string) {
	text := strings.Join(scopes, " ")
	switch {
	case d.ScopeForm == Words:
		d.Claims.SetAt(d.ScopePath, text)
	case d.ScopeForm == Keys:
		members := map[string]any{}
		for scope := range strings.SplitSeq(text, " ") {
			if scope != "" {
				members[scope] = struct{}{}
			}
		}
		d.Claims.SetAt(d.ScopePath, members)
	case text == "":
		d.Claims.SetAt(d.ScopePath, []string{})
	default:
		d.Claims.SetAt(d.ScopePath, strings.Split(text, " "))
	}
}

// RemoveScopes leaves the claim with the scopes out.
func (d *Draft) RemoveScopes() { d.Claims.RemoveAt(d.ScopePath) }
