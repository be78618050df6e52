package challenge

import (
	"slices"
	"strings"

	"github.com/postern-go/postern/scope"
)

// neverAsked asks an authorization server for a refresh token. It is no right
// over a resource, and a client decides by itself whether it wants one.
const neverAsked = "offline_access"

// mostGranted bounds what granted scopes add to a challenge, in bytes.
const mostGranted = 1024

// scopeValue is a list of scopes in a challenge; see listValue.
func scopeValue(list []string) string {
	if slices.Contains(list, neverAsked) {
		list = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == neverAsked })
	}
	return listValue(list)
}

// withGranted is the value of the scopes that a call needs with those that its
// token has, as far as they fit.
func withGranted(need string, granted []string) string {
	var b strings.Builder
	b.WriteString(need)
	named := strings.Split(need, " ")
	for _, s := range granted {
		more := len(s) + len(" ")
		if s == neverAsked || !scope.Valid(s) || slices.Contains(named, s) || b.Len()+more > len(need)+mostGranted {
			continue
		}
		b.WriteString(" " + s)
		named = append(named, s)
	}
	return b.String()
}
