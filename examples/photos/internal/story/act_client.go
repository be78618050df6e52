package story

import (
	"context"

	pb "github.com/postern-go/postern/examples/internal/albumspb"
	"github.com/postern-go/postern/examples/internal/photosvc"
)

// Tokens that clients get for themselves.

func (s *story) archivistToken(ctx context.Context, resource string) (string, error) {
	return s.ownToken(ctx, ownClient{"archivist", s.secrets.archivist, photosvc.ScopeRead}, resource)
}

func (s *story) tokenForArchive(ctx context.Context) (string, error) {
	return s.archivistToken(ctx, archiveResource)
}

func (s *story) statisticsToken(ctx context.Context) (string, error) {
	return s.ownToken(ctx, ownClient{"statistics", s.secrets.statistics, photosvc.ScopeCount}, photosResource)
}

func (s *story) clientActsForItself(ctx context.Context) {
	s.act("4. A client of the house acts on its own behalf",
		"The statistics job has no owner behind it. It gets its token by the client credentials grant, may count "+
			"all photos, and may look at none.")
	own := new(string)
	s.play(ctx, step{
		who: statistics, whom: authServer, asked: "a token for itself", with: "a wrong secret",
		want: "401 invalid_client", do: func(ctx context.Context) answer {
			_, err := s.ownToken(ctx, ownClient{"statistics", "wrong", photosvc.ScopeCount}, photosResource)
			return tokenEndpointAnswer(err)
		},
	})
	s.play(ctx, step{
		who: statistics, whom: authServer, asked: "a token for itself", with: "its secret",
		want: "200", do: func(ctx context.Context) (seen answer) {
			raw, err := s.statisticsToken(ctx)
			*own = raw
			return tokenEndpointAnswer(err)
		},
	})
	s.play(ctx, step{
		who: statistics, whom: publicAPI, asked: "GET /statistics", with: "that token",
		want: "200", deciders: []string{publicAPI, photoService, albumService},
		do: s.get(publicAPI, "/statistics", own),
	})
	s.play(ctx, step{
		who: statistics, whom: photoService, asked: "GET /photos", with: "that token",
		want: "403 scope", deciders: []string{photoService},
		do: s.get(photoService, "/photos", own),
	})
	s.play(ctx, step{
		who: statistics, whom: albumService, asked: "ListAlbums", with: "that token",
		want: "PERMISSION_DENIED scope", deciders: []string{albumService},
		do: s.askAlbums(func(ctx context.Context) string { return rpc(ctx, s.albums.ListAlbums, &pb.ListAlbumsRequest{}, *own) }),
	})
}
