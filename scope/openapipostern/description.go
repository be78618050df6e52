package openapipostern

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postern-go/postern/scope"
)

// Operation is a route that a document describes.
type Operation struct {
	// Name is its operationId.
	Name string
	// Pattern is its method and path in the syntax of http.ServeMux:
	// "GET /photos/{id}".
	Pattern string
	// Policy is what its security asks for. Its Operation is Name.
	Policy scope.Policy
}

// Description is what a document says of its operations. It does not change, and
// may be used concurrently. Read makes one.
type Description struct {
	operations []Operation
	table      *scope.Table
}

// Read reads a document of OpenAPI 3.0, 3.1 or 3.2, in YAML or JSON. It fetches
// nothing and keeps nothing of the document, which has MaxDocument bytes at most.
// The whole document is validated, its schemas included: that takes seconds for
// one of megabytes, and is meant for the start of the service whose document it
// is.
//
// The error names everything that is wrong, a line each, and matches
// token.ErrConfig. There is no Description then: an operation whose security is
// not understood must not leave the others with fewer rules than the document
// has.
func Read(document []byte, o Options) (*Description, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	text, err := plain(document)
	if err != nil {
		return nil, err
	}
	root, err := parse(text)
	if err != nil {
		return nil, err
	}
	if err := checkShape(root); err != nil {
		return nil, err
	}
	doc, err := load(text, root)
	if err != nil {
		return nil, err
	}
	operations, err := newReader(doc, &o).operations()
	if err != nil {
		return nil, err
	}
	return describe(operations, o.Rules)
}

// describe has every policy pass through its text: a table finds rules that are
// valid one by one and do not make sense together.
func describe(operations []Operation, own []scope.Policy) (*Description, error) {
	texts := make(map[string]string, len(operations))
	for _, o := range operations {
		texts[o.Name] = o.Policy.String()
	}
	table, err := scope.ReadTable(texts, own...)
	if err != nil {
		return nil, err
	}
	for i := range operations {
		operations[i].Policy = table.Policy(operations[i].Name)
	}
	return &Description{operations, table}, nil
}

// Operations lists the operations in the order of their paths and methods.
func (d *Description) Operations() []Operation { return slices.Clone(d.operations) }

// Lookup returns the operation with an operationId, or with a pattern such as
// "GET /photos/{id}".
func (d *Description) Lookup(name string) (Operation, bool) {
	for _, o := range d.operations {
		if o.Name == name || o.Pattern == name {
			return o, true
		}
	}
	return Operation{}, false
}

// Table returns the operations by name, so that gRPC methods can refer to them
// too, and its Audit can compare them with what the guards of a service serve.
func (d *Description) Table() *scope.Table { return d.table }

// String is a table of the operations and their policies, a line each, to print
// when a service starts and to compare in a test.
func (d *Description) String() string {
	var patterns, names int
	for _, o := range d.operations {
		patterns, names = max(patterns, len(o.Pattern)), max(names, len(o.Name))
	}
	var b strings.Builder
	for _, o := range d.operations {
		fmt.Fprintf(&b, "%-*s  %-*s  %v\n", patterns, o.Pattern, names, o.Name, o.Policy)
	}
	return b.String()
}
