package story

import (
	"context"
	"fmt"
	"net/http"
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
		"Somebody has got past the public API and calls the photo service (HTTP) and the album service (gRPC) "+
			"straight. Each decides alone; beside each answer stands the reason, which only its operator gets to see.")
	for _, a := range s.attempts() {
		s.tryBoth(ctx, a)
	}
	s.play(ctx, step{
		who: printingService, whom: authServer, asked: "GET /userinfo", with: "Olivia's token, which is for the photos",
		want: "401 audience", deciders: []string{authServer}, do: s.asksUserinfo,
	})
	const late = tokenLifetime + time.Minute // more than the leeway given to clocks
	s.clock.moveOn(late)
	s.tryBoth(ctx, attempt{
		with: fmt.Sprintf("Olivia's token, %v later", late), token: s.given(&s.accessToken),
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
			with: "a forged token: signed by a stranger with a key nobody knows", token: s.forged(signedByUnknown), write: true,
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
	method, body := http.MethodGet, ""
	if write {
		method, body = http.MethodPost, `{"title": "Kilroy was here"}`
	}
	return step{
		whom: photoService, asked: method + " /photos", deciders: []string{photoService},
		do: s.get(photoService, method, s.photosURL+"/photos", bearer, body),
	}
}

func (s *story) albumsCall(write bool, bearer string) step {
	name := "ListAlbums"
	call := func(ctx context.Context) (string, any) {
		return rpc(ctx, s.albums.ListAlbums, &pb.ListAlbumsRequest{}, bearer)
	}
	if write {
		name = "CreateAlbum"
		call = func(ctx context.Context) (string, any) {
			return rpc(ctx, s.albums.CreateAlbum, &pb.CreateAlbumRequest{Title: "Kilroy was here"}, bearer)
		}
	}
	return step{
		whom: albumService, asked: name, deciders: []string{albumService},
		do: func(ctx context.Context) answer {
			code, _ := call(ctx)
			return verdict(&s.Town.recorder, albumService, code, "")
		},
	}
}

// get is an HTTP call to a service that decides about it.
func (s *story) get(service, method, to, bearer, body string) func(context.Context) answer {
	return func(ctx context.Context) answer {
		resp, err := s.send(ctx, method, to, bearer, body)
		if err != nil {
			return noAnswer(err)
		}
		note := ""
		if challenge := resp.header.Get("WWW-Authenticate"); challenge != "" {
			note = "the caller is told: " + challenge
		}
		if later := resp.header.Get("Retry-After"); later != "" {
			note = "the caller is told: Retry-After: " + later
		}
		return verdict(&s.Town.recorder, service, fmt.Sprint(resp.status), note)
	}
}

func (s *story) asksUserinfo(ctx context.Context) answer {
	return s.get(authServer, http.MethodGet, s.issuerURL+"/userinfo", s.accessToken, "")(ctx)
}
