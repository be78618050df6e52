package photosvc

import (
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	reflectionv1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"

	"github.com/postern-go/postern/scope"
)

// Rights over photos.
const (
	ScopeRead  = "photos:read"
	ScopeWrite = "photos:write"
	ScopeCount = "photos:count"
)

// The operations of the service, which both faces refer to.
const (
	ListPhotos = "photos.list"
	AddPhoto   = "photos.add"
	WhoAmI     = "whoami"
)

// Operations says who may do what.
func Operations() *scope.Table {
	return scope.NewTable(
		scope.Operation{Name: ListPhotos, Policy: scope.All(ScopeRead)},
		scope.Operation{Name: AddPhoto, Policy: scope.All(ScopeWrite)},
		scope.Operation{Name: WhoAmI, Policy: scope.Authenticated},
	)
}

// ofCaller is the policy of an operation whose handler needs to know the caller. It
// asks for a token even if a table from a file does not.
func ofCaller(ops *scope.Table, name string) scope.Policy {
	return ops.Policy(name).And(scope.Authenticated)
}

// Audit compares a table of operations with what the two faces serve. Health and
// reflection are for machines of the house and no operations.
func Audit(ops *scope.Table, http, grpc scope.Posture) error {
	return ops.Audit(http.Except("GET /healthz"), grpc.Except(
		healthpb.Health_Check_FullMethodName, healthpb.Health_List_FullMethodName, healthpb.Health_Watch_FullMethodName,
		reflectionv1.ServerReflection_ServerReflectionInfo_FullMethodName,
		reflectionv1alpha.ServerReflection_ServerReflectionInfo_FullMethodName,
	))
}
