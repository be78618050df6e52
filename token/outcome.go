package token

import (
	"errors"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/internal/rejection"
)

// AsOutcome makes an error from other code keep the promise of an Authenticator
// and of a policy: it matches exactly one of the outcomes, and its text is one
// bounded line of printable ASCII. An error that matches exactly one outcome
// keeps it, and its reason. Any other becomes otherwise, which is one of the
// outcomes or reasons. One that matches several becomes ErrUnavailable if that
// is among them: such an error says nothing about the token. It is nil if err
// is.
//
// Use it in an Authenticator or a policy of your own for errors that come from
// elsewhere. In the result errors.Is and errors.As find all that they find in
// err, outcomes apart. It does not block, and may be called concurrently.
func AsOutcome(err, otherwise error) error {
	switch err.(type) {
	case nil:
		return nil
	case *rejection.Error, *rejection.Sentinel, *oneLine:
		return err
	}
	if outcomesOf(err) == 1 {
		return &oneLine{err}
	}
	if errors.Is(err, ErrUnavailable) {
		otherwise = ErrUnavailable
	}
	return &rejection.Error{Reason: otherwise, Cause: err}
}

// outcomes are those that an error matches one of. An error of the user's own
// that matches several is answered by the first of them.
var outcomes = [...]*rejection.Sentinel{
	rejection.Unavailable, rejection.Missing, rejection.Request, rejection.Invalid, rejection.Scope, rejection.StepUp, rejection.Denied,
}

// outcomesOf counts the outcomes that err matches.
func outcomesOf(err error) (n int) {
	for _, outcome := range outcomes {
		if errors.Is(err, outcome) {
			n++
		}
	}
	return n
}

// oneLine makes an error fit for a log, even if its text comes from outside.
type oneLine struct{ err error }

func (e *oneLine) Error() string { return printable.Line(e.err.Error()) }
func (e *oneLine) Unwrap() error { return e.err }
