// Package protopolicy reads the policies of gRPC methods from options in their
// .proto file:
//
//	import "postern/v1/policy.proto";
//
//	service Orders {
//	  rpc List(ListRequest) returns (ListResponse) {
//	    option (postern.v1.policy) = "all(orders:read)";
//	  }
//	}
//
// [Policies] wants an option for every method, so that a method without one is
// found when the service starts:
//
//	policies, err := protopolicy.Policies(nil, pb.Orders_ServiceDesc.ServiceName)
//	...
//	guard := grpcauth.New(verifier, policies, nil)
//
// An option names a policy as scope.ParsePolicy reads it, or an operation of a
// scope.Table:
//
//	option (postern.v1.operation) = "orders.list";
//
// There is no option for a whole service or file. A method that is added later
// would get a policy that was not chosen for it.
//
// The file is postern/v1/policy.proto below this directory, which is what
// protoc's -I has to name:
//
//	protoc -I . -I "$(go list -f '{{.Dir}}' github.com/postern-go/postern/grpcauth/protopolicy)" ...
package protopolicy
