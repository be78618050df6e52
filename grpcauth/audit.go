package grpcauth

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/grpc"

	"github.com/postern-go/postern/internal/printable"
)

// Audit tells whether srv is guarded by this Interceptor, and compares what it
// serves with the policies. NewServer calls it; call it yourself for a server
// made otherwise, once every service is registered and before srv.Serve, and do
// not serve if it fails. The error matches token.ErrConfig and names
//
//   - each kind of method, unary or streaming, that is not guarded,
//   - every method without a policy, which would be refused,
//   - every policy without a method, which is a spelling mistake or a leftover,
//   - every policy that no good token of the Authenticator can meet,
//   - what Resource.Audit finds.
//
// To see the guard at work, Audit makes one call of each kind in this process,
// through all interceptors of srv, to the service "postern.grpcauth.Audit". It
// registers that service once on srv. If srv serves already, grpc-go ends the
// process then. No handler of yours runs. An interceptor in front of the guard
// that refuses these calls hides the guard, which is an error: put the guard
// first.
//
// Audit blocks while the interceptors do. It may be called again, but not
// concurrently for the same srv.
func (i *Interceptor) Audit(srv *grpc.Server) error {
	served := methodsOf(srv.GetServiceInfo())
	var wrong []error
	for _, method := range slices.Sorted(maps.Keys(served)) {
		if _, listed := i.policies[method]; !listed {
			wrong = append(wrong, finding(method+" has no policy"))
		}
	}
	for _, method := range slices.Sorted(maps.Keys(i.policies)) {
		if !served[method] {
			wrong = append(wrong, finding(method+" has a policy but is not served"))
		}
		if err := i.policies[method].NeverMet(i.auth); err != nil {
			wrong = append(wrong, finding(method+" can never be called: "+printable.Line(err.Error())))
		}
	}
	if err := i.config.Resource.Audit(i.auth); err != nil {
		wrong = append(wrong, fmt.Errorf("grpcauth: %w", err))
	}
	return errors.Join(append(wrong, i.probe(srv)...)...)
}

func methodsOf(services map[string]grpc.ServiceInfo) map[string]bool {
	methods := map[string]bool{}
	for service, info := range services {
		if service == probeService {
			continue
		}
		for _, m := range info.Methods {
			methods["/"+service+"/"+m.Name] = true
		}
	}
	return methods
}
