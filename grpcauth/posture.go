package grpcauth

import (
	"maps"
	"slices"

	"github.com/postern-go/postern/scope"
)

// Posture describes the Interceptor: whose tokens it accepts and what each method
// wants. middleware.HealthHandler serves it. It makes no request and does not
// block.
func (i *Interceptor) Posture() scope.Posture {
	p := scope.NewPosture(scope.GRPC, i.config.Resource, i.auth)
	p.Rehearsal = i.config.Rehearsal
	for _, method := range slices.Sorted(maps.Keys(i.policies)) {
		p.Add(method, i.policies[method], i.auth)
	}
	return p
}
