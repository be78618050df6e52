// Package albums is the album service of the photo story: a gRPC service that
// knows which of an owner's photos belong together, and guards that by itself.
package albums

import (
	"context"
	"fmt"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/local"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	reflectionv1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/grpc/status"

	pb "github.com/postern-go/postern/examples/internal/albumspb"
	"github.com/postern-go/postern/examples/internal/photosvc"
	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// policies says what each method needs. A method that is not in the list is
// refused to everyone, and Audit names it before the server starts.
func policies() grpcauth.Policies {
	return grpcauth.Policies{
		pb.AlbumService_ListAlbums_FullMethodName:  scope.All(photosvc.ScopeRead),
		pb.AlbumService_CreateAlbum_FullMethodName: scope.All(photosvc.ScopeWrite),
		// Whoever counts must be a service of the house, with no owner behind.
		pb.AlbumService_CountAlbums_FullMethodName: scope.All(photosvc.ScopeCount).And(scope.Client),

		healthpb.Health_Check_FullMethodName: scope.Public,
		healthpb.Health_List_FullMethodName:  scope.Public,
		healthpb.Health_Watch_FullMethodName: scope.Public,

		reflectionv1.ServerReflection_ServerReflectionInfo_FullMethodName:      scope.Public,
		reflectionv1alpha.ServerReflection_ServerReflectionInfo_FullMethodName: scope.Public,
	}
}

// NewServer is a gRPC server with the album service on it, guarded by auth,
// for connections on this machine. The options come last.
func NewServer(auth token.Authenticator, store *Store, trace *scope.Trace, opts ...grpc.ServerOption) (*grpc.Server, error) {
	guard := grpcauth.New(auth, policies(), &grpcauth.Config{Resource: scope.Resource{Realm: "albums"}, Trace: trace})
	return guard.NewServer(func(s *grpc.Server) {
		pb.RegisterAlbumServiceServer(s, &service{store: store})
		healthpb.RegisterHealthServer(s, health.NewServer())
		reflection.Register(s)
	}, append([]grpc.ServerOption{grpc.Creds(local.NewCredentials())}, opts...)...)
}

// maxAlbums is how many albums one owner may have.
const maxAlbums = 100

// Store keeps albums in memory. The zero value is an empty store, ready to
// use, by several goroutines at once.
type Store struct {
	mu     sync.Mutex
	albums map[token.Principal][]*pb.Album
	total  int
}

// Add makes a new album of owner. It reports false if there are too many.
func (s *Store) Add(owner token.Principal, title string, photoIDs ...string) (*pb.Album, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.albums[owner]) >= maxAlbums {
		return nil, false
	}
	if s.albums == nil {
		s.albums = make(map[token.Principal][]*pb.Album)
	}
	s.total++
	a := &pb.Album{Id: fmt.Sprintf("a%d", s.total), Title: title, PhotoIds: photoIDs}
	s.albums[owner] = append(s.albums[owner], a)
	return a, true
}

func (s *Store) list(owner token.Principal) []*pb.Album {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*pb.Album(nil), s.albums[owner]...)
}

func (s *Store) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// service is the gRPC face of a Store. Whose albums a call is about is the
// subject of the verified token, which the policies make sure is there.
type service struct {
	pb.UnimplementedAlbumServiceServer
	store *Store
}

func (s *service) ListAlbums(ctx context.Context, _ *pb.ListAlbumsRequest) (*pb.ListAlbumsResponse, error) {
	t, _ := token.FromContext(ctx)
	return &pb.ListAlbumsResponse{Albums: s.store.list(t.Principal())}, nil
}

func (s *service) CreateAlbum(ctx context.Context, req *pb.CreateAlbumRequest) (*pb.CreateAlbumResponse, error) {
	t, _ := token.FromContext(ctx)
	if !photosvc.ValidTitle(req.GetTitle()) {
		return nil, status.Error(codes.InvalidArgument, "a title has 1 to 80 printable characters")
	}
	a, ok := s.store.Add(t.Principal(), req.GetTitle())
	if !ok {
		return nil, status.Error(codes.ResourceExhausted, "no more room")
	}
	return &pb.CreateAlbumResponse{Album: a}, nil
}

func (s *service) CountAlbums(context.Context, *pb.CountAlbumsRequest) (*pb.CountAlbumsResponse, error) {
	return &pb.CountAlbumsResponse{Albums: int64(s.store.count())}, nil
}
