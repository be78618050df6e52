package contrib

import (
	"context"
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	gatewaypb "github.com/postern-go/postern/examples/contrib/internal/albumspb"
	"github.com/postern-go/postern/examples/internal/albumspb"
	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// AlbumPolicies are the policies of the album service, for its gRPC server.
func AlbumPolicies() grpcauth.Policies {
	return grpcauth.Policies{
		albumspb.AlbumService_ListAlbums_FullMethodName:  scope.All("photos:read"),
		albumspb.AlbumService_CreateAlbum_FullMethodName: scope.All("photos:write"),
		albumspb.AlbumService_CountAlbums_FullMethodName: scope.Public,
	}
}

// Gateway is grpc-gateway in front of a gRPC server, over a connection. The
// interceptors of that server decide, and its refusals reach the caller whole.
// The gateway passes Authorization on by itself.
func Gateway(ctx context.Context, conn *grpc.ClientConn) (http.Handler, error) {
	mux := runtime.NewServeMux(runtime.WithErrorHandler(gatewayError))
	return mux, gatewaypb.RegisterAlbumServiceHandler(ctx, mux, conn)
}

func gatewayError(ctx context.Context, mux *runtime.ServeMux, m runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
	md, _ := runtime.ServerMetadataFromContext(ctx)
	if !grpcauth.WriteHTTP(w, err, md.TrailerMD) {
		runtime.DefaultHTTPErrorHandler(ctx, mux, m, w, r, err)
	}
}

// GatewayInProcess registers the service with the gateway directly. No
// interceptor runs then, so the routes are guarded over HTTP.
func GatewayInProcess(ctx context.Context, auth *middleware.Middleware) (http.Handler, error) {
	gateway, err := UnguardedGateway(ctx)
	if err != nil {
		return nil, err
	}
	mux := auth.NewMux()
	mux.Handle("GET /v1/albums", scope.All("photos:read"), gateway)
	mux.Handle("POST /v1/albums", scope.All("photos:write"), gateway)
	mux.Handle("GET /v1/albums:count", scope.Public, gateway)
	return mux, nil
}

// UnguardedGateway is open to everyone, even if the gRPC server has a guard.
func UnguardedGateway(ctx context.Context) (http.Handler, error) {
	mux := runtime.NewServeMux()
	return mux, gatewaypb.RegisterAlbumServiceHandlerServer(ctx, mux, &Albums{})
}

// Albums is the album service. Everyone has one album, named after them.
type Albums struct {
	albumspb.UnimplementedAlbumServiceServer
}

// ListAlbums lists the one album.
func (*Albums) ListAlbums(ctx context.Context, _ *albumspb.ListAlbumsRequest) (*albumspb.ListAlbumsResponse, error) {
	owner := "nobody"
	if t, ok := token.FromContext(ctx); ok {
		owner = t.Subject()
	}
	return &albumspb.ListAlbumsResponse{Albums: []*albumspb.Album{{Id: "1", Title: "of " + owner}}}, nil
}

// CountAlbums counts the one album.
func (*Albums) CountAlbums(context.Context, *albumspb.CountAlbumsRequest) (*albumspb.CountAlbumsResponse, error) {
	return &albumspb.CountAlbumsResponse{Albums: 1}, nil
}
