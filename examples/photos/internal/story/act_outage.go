package story

import (
	"context"
	"fmt"
	"net/http"
	"time"

	pb "github.com/postern-go/postern/examples/internal/albumspb"
	"github.com/postern-go/postern/examples/photos/internal/authserver"
)

func (s *story) issuerGoesDown(ctx context.Context) {
	s.act("6. The issuer goes down",
		"Just before, it signs a last token with a key that no service has seen yet. Good calls go on; that token "+
			"cannot be judged, which is nobody's fault, so it is answered 503 and never 401.")
	known, unseen := new(string), new(string)
	s.clock.moveOn(time.Minute) // services ask for unknown keys every half minute at most
	s.play(ctx, step{
		who: statistics, whom: authServer, asked: "a token for itself", with: "the issuer's connections cut",
		want: "no answer", do: func(ctx context.Context) answer { return s.goDown(ctx, known, unseen) },
	})
	s.statisticsEverywhere(ctx, "a token of the key that the services know", known, "200", "OK")
	s.statisticsEverywhere(ctx, "a token of a key they have never seen", unseen,
		"503 keys_unavailable", "UNAVAILABLE keys_unavailable")
	s.clock.moveOn(keyLifetime + time.Minute)
	s.auth.SetOutage(authserver.Failing)
	s.statisticsEverywhere(ctx, fmt.Sprintf("the known key's token, %v later: the key set is past its lifetime, and the issuer "+
		"answers 503", keyLifetime+time.Minute), known, "200", "OK")
	s.auth.SetOutage(authserver.Up)
	s.play(ctx, step{
		who: statistics, whom: photoService, asked: "GET /statistics", with: "the unseen key's token, now that the issuer is back",
		want: "200", deciders: []string{photoService}, do: func(ctx context.Context) answer { return s.recovers(ctx, *unseen) },
	})
}

// goDown gets a token of a key that the services know, and one of a key they
// do not, and cuts the issuer off.
func (s *story) goDown(ctx context.Context, known, unseen *string) answer {
	var err error
	if *known, err = s.statisticsToken(ctx); err != nil {
		return answer{text: "no token", note: err.Error()}
	}
	if status := s.get(photoService, http.MethodGet, s.photosURL+"/statistics", *known, "")(ctx); status.text != "200" {
		return status
	}
	if _, err = s.auth.Keys().SignAtOnce(authserver.ES256); err != nil {
		return answer{text: "no key", note: err.Error()}
	}
	if *unseen, err = s.statisticsToken(ctx); err != nil {
		return answer{text: "no token", note: err.Error()}
	}
	s.auth.SetOutage(authserver.Cut)
	s.Town.recorder.take()
	_, err = s.statisticsToken(ctx)
	return tokenEndpointAnswer(err)
}

// statisticsEverywhere presents a token to all three services.
func (s *story) statisticsEverywhere(ctx context.Context, with string, raw *string, onHTTP, onGRPC string) {
	deciders := []string{publicAPI, photoService, albumService}
	if onHTTP != "200" {
		deciders = deciders[:1]
	}
	s.play(ctx, step{
		who: statistics, whom: photoService, asked: "GET /statistics", with: with,
		want: onHTTP, deciders: []string{photoService},
		do: s.get(photoService, http.MethodGet, s.photosURL+"/statistics", *raw, ""),
	})
	s.play(ctx, step{
		who: statistics, whom: albumService, asked: "CountAlbums",
		want: onGRPC, deciders: []string{albumService}, do: func(ctx context.Context) answer {
			code, _ := rpc(ctx, s.albums.CountAlbums, &pb.CountAlbumsRequest{}, *raw)
			return verdict(&s.Town.recorder, albumService, code, "")
		},
	})
	s.play(ctx, step{
		who: statistics, whom: publicAPI, asked: "GET /statistics",
		want: onHTTP, deciders: deciders,
		do: s.get(publicAPI, http.MethodGet, s.apiURL+"/statistics", *raw, ""),
	})
}

// recovers presents a token until it is accepted, second by second of the
// story's time: after failures, services give an issuer a moment of rest.
func (s *story) recovers(ctx context.Context, raw string) answer {
	call := s.get(photoService, http.MethodGet, s.photosURL+"/statistics", raw, "")
	var seen answer
	waited := time.Duration(0)
	_ = until(ctx, func() bool {
		s.Town.recorder.take()
		if seen = call(ctx); seen.text == "200" {
			return true
		}
		waited += time.Second
		s.clock.moveOn(time.Second)
		return waited > time.Minute
	})
	seen.note = fmt.Sprintf("%v after the issuer came back", waited)
	return seen
}
