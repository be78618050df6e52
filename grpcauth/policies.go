package grpcauth

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/grpc"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Policies says what each method needs, by its full name as in
// pb.Orders_List_FullMethodName: "/shop.v1.Orders/List". Names are compared
// byte for byte; there are no prefixes or wildcards. A method that is not
// listed is refused.
type Policies map[string]scope.Policy

// Validate checks that each name has the form "/service/method" and that no
// policy is the zero Policy. An error names everything that is wrong and
// matches token.ErrConfig.
func (p Policies) Validate() error {
	var wrong []error
	for _, method := range slices.Sorted(maps.Keys(p)) {
		if !isFullMethod(method) {
			wrong = append(wrong, finding(fmt.Sprintf("%q is not of the form \"/service/method\"", method)))
		}
		if p[method].IsZero() {
			wrong = append(wrong, finding(fmt.Sprintf("%s is listed without a policy", method)))
		}
	}
	return errors.Join(wrong...)
}

func isFullMethod(name string) bool {
	rest, rooted := strings.CutPrefix(name, "/")
	service, method, two := strings.Cut(rest, "/")
	return rooted && two && service != "" && method != "" && !strings.Contains(method, "/")
}

// Audit compares what srv serves with the policies. Call it once every service
// is registered, and do not serve if it fails. The error names every method
// without a policy, which would be refused, and every policy without a method,
// which is a spelling mistake or a leftover; it matches token.ErrConfig.
// A *grpc.Server can be passed as it is.
func (i *Interceptor) Audit(srv interface {
	GetServiceInfo() map[string]grpc.ServiceInfo
}) error {
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
	}
	return errors.Join(wrong...)
}

func methodsOf(services map[string]grpc.ServiceInfo) map[string]bool {
	methods := map[string]bool{}
	for service, info := range services {
		for _, m := range info.Methods {
			methods["/"+service+"/"+m.Name] = true
		}
	}
	return methods
}

// finding is one thing wrong with the policies.
type finding string

func (f finding) Error() string { return "grpcauth: " + string(f) }
func (f finding) Unwrap() error { return token.ErrConfig }
