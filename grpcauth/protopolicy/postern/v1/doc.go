// Package posternv1 is the generated code of postern/v1/policy.proto, the options
// of gRPC methods that package protopolicy reads. The generated code of a service
// that uses them imports it; nothing else has to.
//
// To generate it again, run go generate. It needs nothing but Go.
package posternv1

//go:generate go run -C ../../../../internal/check/protogen . -I ../../../grpcauth/protopolicy postern/v1/policy.proto
