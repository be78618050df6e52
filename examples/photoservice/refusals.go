package main

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/token"
)

// operator is told why calls are refused. Callers get a fixed sentence; what
// the token lacked, and which setting would change that, is for whoever runs the
// service.
type operator struct {
	log    *slog.Logger
	sample *sampler
}

func newOperator(out io.Writer) operator {
	return operator{slog.New(slog.NewTextHandler(out, nil)), new(sampler)}
}

func (o operator) http() *middleware.Trace {
	return &middleware.Trace{Refused: func(ctx context.Context, call middleware.Call, err error) {
		o.refused(ctx, call.Pattern, err)
	}}
}

func (o operator) grpc() *grpcauth.Trace {
	return &grpcauth.Trace{Refused: func(ctx context.Context, call grpcauth.Call, err error) {
		o.refused(ctx, call.Method, err)
	}}
}

func (o operator) refused(ctx context.Context, call string, err error) {
	reason := token.Reason(err)
	leftOut, ok := o.sample.admit(reason, time.Now())
	if !ok {
		return
	}
	attrs := []any{"call", call, "reason", reason, "why", err}
	if leftOut > 0 {
		attrs = append(attrs, "left_out", leftOut)
	}
	o.log.InfoContext(ctx, "refused", attrs...)
}
