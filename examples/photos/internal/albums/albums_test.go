package albums_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "github.com/postern-go/postern/examples/internal/albumspb"
	"github.com/postern-go/postern/examples/internal/serve"
	"github.com/postern-go/postern/examples/photos/internal/albums"
	"github.com/postern-go/postern/grpcauth/grpcauthtest"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

func start(t *testing.T) (pb.AlbumServiceClient, *albums.Store, *tokentest.Issuer) {
	t.Helper()
	issuer := tokentest.NewIssuer(t, nil)
	verifier, err := token.NewVerifier(issuer.Config())
	require.NoError(t, err)
	store := new(albums.Store)
	srv, err := albums.NewServer(verifier, store, nil)
	require.NoError(t, err)
	ln, err := serve.Loopback()
	require.NoError(t, err)
	go func() { _ = srv.Serve(ln) }() // ends with Stop
	t.Cleanup(srv.Stop)
	conn, err := grpc.NewClient(ln.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return pb.NewAlbumServiceClient(conn), store, issuer
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	client, _, issuer := start(t)
	refusals.Test(t, issuer, grpcauthtest.Target(func(ctx context.Context, opts ...grpc.CallOption) error {
		_, err := client.ListAlbums(ctx, &pb.ListAlbumsRequest{}, opts...)
		return err
	}), &refusals.Config{Scopes: []string{"photos:read"}})
}

func TestAlbums(t *testing.T) {
	t.Parallel()
	client, store, issuer := start(t)
	olivia := token.Principal{Issuer: issuer.Identifier(), Subject: "olivia"}
	_, ok := store.Add(olivia, "Winter", "p1", "p2")
	require.True(t, ok)
	with := func(edits ...tokentest.Edit) context.Context {
		return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+issuer.Token(edits...))
	}
	own, err := client.ListAlbums(with(tokentest.Subject("olivia"), tokentest.Scope("photos:read")), &pb.ListAlbumsRequest{})
	require.NoError(t, err)
	require.Len(t, own.GetAlbums(), 1)
	assert.Equal(t, []string{"p1", "p2"}, own.GetAlbums()[0].GetPhotoIds())
	other, err := client.ListAlbums(with(tokentest.Subject("ben"), tokentest.Scope("photos:read")), &pb.ListAlbumsRequest{})
	require.NoError(t, err)
	assert.Empty(t, other.GetAlbums())

	write := with(tokentest.Subject("ben"), tokentest.Scope("photos:write"))
	_, err = client.CreateAlbum(write, &pb.CreateAlbumRequest{Title: "On the way"})
	require.NoError(t, err)
	_, err = client.CreateAlbum(write, &pb.CreateAlbumRequest{Title: " "})
	assert.Equal(t, codes.InvalidArgument, status.Code(err))
	_, err = client.CreateAlbum(with(tokentest.Scope("photos:read")), &pb.CreateAlbumRequest{Title: "x"})
	assert.Equal(t, codes.PermissionDenied, status.Code(err))

	count, err := client.CountAlbums(with(tokentest.ClientCredentials(), tokentest.Scope("photos:count")), &pb.CountAlbumsRequest{})
	require.NoError(t, err)
	assert.EqualValues(t, 2, count.GetAlbums())
	_, err = client.CountAlbums(with(tokentest.Scope("photos:count")), &pb.CountAlbumsRequest{})
	assert.Equal(t, codes.PermissionDenied, status.Code(err), "there is an owner behind the call")
}

func TestAlbumsAreBounded(t *testing.T) {
	t.Parallel()
	store, owner := new(albums.Store), token.Principal{Issuer: "i", Subject: "s"}
	for range 100 {
		_, ok := store.Add(owner, "album")
		require.True(t, ok)
	}
	_, ok := store.Add(owner, "one too many")
	assert.False(t, ok)
}
