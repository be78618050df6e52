package claims

import (
	"cmp"
	"slices"
	"strings"

	"github.com/postern-go/postern/internal/strict"
)

// splitWords splits a string as the scope claim of RFC 9068. Only the space
// separates: any other character, a tab included, is part of a scope that
// then matches nothing (RFC 6749 §3.3).
func splitWords(value string) []string {
	scopes := make([]string, 0, 1+strings.Count(value, " "))
	for scope := range strings.SplitSeq(value, " ") {
		if scope != "" {
			scopes = append(scopes, scope)
		}
	}
	return scopes
}

// listStrings reads an array of strings. ok is false for anything else.
func listStrings(list strict.Value) (elements []string, ok bool) {
	// An element takes a comma, and three bytes at least.
	elements, ok = make([]string, 0, min(1+strings.Count(list.Raw, ","), 1+len(list.Raw)/3)), true
	isArray := list.Elements(func(v strict.Value) bool {
		var text string
		text, ok = v.Text()
		elements = append(elements, text)
		return ok
	})
	return elements, isArray && ok
}

// Unique drops repetitions, in place and without looking at every pair when
// there are many. It clears the rest of the array, which would keep the text of
// the whole token in memory.
func Unique(list []string) []string {
	if len(list) < 2 {
		return list
	}
	kept := list[:0]
	if len(list) <= 32 {
		for _, s := range list {
			if !slices.Contains(kept, s) {
				kept = append(kept, s)
			}
		}
		clear(list[len(kept):])
		return kept
	}
	repeated := repetitions(list)
	for i, s := range list {
		if !repeated[i] {
			kept = append(kept, s)
		}
	}
	clear(list[len(kept):])
	return kept
}

// repetitions marks the elements that occur earlier in the list. It sorts,
// since a map of thousands of strings takes several times the memory of the
// token.
func repetitions(list []string) []bool {
	order, repeated := make([]int32, len(list)), make([]bool, len(list))
	for i := range order {
		order[i] = int32(i) // fits: a token has no more than 65536 bytes
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Or(strings.Compare(list[a], list[b]), cmp.Compare(a, b)) })
	for i := 1; i < len(order); i++ {
		repeated[order[i]] = list[order[i]] == list[order[i-1]]
	}
	return repeated
}
