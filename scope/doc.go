// Package scope decides whether a good token is enough for a call.
//
// A [Policy] is a value, the same for HTTP and gRPC:
//
//	scope.All("orders:read")
//	scope.Any("orders:read", "orders:admin")
//	scope.All("orders:write").And(scope.User)
//	scope.All("orders:export").Or(scope.AllOf("roles", "manager"))
//	scope.ClientID("payments").And(scope.Issuer("https://as.example.com"))
//
// The proof of a user differs between issuers: scope.User needs the marks in
// Profile.Users of the token.Config, and [Policy.NeverMet] tells at start
// whether they are missing.
//
// Roles, groups and permissions are sets of their own, which Profile.Sets names.
// They never stand for scopes.
//
// The zero Policy refuses every call, so that a forgotten rule lets no caller
// in.
package scope
