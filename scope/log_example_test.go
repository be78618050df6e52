package scope_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// A guard tells a log why it refuses calls. The Trace goes into the Config of
// package middleware or grpcauth.
func ExampleLogTo() {
	withoutTime := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
	trace := scope.LogTo(logger, nil)
	trace.Refused(context.Background(), scope.Decision{ // as a guard does
		Policy: scope.All("orders:read"), Transport: scope.HTTP, Route: "GET /orders", Method: "GET", Err: token.ErrMissing,
	})
	// Output:
	// level=INFO msg="call refused" transport=http policy=all(orders:read) route="GET /orders" method=GET outcome=missing reason=missing error="token: no access token presented"
}

// A log and a count of refusals, both from one guard.
func ExampleTraces() {
	refusals := map[string]int{}
	count := &scope.Trace{Refused: func(_ context.Context, d scope.Decision) { refusals[token.Reason(d.Err)]++ }}
	logger := slog.New(slog.DiscardHandler)
	trace := scope.Traces(scope.LogTo(logger, nil), count)
	trace.Refused(context.Background(), scope.Decision{Err: token.ErrMissing}) // as a guard does
	fmt.Println(refusals)
	// Output: map[missing:1]
}
