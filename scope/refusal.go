package scope

import (
	"strconv"
	"strings"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
)

// refusal says which rule of a policy refused a token. The sentence is put
// together only if it is read, so that a flood of refusals formats nothing.
type refusal struct {
	rule   string
	why    error  // matches one of the outcomes of package token
	detail string // the value received and the one wanted, or ""
}

// Unwrap returns the outcome.
func (r *refusal) Unwrap() error { return r.why }

func (r *refusal) Error() string {
	return printable.Line("scope: rule " + strconv.QuoteToASCII(r.rule) + ": " + strings.TrimPrefix(r.why.Error(), "token: ") + r.detail)
}

// refusedBy turns the error of a rule into one of the outcomes, and names the
// rule.
func refusedBy(rule string, err error) error {
	if err == nil {
		return nil
	}
	return &refusal{rule: rule, why: token.AsOutcome(err, token.ErrDenied)}
}
