package story

import (
	"context"
	"time"

	pb "github.com/postern-go/postern/examples/internal/albumspb"
)

// attempt is something presented straight to the internal services, and what
// each of them should answer.
type attempt struct {
	with  string
	token func(ctx context.Context) (string, error)
	write bool // add something, instead of listing
	http  string
	grpc  string
}

func (s *story) servicesEnforceThemselves(ctx context.Context) {
	s.act("3. Each internal service enforces the token itself",
		"A stranger has got past the public API and calls the photo service (HTTP) and the album service (gRPC) "+
			"straight. Each decides alone; beside each answer stands the reason, which only its operator gets to see.")
	for _, a := range s.attempts() {
		s.tryBoth(ctx, a)
	}
	s.play(ctx, step{
		who: printingService, whom: authServer, asked: "GET /userinfo", with: "Olivia's token, which is for the photos",
		want: "401 audience", deciders: []string{authServer}, do: s.get(authServer, "/userinfo", &s.accessToken),
	})
	const late = tokenLifetime + time.Minute // more than the leeway given to clocks
	s.clock.moveOn(late)
	s.tryBoth(ctx, attempt{
		with: "Olivia's token, " + minutes(late) + " later", token: s.given(&s.accessToken),
		http: "401 expired", grpc: "UNAUTHENTICATED expired",
	})
}

func (s *story) attempts() []attempt {
	return []attempt{
		{with: "Olivia's token, to see that good ones pass", token: s.given(&s.accessToken), http: "200", grpc: "OK"},
		{with: "no token", token: s.given(new(string)), http: "401 missing", grpc: "UNAUTHENTICATED missing"},
		{
			with: "Olivia's ID token, which says who she is and allows nothing", token: s.given(&s.idToken),
			http: "401 type", grpc: "UNAUTHENTICATED type",
		},
		{
			with: "a token for another API, the archive", token: s.tokenForArchive,
			http: "401 audience", grpc: "UNAUTHENTICATED audience",
		},
		{
			with: "Olivia's token, which lacks photos:write", token: s.given(&s.accessToken), write: true,
			http: "403 scope", grpc: "PERMISSION_DENIED scope",
		},
		{
			with: "a forged token: photos:write written into Olivia's", token: s.forged(withMoreRights), write: true,
			http: "401 signature", grpc: "UNAUTHENTICATED signature",
		},
		{
			with: "a forged token: signed by a stranger in the issuer's name", token: s.forged(signedByStranger), write: true,
			http: "401 signature", grpc: "UNAUTHENTICATED signature",
		},
		{
			with: "a forged token: signed by a stranger with an unknown key", token: s.forged(signedByUnknown), write: true,
			http: "401 unknown_key", grpc: "UNAUTHENTICATED unknown_key",
		},
		{
			with: "a forged token: not signed, alg none", token: s.forged(unsigned), write: true,
			http: "401 algorithm", grpc: "UNAUTHENTICATED algorithm",
		},
	}
}

// tryBoth presents the same thing over HTTP and over gRPC.
func (s *story) tryBoth(ctx context.Context, a attempt) {
	bearer, err := a.token(ctx)
	failed := func(context.Context) answer { return noAnswer(err) }
	onHTTP, onGRPC := s.photosCall(a.write, bearer), s.albumsCall(a.write, bearer)
	if err != nil {
		onHTTP.do, onGRPC.do = failed, failed
	}
	onHTTP.who, onHTTP.with, onHTTP.want = stranger, a.with, a.http
	onGRPC.who, onGRPC.with, onGRPC.want = stranger, "", a.grpc
	s.play(ctx, onHTTP)
	s.play(ctx, onGRPC)
}

func (s *story) photosCall(write bool, bearer string) step {
	r := request{url: s.photosURL + "/photos", bearer: bearer}
	asked := "GET /photos"
	if write {
		asked, r.body = "POST /photos", `{"title": "Kilroy was here"}`
	}
	return step{whom: photoService, asked: asked, deciders: []string{photoService}, do: s.ask(photoService, r)}
}

func (s *story) albumsCall(write bool, bearer string) step {
	asked := "ListAlbums"
	call := func(ctx context.Context) string {
		return rpc(ctx, s.albums.ListAlbums, &pb.ListAlbumsRequest{}, bearer)
	}
	if write {
		asked = "CreateAlbum"
		call = func(ctx context.Context) string {
			return rpc(ctx, s.albums.CreateAlbum, &pb.CreateAlbumRequest{Title: "Kilroy was here"}, bearer)
		}
	}
	return step{whom: albumService, asked: asked, deciders: []string{albumService}, do: s.askAlbums(call)}
}
