package story

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// decision is what a service decided about a call, as its own hook tells it.
type decision struct {
	service string
	reason  string // token.Reason, or "" if the call was allowed
	text    string // for the reader
}

// recorder collects the decisions of all services.
type recorder struct {
	mu        sync.Mutex
	decisions []decision
}

// maxDecisions bounds a recorder that nobody reads from.
const maxDecisions = 100

// take returns the decisions since the last call, in the order in which a call
// passes through the services.
func (r *recorder) take() []decision {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.decisions
	r.decisions = nil
	slices.SortStableFunc(taken, func(a, b decision) int { return order(a.service) - order(b.service) })
	return taken
}

func order(service string) int {
	return slices.Index([]string{authServer, publicAPI, photoService, albumService}, service)
}

func (r *recorder) http(service string) *middleware.Trace {
	return &middleware.Trace{
		Allowed: func(ctx context.Context, call middleware.Call) { r.allowed(ctx, service, call.Policy) },
		Refused: func(_ context.Context, _ middleware.Call, err error) { r.refused(service, err) },
	}
}

func (r *recorder) grpc(service string) *grpcauth.Trace {
	return &grpcauth.Trace{
		Allowed: func(ctx context.Context, call grpcauth.Call) { r.allowed(ctx, service, call.Policy) },
		Refused: func(_ context.Context, _ grpcauth.Call, err error) { r.refused(service, err) },
	}
}

func (r *recorder) allowed(ctx context.Context, service string, policy scope.Policy) {
	caller := "a caller without a token"
	if t, ok := token.FromContext(ctx); ok {
		caller = callerName(t)
	}
	r.note(decision{service: service, text: fmt.Sprintf("allowed %s by %v", caller, policy)})
}

func callerName(t *token.Token) string {
	if t.SubjectKind() == token.SubjectClient {
		return t.ClientID() + " for itself"
	}
	return t.ClientID() + " for " + t.Subject()
}

func (r *recorder) refused(service string, err error) {
	why := strings.TrimPrefix(err.Error(), "token: ")
	r.note(decision{service: service, reason: token.Reason(err), text: "refused: " + why})
}

func (r *recorder) note(d decision) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.decisions) < maxDecisions {
		r.decisions = append(r.decisions, d)
	}
}
