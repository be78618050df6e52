package photosvc

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	reflectionv1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/postern-go/postern/examples/internal/photospb"
	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/grpcauth/protopolicy"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Policies says what each gRPC method needs. Each method of the photo service
// names its operation in photos.proto; the error is about one that does not. Health
// and reflection are open to everyone because this list says so, and for no other
// reason. ops is as for Route.
func Policies(ops *scope.Table) (grpcauth.Policies, error) {
	policies, err := protopolicy.Policies(&protopolicy.Options{Table: ops}, pb.PhotoService_ServiceDesc.ServiceName)
	if err != nil {
		return nil, err
	}
	for method, policy := range policies {
		policies[method] = policy.And(scope.Authenticated) // see ofCaller
	}
	for _, method := range []string{
		healthpb.Health_Check_FullMethodName,
		healthpb.Health_List_FullMethodName,
		healthpb.Health_Watch_FullMethodName,
		reflectionv1.ServerReflection_ServerReflectionInfo_FullMethodName,
		reflectionv1alpha.ServerReflection_ServerReflectionInfo_FullMethodName,
	} {
		policies[method] = scope.Public
	}
	return policies, nil
}

// Register registers photos.v1.PhotoService on srv.
func Register(srv grpc.ServiceRegistrar, store *Store) {
	pb.RegisterPhotoServiceServer(srv, &grpcFace{store: store})
}

type grpcFace struct {
	pb.UnimplementedPhotoServiceServer
	store *Store
}

func (g *grpcFace) ListPhotos(ctx context.Context, _ *pb.ListPhotosRequest) (*pb.ListPhotosResponse, error) {
	answer := new(pb.ListPhotosResponse)
	for _, p := range g.store.List(owner(ctx)) {
		answer.Photos = append(answer.Photos, photoPB(p))
	}
	return answer, nil
}

func (g *grpcFace) AddPhoto(ctx context.Context, req *pb.AddPhotoRequest) (*pb.AddPhotoResponse, error) {
	p, err := g.store.Add(owner(ctx), req.GetTitle())
	if err != nil {
		return nil, storeStatus(err)
	}
	return &pb.AddPhotoResponse{Photo: photoPB(p)}, nil
}

func (g *grpcFace) WhoAmI(ctx context.Context, _ *pb.WhoAmIRequest) (*pb.WhoAmIResponse, error) {
	t, _ := token.FromContext(ctx)
	return &pb.WhoAmIResponse{
		Sub: t.Subject(), ClientId: t.ClientID(), Scope: strings.Join(t.Scopes(), " "), Iss: t.Issuer(),
	}, nil
}

// WatchPhotos needs no clock of its own: the interceptor ends the stream's
// context when the token ends.
func (g *grpcFace) WatchPhotos(_ *pb.WatchPhotosRequest, stream grpc.ServerStreamingServer[pb.WatchPhotosResponse]) error {
	ctx := stream.Context()
	for sent := 0; ; {
		fresh, more := g.store.After(owner(ctx), sent)
		for _, p := range fresh {
			if err := stream.Send(&pb.WatchPhotosResponse{Photo: photoPB(p)}); err != nil {
				return err
			}
		}
		sent += len(fresh)
		select {
		case <-more:
		case <-ctx.Done():
			return status.FromContextError(ctx.Err()).Err()
		}
	}
}

// owner is whose photos the call is about. The policies of the methods that
// use it demand a token, so that there always is one.
func owner(ctx context.Context) token.Principal {
	t, _ := token.FromContext(ctx)
	return t.Principal()
}

func storeStatus(err error) error {
	switch {
	case errors.Is(err, ErrTitle):
		return status.Error(codes.InvalidArgument, "a title has 1 to 80 printable characters")
	case errors.Is(err, ErrFull):
		return status.Error(codes.ResourceExhausted, "no more room")
	default:
		return status.Error(codes.Internal, "the photo service failed")
	}
}

func photoPB(p Photo) *pb.Photo {
	return &pb.Photo{Id: p.ID, Title: p.Title, Added: timestamppb.New(p.Added), Image: p.Image}
}
