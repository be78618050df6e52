package otelpostern

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

const spanName = "postern.authenticate"

type spans struct {
	tracer trace.Tracer
	over   time.Duration
	kinds  []kind
}

func newSpans(tracer trace.Tracer, over time.Duration, kinds []kind) spans {
	return spans{tracer, over, kinds}
}

func (s *spans) decided(ctx context.Context, d scope.Decision, which int) {
	k := s.kinds[which]
	if server := trace.SpanFromContext(ctx); server.IsRecording() {
		server.SetAttributes(describe(d, k, Reason)...)
	}
	if d.Duration >= s.over {
		s.span(ctx, d, k)
	}
}

// span makes the span of a decision that is over.
func (s *spans) span(ctx context.Context, d scope.Decision, k kind) {
	end := time.Now()
	_, span := s.tracer.Start(ctx, spanName, trace.WithTimestamp(end.Add(-d.Duration)))
	defer span.End(trace.WithTimestamp(end))
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(attribute.String(Transport, transports[transportOf(d)]), attribute.String(Verification, verifications[verificationOf(d)]))
	span.SetAttributes(describe(d, k, ErrorType)...)
	if d.Listed && d.Route != "" {
		span.SetAttributes(routeAttribute(d))
	}
	if k.failed() {
		span.SetStatus(codes.Error, k.reason)
	}
}

// describe is what a span says of a decision. Only a refusal has a reason and a
// rule, be it a rehearsed one.
func describe(d scope.Decision, k kind, reason attribute.Key) []attribute.KeyValue {
	said := []attribute.KeyValue{attribute.String(Outcome, k.outcome)}
	switch {
	case k.reason != "":
		said = append(said, reason.String(k.reason), attribute.String(Policy, d.Policy.String()))
	case d.Rehearsed != nil:
		said = append(said, attribute.String(Rehearsed, token.Reason(d.Rehearsed)), attribute.String(Policy, d.Policy.String()))
	}
	if name := d.Policy.Operation(); name != "" {
		said = append(said, attribute.String(Operation, name))
	}
	return said
}
