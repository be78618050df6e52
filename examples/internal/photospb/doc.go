// Package photospb is the generated code of photos.proto, the gRPC face of the
// photo service of the examples.
//
// To generate photos.pb.go again, run go generate, which needs nothing but Go.
// photos_grpc.pb.go changes with the methods and their messages alone. To
// generate that: protoc 3.21 or later and protoc-gen-go-grpc v1.5.1 on the PATH,
// with --go-grpc_out=. --go-grpc_opt=paths=source_relative and the two
// directories of the line below as -I.
package photospb

//go:generate go run -C ../../../internal/check/protogen . -I ../../../examples/internal/photospb -I ../../../grpcauth/protopolicy photos.proto
