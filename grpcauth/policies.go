package grpcauth

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Policies holds the policy of each method, by its full name as in
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

// finding is one thing wrong with the policies.
type finding string

func (f finding) Error() string { return "grpcauth: " + string(f) }
func (f finding) Unwrap() error { return token.ErrConfig }
