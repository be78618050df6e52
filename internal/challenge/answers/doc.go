// Package answers has no code but tests: the table of package challenge, on its
// own and as both guards answer from it. They stand apart since they need grpc:
// a service with HTTP only would otherwise have grpc in its go.sum, by way of
// the tests of what middleware imports.
package answers
