package protopolicy_test

import (
	"fmt"
	"maps"
	"slices"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/grpcauth/protopolicy"
	posternv1 "github.com/postern-go/postern/grpcauth/protopolicy/postern/v1"
	"github.com/postern-go/postern/scope"
)

// ordersService stands for pb.Orders_ServiceDesc.ServiceName, of a file with
//
//	service Orders {
//	  rpc List(google.protobuf.Empty) returns (google.protobuf.Empty) {
//	    option (postern.v1.operation) = "orders.list";
//	  }
//	  rpc Export(google.protobuf.Empty) returns (google.protobuf.Empty) {
//	    option (postern.v1.policy) = "all(orders:export) and user";
//	  }
//	}
const ordersService = "shop.v1.Orders"

// The policies of the methods come from their .proto file, and that of the
// health check, which has no such options, from the program.
func ExamplePolicies() {
	loadOrders()
	operations := scope.NewTable(scope.Operation{Name: "orders.list", Policy: scope.All("orders:read")})

	policies, err := protopolicy.Policies(&protopolicy.Options{Table: operations}, ordersService)
	if err != nil {
		panic(err) // a method without an option, or a text that is no policy
	}
	maps.Copy(policies, grpcauth.Policies{healthpb.Health_Check_FullMethodName: scope.Public})

	for _, method := range slices.Sorted(maps.Keys(policies)) {
		fmt.Println(method, policies[method])
	}
	// Output:
	// /grpc.health.v1.Health/Check public
	// /shop.v1.Orders/Export all(orders:export) and user
	// /shop.v1.Orders/List all(orders:read)
}

// loadOrders does what the generated code of the file does.
func loadOrders() {
	list, export := new(descriptorpb.MethodOptions), new(descriptorpb.MethodOptions)
	proto.SetExtension(list, posternv1.E_Operation, "orders.list")
	proto.SetExtension(export, posternv1.E_Policy, "all(orders:export) and user")
	empty := proto.String("." + string((*emptypb.Empty)(nil).ProtoReflect().Descriptor().FullName()))
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name:       proto.String("shop/v1/orders.proto"),
		Package:    proto.String("shop.v1"),
		Dependency: []string{emptypb.File_google_protobuf_empty_proto.Path()},
		Service: []*descriptorpb.ServiceDescriptorProto{{
			Name: proto.String("Orders"),
			Method: []*descriptorpb.MethodDescriptorProto{
				{Name: proto.String("List"), InputType: empty, OutputType: empty, Options: list},
				{Name: proto.String("Export"), InputType: empty, OutputType: empty, Options: export},
			},
		}},
	}, protoregistry.GlobalFiles)
	if err != nil {
		panic(err)
	}
	if err := protoregistry.GlobalFiles.RegisterFile(file); err != nil {
		panic(err)
	}
}
