// Package albumspb is the generated gateway from HTTP to the album service of
// the examples, by grpc-gateway.
//
// To generate it again: protoc 3.21 or later and protoc-gen-grpc-gateway v2.27.3
// on the PATH, then go generate.
package albumspb

//go:generate protoc -I ../../../internal/albumspb --grpc-gateway_out=. --grpc-gateway_opt=paths=source_relative,standalone=true,grpc_api_configuration=albums.yaml albums.proto
