package story

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/postern-go/postern/examples/photos/internal/live"
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
	return slices.Index([]string{authServer, publicAPI, photoService, photoReplica, albumService}, service)
}

// trace is the hooks of the guard of a service, over either transport.
func (r *recorder) trace(service string) *scope.Trace {
	return &scope.Trace{
		Allowed: func(_ context.Context, d scope.Decision) { r.allowed(service, d) },
		Refused: func(_ context.Context, d scope.Decision) { r.refused(service, d.Err) },
	}
}

func (r *recorder) allowed(service string, d scope.Decision) {
	caller := "a caller without a token"
	if d.Token != nil {
		caller = live.Caller(d.Token)
	}
	r.note(decision{service: service, text: fmt.Sprintf("allowed %s by %v", caller, d.Policy)})
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
