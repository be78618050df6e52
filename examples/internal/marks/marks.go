// Package marks reads marks of users and clients from a command line.
package marks

import (
	"errors"
	"fmt"
	"strings"

	"github.com/postern-go/postern/token"
)

// Usage says how a mark is written.
const Usage = "CLAIM=VALUE, CLAIM=PREFIX*, CLAIM=*SUFFIX or CLAIM={client_id}, each also with != for the opposite,\n" +
	"or CLAIM for one that is there and !CLAIM for one that is not"

// clientID stands for the client id of the token.
const clientID = "{client_id}"

// ErrSyntax is the error of Parse.
var ErrSyntax = errors.New("not a mark")

// Parse reads a mark as Usage says. Whether it makes sense is for
// token.NewVerifier to say.
func Parse(text string) (token.Mark, error) {
	claim, value, compared := strings.Cut(text, "=")
	var m token.Mark
	switch {
	case compared:
		m.Claim, m.Not = strings.CutSuffix(claim, "!")
		compare(&m, value)
	case strings.HasPrefix(claim, "!"):
		m.Claim, m.Absent = claim[1:], true
	default:
		m.Claim, m.Present = claim, true
	}
	if m.Claim == "" || compared && strings.Trim(value, "*") == "" {
		return token.Mark{}, fmt.Errorf("%w: %q, want %s", ErrSyntax, text, Usage)
	}
	return m, nil
}

func compare(m *token.Mark, value string) {
	prefix, isPrefix := strings.CutSuffix(value, "*")
	suffix, isSuffix := strings.CutPrefix(value, "*")
	switch {
	case value == clientID:
		m.ClientID = true
	case isPrefix:
		m.Prefix = prefix
	case isSuffix:
		m.Suffix = suffix
	default:
		m.Values = []string{value}
	}
}

// AppendTo is a flag.Value's Set that adds marks to a list.
func AppendTo(list *[]token.Mark) func(string) error {
	return func(text string) error {
		m, err := Parse(text)
		if err == nil {
			*list = append(*list, m)
		}
		return err
	}
}
