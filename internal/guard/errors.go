package guard

import (
	"context"
	"errors"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
)

// outcomes are the errors of which one about a call matches exactly one.
func outcomes() [7]error {
	return [...]error{
		token.ErrUnavailable, token.ErrMissing, token.ErrRequest, token.ErrInvalid, token.ErrScope, token.ErrStepUp, token.ErrDenied,
	}
}

// inLine makes an error of an Authenticator of the user's own fit for answers
// and logs. One that matches no outcome, or several, is no verdict on the token.
func inLine(err error) error {
	matched := 0
	for _, outcome := range outcomes() {
		if errors.Is(err, outcome) {
			matched++
		}
	}
	if matched == 1 {
		return oneLine{err}
	}
	return &unjudged{err, matched > 0}
}

// oneLine is an error whose text, which may hold anything, is one bounded line
// of printable ASCII. The line is made only if it is read.
type oneLine struct{ error }

func (e oneLine) Error() string { return printable.Line(e.error.Error()) }
func (e oneLine) Unwrap() error { return e.error }

// unjudged is the ErrUnavailable for a cause that is no verdict.
type unjudged struct {
	cause      error
	hasOutcome bool
}

func (e *unjudged) Error() string {
	return printable.Line(token.ErrUnavailable.Error() + ": " + e.cause.Error())
}

func (e *unjudged) Unwrap() error { return token.ErrUnavailable }

// Is and As look into the cause, unless they would find outcomes there.
func (e *unjudged) Is(target error) bool { return !e.hasOutcome && errors.Is(e.cause, target) }
func (e *unjudged) As(target any) bool   { return !e.hasOutcome && errors.As(e.cause, target) }

// orGone is err, or one that matches the end of ctx as well if that kept the
// token from being judged: it was the caller who went away, and nothing is out
// of reach.
func orGone(ctx context.Context, err error) error {
	if ctx.Err() == nil || !errors.Is(err, token.ErrUnavailable) || errors.Is(err, ctx.Err()) {
		return err
	}
	return &gone{err, ctx.Err()}
}

type gone struct{ err, end error }

func (e *gone) Error() string        { return printable.Line(e.end.Error() + ": " + e.err.Error()) }
func (e *gone) Unwrap() error        { return e.err }
func (e *gone) Is(target error) bool { return target == e.end }
