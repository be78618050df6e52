// Package albumspb is the generated code of albums.proto, the gRPC face of the
// album service of the examples.
//
// To generate it again: protoc 3.21 or later, protoc-gen-go v1.36.10 and
// protoc-gen-go-grpc v1.5.1 on the PATH, then go generate.
package albumspb

//go:generate protoc --go_out=. --go_opt=paths=source_relative --go-grpc_out=. --go-grpc_opt=paths=source_relative albums.proto
