package scope

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
)

// Operation is something that a service does, whichever way a call for it comes.
type Operation struct {
	// Name is how routes refer to it, such as "photos.list": at most 100
	// characters that may stand in a scope (see Valid).
	Name string
	// Policy says who may call it.
	Policy Policy
}

// Table holds the operations of a service, so that HTTP routes and gRPC methods
// that do the same ask for the same: both take their policy from it. It does not
// change, and its methods may be called concurrently.
//
//	ops := scope.NewTable(scope.Operation{Name: "photos.list", Policy: scope.All("photos:read")})
//	mux.Handle("GET /photos", ops.Policy("photos.list"), list)
//	grpcauth.Policies{pb.Photos_List_FullMethodName: ops.Policy("photos.list")}
//
// Audit compares it with what the guards serve.
type Table struct {
	operations []Operation // by name
}

const (
	maxOperations    = 10_000
	maxOperationName = 100
)

// NewTable makes a Table of literals; see ReadTable for text.
//
// It panics, with an error that matches token.ErrConfig and names everything that
// is wrong: a name that is empty, not printable or there twice, the zero Policy,
// and a policy with a part that never matters. That is what ParsePolicy says of its
// text.
func NewTable(operations ...Operation) *Table {
	t, err := newTable(operations)
	if err != nil {
		panic(err)
	}
	return t
}

// ReadTable makes a Table of the texts of policies by the names of their
// operations. They are read by ParsePolicy, with own. An error matches
// token.ErrConfig, and names everything that is wrong in a line each.
func ReadTable(texts map[string]string, own ...Policy) (*Table, error) {
	if _, err := ownRules(own); err != nil {
		return nil, err
	}
	operations := make([]Operation, 0, len(texts))
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		p, err := ParsePolicy(texts[name], own...)
		if err != nil {
			wrong = append(wrong, wrongOperation(name, bareText(err)))
			p = Public // stands in, for the check of the name
		}
		operations = append(operations, Operation{name, p})
	}
	t, err := newTable(operations)
	if err := errors.Join(append(wrong, err)...); err != nil {
		return nil, err
	}
	return t, nil
}

func newTable(operations []Operation) (*Table, error) {
	if len(operations) > maxOperations {
		return nil, fmt.Errorf("scope: %w: %d operations, want at most %d", token.ErrConfig, len(operations), maxOperations)
	}
	t := &Table{slices.Clone(operations)}
	slices.SortStableFunc(t.operations, func(a, b Operation) int { return strings.Compare(a.Name, b.Name) })
	var wrong []error
	for i, o := range t.operations {
		switch {
		case !Valid(o.Name) || len(o.Name) > maxOperationName:
			wrong = append(wrong, wrongOperation(o.Name, fmt.Sprintf("the name is not one of 1 to %d characters of printable ASCII without spaces, quotes and backslashes", maxOperationName)))
		case i > 0 && t.operations[i-1].Name == o.Name:
			wrong = append(wrong, wrongOperation(o.Name, "is there twice"))
		default:
			if err := o.Policy.legible(); err != nil {
				wrong = append(wrong, wrongOperation(o.Name, bareText(err)))
			}
		}
		t.operations[i].Policy.operation = &operation{o.Name, o.Policy.String()}
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return t, nil
}

// wrongOperation is one thing wrong with a table.
func wrongOperation(name, why string) error {
	return tableFault("operation " + quoted(name) + ": " + why)
}

// tableFault is a fault of a table, or of what it is compared with.
type tableFault string

func (f tableFault) Error() string {
	return printable.Line("scope: " + token.ErrConfig.Error() + ": " + string(f))
}

// Unwrap returns token.ErrConfig.
func (tableFault) Unwrap() error { return token.ErrConfig }

// Policy returns the policy of an operation, for a route. Its Operation is the
// name. A route that asks for more narrows it by And.
//
// It panics, with an error that matches token.ErrConfig and lists names that are
// near, if there is no such operation: it is for literals. Where the table comes
// from a file, call Require first.
func (t *Table) Policy(name string) Policy {
	p, ok := t.Lookup(name)
	if !ok {
		panic(t.unknown(name))
	}
	return p
}

// Lookup returns the policy of an operation, as Policy does, and whether there is
// one. The policy is the zero Policy otherwise, which refuses every call.
func (t *Table) Lookup(name string) (Policy, bool) {
	if t == nil {
		return Policy{}, false
	}
	i, ok := slices.BinarySearchFunc(t.operations, name, func(o Operation, name string) int { return strings.Compare(o.Name, name) })
	if !ok {
		return Policy{}, false
	}
	return t.operations[i].Policy, true
}

// Require returns an error for the names that are no operation of the table, in a
// line each, with those that are near. It matches token.ErrConfig. A service calls
// it with the names that its routes refer to, for a table from a file.
func (t *Table) Require(names ...string) error {
	var wrong []error
	for _, name := range names {
		if _, ok := t.Lookup(name); !ok {
			wrong = append(wrong, t.unknown(name))
		}
	}
	return errors.Join(wrong...)
}

// Operations lists the operations by name. It is nil for a nil Table.
func (t *Table) Operations() []Operation {
	if t == nil {
		return nil
	}
	return slices.Clone(t.operations)
}

// String is the operations and their policies, a line each and by name, to print
// when a service starts and to compare in a test.
func (t *Table) String() string {
	operations := t.Operations()
	width := 0
	for _, o := range operations {
		width = max(width, len(o.Name))
	}
	var b strings.Builder
	for _, o := range operations {
		fmt.Fprintf(&b, "%-*s  %v\n", width, o.Name, o.Policy)
	}
	return b.String()
}
