package scope_test

import (
	"fmt"

	"github.com/postern-go/postern/scope"
)

// A table from a file names the operations that routes need before one of them is
// registered.
func ExampleReadTable() {
	ops, err := scope.ReadTable(map[string]string{
		"photos.list": "all(photos:read)",
		"photos.drop": "all(photos:write) and all roles(admin)",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ops.Require("photos.list", "photos.add"))

	_, err = scope.ReadTable(map[string]string{"photos.list": "all(photos:read) or public"})
	fmt.Println(err)
	// Output:
	// scope: invalid configuration: operation "photos.add": is not in the table
	// scope: invalid configuration: operation "photos.list": text of a policy, column 21: "public" beside other rules, want it alone: one of the two would be ignored
}

// A service compares its table with what it serves before it serves. Each guard
// has a Posture; this one is made by hand.
func ExampleTable_Audit() {
	ops := scope.NewTable(
		scope.Operation{Name: "photos.list", Policy: scope.All("photos:read")},
		scope.Operation{Name: "photos.add", Policy: scope.All("photos:write")},
	)
	guard := scope.NewPosture(scope.HTTP, scope.Resource{}, nil)
	guard.Add("GET /photos", ops.Policy("photos.list").And(scope.User), nil)
	guard.Add("GET /healthz", scope.Public, nil)
	fmt.Println(ops.Audit(guard))
	guard.Add("POST /photos", ops.Policy("photos.add"), nil)
	fmt.Println(ops.Audit(guard.Except("GET /healthz")))
	// Output:
	// scope: invalid configuration: rule "GET /healthz" of the guard over "http" refers to no operation of the table
	// scope: invalid configuration: operation "photos.add": no rule of a guard refers to it
	// <nil>
}

// A generic handler finds the policy of an operation by a name that is no literal.
// A name that is not there has the policy that refuses every call.
func ExampleTable_Lookup() {
	ops := scope.NewTable(scope.Operation{Name: "photos.list", Policy: scope.All("photos:read")})
	for _, o := range ops.Operations() {
		fmt.Println(o.Name, "needs", o.Policy)
	}
	p, ok := ops.Lookup("photos.lst")
	fmt.Println(p, ok)
	// Output:
	// photos.list needs all(photos:read)
	// refused false
}
