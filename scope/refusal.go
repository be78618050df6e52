package scope

import (
	"errors"
	"strconv"
	"strings"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
)

// refusal says which rule of a policy refused a token. The sentence is put
// together only if it is read, so that a flood of refusals formats nothing.
type refusal struct {
	rule   string
	why    error  // an outcome of package token
	detail string // what was seen and wanted, or ""
	cause  error  // an application's error, which matches no outcome, or nil
}

// Unwrap returns the outcome. The cause is found by Is and As.
func (r *refusal) Unwrap() error { return r.why }

func (r *refusal) Is(target error) bool { return r.cause != nil && errors.Is(r.cause, target) }

func (r *refusal) As(target any) bool { return r.cause != nil && errors.As(r.cause, target) }

func (r *refusal) Error() string {
	text := "scope: rule " + strconv.QuoteToASCII(r.rule) + ": " + strings.TrimPrefix(r.why.Error(), "token: ") + r.detail
	if r.cause != nil {
		text += ": " + r.cause.Error()
	}
	return printable.Line(text)
}

// refusedBy makes what a rule says one of the outcomes, and names the rule.
func refusedBy(rule string, err error) error {
	switch {
	case err == nil:
		return nil
	case token.IsOutcome(err):
		return &refusal{rule: rule, why: err}
	default:
		return &refusal{rule: rule, why: token.ErrDenied, cause: err}
	}
}
