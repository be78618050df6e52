package scope_test

import (
	"fmt"
	"time"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// shopping is a token of alice's with these claims, as an Authenticator returns it.
func shopping(claims string) *token.Token {
	t, err := token.Vouched("", token.VouchedClaims{
		Issuer: "https://as.example.com", Audience: []string{"https://api.example.com"}, Expiry: time.Now().Add(time.Hour), Subject: "alice", ClientID: "shop",
		JSON: []byte(claims),
	})
	if err != nil {
		panic(err)
	}
	return t
}

// All that the call needs must be in one element: writing is granted for photos
// only.
func ExampleHasDetail() {
	t := shopping(`{"authorization_details":[
		{"type":"address-book","actions":["read"],"datatypes":["contacts"]},
		{"type":"address-book","actions":["write"],"datatypes":["photos"]}]}`)
	read := scope.HasDetail(scope.Detail{Type: "address-book", Actions: []string{"read"}, Datatypes: []string{"contacts"}})
	write := scope.HasDetail(scope.Detail{Type: "address-book", Actions: []string{"write"}, Datatypes: []string{"contacts"}})
	fmt.Println(read, read.Check(t) == nil)
	fmt.Println(write, token.Reason(write.Check(t)))
	// Output:
	// detail address-book(actions(read), datatypes(contacts)) true
	// detail address-book(actions(write), datatypes(contacts)) detail
}

// A type of the service's own has members that no other type has.
func ExampleDetails() {
	type transfer struct {
		Limit int `json:"limit"`
	}
	large := scope.Details("transfer", func(d transfer) bool { return d.Limit >= 1000 })
	fmt.Println(large, large.Check(shopping(`{"authorization_details":[{"type":"transfer","limit":5000}]}`)) == nil)
	// Output: detail transfer(func) true
}

// What the metadata of the service says it understands.
func ExamplePolicy_DetailTypes() {
	p := scope.All("pay").And(scope.HasDetail(scope.Detail{Type: "transfer"}).Or(scope.HasDetail(scope.Detail{Type: "payment"})))
	fmt.Println(p.DetailTypes())
	// Output: [transfer payment]
}

// A stolen bearer token exports no orders. It still lists them.
func ExampleBound() {
	for _, p := range []scope.Policy{scope.All("orders:read"), scope.All("orders:read").And(scope.Bound)} {
		t, err := token.Vouched("", token.VouchedClaims{
			Issuer: "https://as.example.com", Audience: []string{"https://api.example.com"}, Expiry: time.Now().Add(time.Minute), Scopes: []string{"orders:read"},
		})
		fmt.Println(p, err == nil && p.Check(t) == nil)
	}
	// Output:
	// all(orders:read) true
	// bound and all(orders:read) false
}

// Alice herself may cancel an order, and the help desk for her.
func ExampleActorIn() {
	p := scope.NotDelegated.Or(scope.ActorIn(token.Actor{Issuer: "https://as.example.com", Subject: "helpdesk"}))
	fmt.Println(p)
	for _, claims := range []string{
		`{}`, `{"act":{"sub":"helpdesk"}}`, `{"act":{"sub":"crawler"}}`, `{"act":{"sub":"crawler","act":{"sub":"helpdesk"}}}`,
	} {
		fmt.Println(p.Check(shopping(claims)) == nil)
	}
	// Output:
	// not delegated or actor(issuer(https://as.example.com) subject(helpdesk))
	// true
	// true
	// false
	// false
}
