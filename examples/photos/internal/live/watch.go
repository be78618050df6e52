package live

import (
	"context"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Watch looks over the shoulder of the guard of one service: it is the guard's
// Authenticator and gives it its Trace. It may be used concurrently.
//
// It has every token explained besides being verified, which doubles what a call
// costs. A demonstration can afford that, a service should not.
type Watch struct {
	service  string
	verifier *token.Verifier
	note     func(Decision)
}

// NewWatch watches the guard of a service that trusts verifier. note is called
// for each decision, concurrently, before the caller is answered.
func NewWatch(service string, verifier *token.Verifier, note func(Decision)) *Watch {
	return &Watch{service: service, verifier: verifier, note: note}
}

// call is what is known of one call while it is decided about.
type call struct{ findings []token.Finding }

type callKey struct{}

func withCall(ctx context.Context) context.Context {
	return context.WithValue(ctx, callKey{}, new(call))
}

func callFrom(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return new(call)
}

// Authenticate is that of the Verifier. What Explain finds is kept for the Trace,
// and has no part in the decision.
func (w *Watch) Authenticate(ctx context.Context, p token.Presentation) (*token.Token, error) {
	t, err := w.verifier.Authenticate(ctx, p)
	callFrom(ctx).findings = w.verifier.Explain(ctx, p)
	return t, err
}

// Schemes are those of the Verifier.
func (w *Watch) Schemes() []token.Scheme { return w.verifier.Schemes() }

// Trace is for the Config of the guard.
func (w *Watch) Trace() *scope.Trace {
	note := func(ctx context.Context, d scope.Decision) {
		w.note(newDecision(w.service, d, callFrom(ctx).findings))
	}
	return &scope.Trace{Allowed: note, Refused: note}
}

// Handler goes around the guard of an HTTP service.
func (w *Watch) Handler(guarded http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		guarded.ServeHTTP(rw, r.WithContext(withCall(r.Context())))
	})
}

// ServerOption does for a gRPC server what Handler does for an HTTP service.
func (w *Watch) ServerOption() grpc.ServerOption { return grpc.StatsHandler(tagger{}) }

// tagger uses the one hook of grpc-go that comes before every interceptor.
type tagger struct{}

func (tagger) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return withCall(ctx) }

func (tagger) HandleRPC(context.Context, stats.RPCStats) {}

func (tagger) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

func (tagger) HandleConn(context.Context, stats.ConnStats) {}
