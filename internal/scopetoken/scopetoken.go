// Package scopetoken has the grammar of a single scope.
package scopetoken

// Valid reports whether name is one scope token of RFC 6749 §3.3: printable
// ASCII without space, quote and backslash, and not empty.
func Valid(name string) bool {
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return name != ""
}
