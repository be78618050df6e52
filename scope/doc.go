// Package scope says what a good token must allow before a call goes through.
//
// A [Policy] is a value, the same for HTTP and gRPC:
//
//	scope.All("orders:read")
//	scope.Any("orders:read", "orders:admin")
//	scope.All("orders:write").And(scope.User)
//
// The zero Policy refuses every call, so that a rule somebody forgot to write
// lets nobody in.
package scope
