package otelpostern_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/scope/otelpostern"
	"github.com/postern-go/postern/token"
)

func TestSpans(t *testing.T) {
	t.Parallel()
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	slow := func(err error) scope.Decision {
		return scope.Decision{
			Policy: scope.All("read"), Transport: scope.HTTP, Route: "GET /orders/{id}", Listed: true, Duration: time.Second, Err: err,
		}
	}
	fast := slow(token.ErrMissing)
	fast.Duration = 4 * time.Millisecond
	unlisted := slow(nil)
	unlisted.Transport, unlisted.Route, unlisted.Listed = scope.GRPC, "/evil", false
	method := slow(nil)
	method.Transport, method.Route = scope.GRPC, "/shop.Orders/Get"
	unrouted := slow(nil)
	unrouted.Route = ""
	listing, dropping := slow(nil), slow(token.ErrScope)
	listing.Policy = scope.NewTable(scope.Operation{Name: "orders.get", Policy: scope.All("read")}).Policy("orders.get")
	dropping.Policy = listing.Policy
	tried := slow(nil)
	tried.Rehearsed = token.ErrScope
	const common = "postern.transport=http postern.verification=none "
	for name, c := range map[string]struct {
		ctx    context.Context
		over   time.Duration
		d      scope.Decision
		server string // attributes of the server's span
		own    string // those of the decision's, or ""
		status codes.Code
	}{
		"fast": {d: fast, server: "postern.outcome=missing postern.reason=missing postern.policy=all(read)"},
		"fast, asked for": {
			d: fast, over: -1, server: "postern.outcome=missing postern.reason=missing postern.policy=all(read)",
			own: common + "postern.outcome=missing error.type=missing postern.policy=all(read) http.route=/orders/{id}",
		},
		"slow for this service": {
			d: fast, over: time.Millisecond, server: "postern.outcome=missing postern.reason=missing postern.policy=all(read)",
			own: common + "postern.outcome=missing error.type=missing postern.policy=all(read) http.route=/orders/{id}",
		},
		"slow": {d: slow(nil), server: "postern.outcome=ok", own: common + "postern.outcome=ok http.route=/orders/{id}"},
		"slow and refused": {
			d: slow(token.ErrExpired), server: "postern.outcome=invalid postern.reason=expired postern.policy=all(read)",
			own: common + "postern.outcome=invalid error.type=expired postern.policy=all(read) http.route=/orders/{id}",
		},
		"an outage": {
			d: slow(token.ErrKeysUnavailable), server: "postern.outcome=unavailable postern.reason=keys_unavailable postern.policy=all(read)",
			own: common + "postern.outcome=unavailable error.type=keys_unavailable postern.policy=all(read) http.route=/orders/{id}", status: codes.Error,
		},
		"the call ended": {
			ctx: gone, d: slow(token.AsOutcome(fmt.Errorf("x: %w", context.Canceled), token.ErrUnavailable)),
			server: "postern.outcome=unavailable postern.reason=call_ended postern.policy=all(read)",
			own:    common + "postern.outcome=unavailable error.type=call_ended postern.policy=all(read) http.route=/orders/{id}",
		},
		"a rehearsal would refuse it": {
			d: tried, server: "postern.outcome=ok postern.rehearsed=scope postern.policy=all(read)",
			own: common + "postern.outcome=ok postern.rehearsed=scope postern.policy=all(read) http.route=/orders/{id}",
		},
		"an operation": {
			d: listing, server: "postern.outcome=ok postern.operation=orders.get",
			own: common + "postern.outcome=ok postern.operation=orders.get http.route=/orders/{id}",
		},
		"an operation, refused": {
			d: dropping, server: "postern.outcome=scope postern.reason=scope postern.policy=all(read) postern.operation=orders.get",
			own: common + "postern.outcome=scope error.type=scope postern.policy=all(read) postern.operation=orders.get http.route=/orders/{id}",
		},
		"another router":                 {d: unrouted, server: "postern.outcome=ok", own: common + "postern.outcome=ok"},
		"a method":                       {d: method, server: "postern.outcome=ok", own: "postern.transport=grpc postern.verification=none postern.outcome=ok rpc.method=shop.Orders/Get"},
		"a method that a caller made up": {d: unlisted, server: "postern.outcome=ok", own: "postern.transport=grpc postern.verification=none postern.outcome=ok"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSDK(t, otelpostern.Config{SpanOver: c.over})
			if c.ctx == nil {
				c.ctx = context.Background()
			}
			ctx, server := s.tracer.Tracer("server").Start(c.ctx, "GET /orders/{id}")
			if c.d.Err == nil {
				s.Trace().Allowed(ctx, c.d)
			} else {
				s.Trace().Refused(ctx, c.d)
			}
			server.End()
			ended := s.spans.Ended()
			last := ended[len(ended)-1]
			assert.Equal(t, c.server, text(last.Attributes()))
			assert.Equal(t, codes.Unset, last.Status().Code, "the server's span is not ours to judge")
			if c.own == "" {
				require.Len(t, ended, 1)
				return
			}
			require.Len(t, ended, 2)
			own := ended[0]
			assert.Equal(t, "postern.authenticate", own.Name())
			assert.Equal(t, c.own, text(own.Attributes()))
			assert.Equal(t, c.status, own.Status().Code)
			assert.Equal(t, c.d.Duration, own.EndTime().Sub(own.StartTime()))
			assert.WithinDuration(t, time.Now(), own.EndTime(), time.Minute)
			assert.Equal(t, last.SpanContext().SpanID(), own.Parent().SpanID())
		})
	}
}

func text(attributes []attribute.KeyValue) string {
	s := ""
	for i, a := range attributes {
		if i > 0 {
			s += " "
		}
		s += string(a.Key) + "=" + a.Value.Emit()
	}
	return s
}

// Without a span that records, no text is made for one.
func TestNoSpans(t *testing.T) {
	t.Parallel()
	s := newSDK(t, otelpostern.Config{})
	s.Trace().Refused(context.Background(), scope.Decision{Err: token.ErrMissing})
	assert.Empty(t, s.spans.Ended())
	made, err := otelpostern.New(&otelpostern.Config{TracerProvider: trace.NewTracerProvider(trace.WithSampler(trace.NeverSample()))})
	require.NoError(t, err)
	made.Trace().Allowed(context.Background(), scope.Decision{Duration: time.Hour})
}
