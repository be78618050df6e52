package scope_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

func ExampleAll() {
	p := scope.All("orders:read", "orders:write")
	fmt.Println(p)
	fmt.Println(p.Check(nil))
	// Output:
	// all(orders:read, orders:write)
	// token: no access token presented
}

func ExampleAny() {
	fmt.Println(scope.Any("orders:read", "orders:admin"))
	// Output: any(orders:read, orders:admin)
}

func ExampleClaims() {
	type employee struct {
		Department string `json:"department"`
	}
	ofFinance := scope.Claims("department finance", func(e employee) error {
		if e.Department != "finance" {
			return errors.New("not of the finance department")
		}
		return nil
	})
	fmt.Println(scope.All("ledger:write").And(ofFinance))
	// Output: all(ledger:write) and department finance
}

func ExamplePolicy_And() {
	fmt.Println(scope.User.And(scope.All("orders:write")))
	fmt.Println(scope.All("orders:write").And(scope.Policy{})) // a rule somebody forgot
	// Output:
	// all(orders:write) and user
	// refused
}

// A service that runs tries a new rule, and enforces the old one.
func ExamplePolicy_Rehearsed() {
	fmt.Println(scope.All("orders:read").And(scope.User.Rehearsed()))
	// Output: all(orders:read) and REHEARSAL(user)
}

// Guards make such a description of themselves; see Mux.Posture of package
// middleware. One of your own can be made in the same form.
func ExampleNewPosture() {
	verifier, err := token.NewVerifier(token.Config{Issuer: "https://as.example.com", Audience: []string{"https://api.example.com"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	p := scope.NewPosture("queue", scope.Resource{}, verifier)
	p.Add("orders.created", scope.User, verifier)
	fmt.Println(p.Ready(), p.Settings().Rules[0].NeverMet)
	// Output: false scope: invalid configuration: rule "user" of policy "user" is never met, since the issuer's profile has no marks for it (see Config.Profile.Users)
}

// What a rehearsed rule would have said.
func ExamplePolicy_WouldRefuse() {
	p := scope.Optional.And(scope.User.Rehearsed())
	fmt.Println(p.Check(nil), p.WouldRefuse(context.Background(), nil))
	// Output: <nil> token: no access token presented
}

// At start a service looks for rules that no token can meet.
func ExamplePolicy_NeverMet() {
	verifier, err := token.NewVerifier(token.Config{
		Issuer:   "https://as.example.com",
		Audience: []string{"https://api.example.com"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(scope.All("orders:write").NeverMet(verifier))
	fmt.Println(scope.User.NeverMet(verifier))
	// Output:
	// <nil>
	// scope: invalid configuration: rule "user" of policy "user" is never met, since the issuer's profile has no marks for it (see Config.Profile.Users)
}

// A service with a path for each tenant. Each tenant has an issuer.
func ExampleTenant() {
	realms := token.Template{Issuer: "https://sso.example.com/realms/{realm}"}
	type key struct{}
	p := scope.All("orders:read").And(scope.Tenant(
		func(t *token.Token) string {
			realm, _ := realms.Value(t.Issuer())
			return realm
		},
		func(ctx context.Context) string { // over HTTP, see middleware.RequestFrom
			tenant, _ := ctx.Value(key{}).(string)
			return tenant
		}))
	t, err := token.Vouched("", token.VouchedClaims{
		Issuer: "https://sso.example.com/realms/acme", Audience: []string{"https://api.example.com"},
		Scopes: []string{"orders:read"}, Expiry: time.Now().Add(time.Hour),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, tenant := range []string{"acme", "globex"} {
		fmt.Println(p.CheckCall(context.WithValue(context.Background(), key{}, tenant), t))
	}
	fmt.Println(p, errors.Is(p.Check(t), token.ErrDenied))
	// Output:
	// <nil>
	// scope: rule "tenant": access denied: the tenant of the token is "acme", want "globex", the tenant addressed
	// all(orders:read) and tenant true
}

func ExampleParse() {
	configured, err := scope.Parse("orders:read orders:write")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(scope.All(configured...))

	_, err = scope.Parse(`orders:"read"`)
	fmt.Println(errors.Is(err, scope.ErrSyntax))
	// Output:
	// all(orders:read, orders:write)
	// true
}

// Users need no scope here, and machines do. A machine without it learns which.
func ExamplePolicy_Or() {
	p := scope.All("orders:export").Or(scope.User).And(scope.Issuer("https://as.example.com"))
	fmt.Println(p)

	machine, err := token.Vouched("", token.VouchedClaims{
		Issuer: "https://as.example.com", Audience: []string{"https://api.example.com"}, Expiry: time.Now().Add(time.Hour),
		Subject: "job", ClientID: "job", SubjectKind: token.SubjectClient,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var short *token.ScopeError
	if errors.As(p.Check(machine), &short) {
		fmt.Println("needs", short.Need)
	}
	// Output:
	// (all(orders:export) or user) and issuer(https://as.example.com)
	// needs [orders:export]
}

// Only the payment service of the company's own issuer may call.
func ExampleClientID() {
	fmt.Println(scope.ClientID("payments").And(scope.Issuer("https://as.example.com")))
	// Output: client id(payments) and issuer(https://as.example.com)
}

// Customers come from one issuer and staff from another. Only staff may refund.
func ExampleIssuer() {
	fmt.Println(scope.All("refunds:make").And(scope.Issuer("https://staff.example.com")))
	// Output: all(refunds:make) and issuer(https://staff.example.com)
}

// A rule about a property of every token, under any name of the claim.
func ExampleFunc() {
	blocked := map[token.Principal]bool{{Issuer: "https://as.example.com", Subject: "mallory"}: true}
	notBlocked := scope.Func("not blocked", func(t *token.Token) error {
		if blocked[t.Principal()] {
			return errors.New("principal is on the list")
		}
		return nil
	})
	fmt.Println(scope.All("orders:read").And(notBlocked))
	// Output: all(orders:read) and not blocked
}

// Roles are told apart from scopes. Config.Profile.Sets says in which claim the
// issuer puts them.
func ExampleAllOf() {
	verifier, err := token.NewVerifier(token.Config{
		Issuer:   "https://as.example.com/realms/shop",
		Audience: []string{"https://api.example.com"},
		Profile: token.Profile{Sets: map[string][]token.Source{
			"roles": {{Path: []string{"realm_access", "roles"}}},
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	p := scope.All("orders:write").And(scope.AllOf("roles", "manager"))
	fmt.Println(p, p.NeverMet(verifier))
	fmt.Println(scope.AllOf("groups", "staff").NeverMet(verifier) != nil)
	// Output:
	// all(orders:write) and all roles(manager) <nil>
	// true
}

func ExampleAnyOf() {
	fmt.Println(scope.AnyOf("roles", "editor", "admin").Or(scope.All("articles:write")))
	// Output: any roles(editor, admin) or all(articles:write)
}

// Rules from a file. A rule of the program's own is found by its name.
func ExampleParsePolicy() {
	notBlocked := scope.Func("not blocked", func(*token.Token) error { return nil })
	p, err := scope.ParsePolicy("(all(orders:read) or client id(web)) and not blocked", notBlocked)
	fmt.Println(p, err)

	_, err = scope.ParsePolicy("public and all(orders:read)")
	fmt.Println(err)
	// Output:
	// (all(orders:read) or client id(web)) and not blocked <nil>
	// scope: invalid configuration: text of a policy, column 1: "public" beside other rules, want it alone: one of the two would be ignored
}

// Operations are declared once. Routes over HTTP, methods over gRPC and tools take
// their policy from the table.
func ExampleNewTable() {
	ops := scope.NewTable(
		scope.Operation{Name: "photos.list", Policy: scope.All("photos:read")},
		scope.Operation{Name: "photos.add", Policy: scope.All("photos:write").And(scope.User)},
	)
	fmt.Print(ops)
	p := ops.Policy("photos.list")
	fmt.Println(p, "for", p.Operation())
	// Output:
	// photos.add   all(photos:write) and user
	// photos.list  all(photos:read)
	// all(photos:read) for photos.list
}
