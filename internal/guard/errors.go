package guard

import (
	"context"
	"errors"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
)

// orGone is err, or one that matches the end of ctx as well if that kept the
// token from being judged: the caller went away, and nothing is out of reach.
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
