package main

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// operator is told why calls are refused. Callers get a fixed sentence. The
// operator of the service learns what the token lacked, and which setting would
// change that.
type operator struct {
	log    *slog.Logger
	sample *sampler
}

func newOperator(out io.Writer) operator {
	return operator{slog.New(slog.NewTextHandler(out, nil)), new(sampler)}
}

// trace is for the guards of both transports.
func (o operator) trace() *scope.Trace { return &scope.Trace{Refused: o.refused} }

func (o operator) refused(ctx context.Context, d scope.Decision) {
	reason := token.Reason(d.Err)
	leftOut, ok := o.sample.admit(reason, time.Now())
	if !ok {
		return
	}
	attrs := []any{"call", d.Route, "reason", reason, "why", d.Err}
	if leftOut > 0 {
		attrs = append(attrs, "left_out", leftOut)
	}
	o.log.InfoContext(ctx, "refused", attrs...)
}
