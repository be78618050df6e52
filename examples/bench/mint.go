package bench

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/postern-go/postern/token/tokentest"
)

// mint makes a token that has all that RFC 9068 asks for, and more scopes than
// the call needs.
func (i *Issuer) mint(edits ...tokentest.Edit) string {
	return i.issuer.Token(tokentest.Scope(Scope, "orders:write", "profile"), tokentest.Edits(edits...))
}

// Token is a good token of size bytes, or up to two bytes shorter: not every
// length can be had in base64. Lists of groups make it long, as in practice.
func (i *Issuer) Token(size int) string {
	room := i.room(size)
	var groups []string
	for used := len(`,"note":"","groups":[]`); used+len(`"group-0000",`) <= room; used += len(`"group-0000",`) {
		groups = append(groups, fmt.Sprintf("group-%04d", len(groups)%10_000))
	}
	note := tokentest.Claim("note", "")
	if groups != nil {
		note = tokentest.Edits(note, tokentest.Claim("groups", groups))
	}
	return i.mint(note, tokentest.Claim("note", strings.Repeat("n", max(i.room(size, note), 0))))
}

// TokenWithScopes is a good token that grants n scopes, Scope the last of them.
func (i *Issuer) TokenWithScopes(n int) string {
	scopes := make([]string, n)
	for i := range scopes {
		scopes[i] = fmt.Sprintf("s%03d", i)
	}
	scopes[n-1] = Scope
	return i.mint(tokentest.Scope(scopes...))
}

// room is how many bytes the payload may still grow.
func (i *Issuer) room(size int, edits ...tokentest.Edit) int {
	header, payload, signature := cut(i.mint(edits...))
	return (size-len(header)-len(signature)-2)*3/4 - base64.RawURLEncoding.DecodedLen(len(payload))
}

// cut takes a compact token apart.
func cut(raw string) (header, payload, signature string) {
	parts := strings.Split(raw, ".")
	return parts[0], parts[1], parts[2]
}
