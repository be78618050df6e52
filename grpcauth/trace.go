package grpcauth

import (
	"context"
	"net/http"
	"time"

	"github.com/postern-go/postern/internal/guard"
	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// decision describes a call to the method before it is decided. ctx is the
// context of the call as it was before this guard.
func (i *Interceptor) decision(ctx context.Context, method string) scope.Decision {
	policy, listed := i.policies[method]
	return scope.Decision{
		Policy: policy, Transport: scope.GRPC, Route: printable.Line(method), Listed: listed, Method: http.MethodPost,
		Nested: guard.PassOf(ctx).Reported,
	}
}

// tell reports a decision.
func (i *Interceptor) tell(ctx context.Context, d scope.Decision, v guard.Verdict, begun time.Time) {
	d.Token, d.Err, d.Rehearsed = v.Token, v.Err, v.Rehearsed
	i.observer.Tell(ctx, d, begun)
}

// expired reports that a call has outlived its token, which ctx carries.
func (i *Interceptor) expired(ctx context.Context, d scope.Decision) {
	t, _ := token.FromContext(ctx)
	i.tell(ctx, d, guard.Verdict{Token: t, Err: token.ErrExpired}, time.Time{})
}

// afterwards reports a panic behind an answer. The hook runs where nothing is
// left that could recover a panic of its own.
func (i *Interceptor) afterwards(ctx context.Context, d scope.Decision, p *panicked) {
	if i.config.Panicked == nil {
		return
	}
	defer func() { _ = recover() }()
	i.config.Panicked(ctx, d, p)
}
