package story

import (
	"context"
	"fmt"
	"time"

	pb "github.com/postern-go/postern/examples/internal/albumspb"
	"github.com/postern-go/postern/examples/photos/internal/authserver"
)

func (s *story) issuerGoesDown(ctx context.Context) {
	s.act("6. The issuer goes down",
		"Just before, it signs a last token with a key that no service has seen yet. Good calls go on; that token "+
			"cannot be judged, which is not its fault, so it is answered 503 and never 401.")
	known, unseen := new(string), new(string)
	s.clock.moveOn(time.Minute) // services ask for unknown keys every half minute at most
	s.play(ctx, step{
		who: statistics, whom: authServer, asked: "a token for itself", with: "the issuer's connections cut",
		want: "no answer", do: func(ctx context.Context) answer { return s.goDown(ctx, known, unseen) },
	})
	s.statisticsEverywhere(ctx, attempt{with: "a token of the key that the services know", http: "200", grpc: "OK"}, known)
	s.statisticsEverywhere(ctx, attempt{
		with: "a token of a key they have never seen", http: "503 keys_unavailable", grpc: "UNAVAILABLE keys_unavailable",
	}, unseen)
	s.clock.moveOn(keyLifetime + time.Minute)
	s.auth.SetOutage(authserver.Failing)
	s.statisticsEverywhere(ctx, attempt{
		with: "the known key's token, " + minutes(keyLifetime+time.Minute) + " later: the key set is past its lifetime, and the issuer " +
			"answers 503", http: "200", grpc: "OK",
	}, known)
	s.auth.SetOutage(authserver.Up)
	back := s.countsPhotos("the unseen key's token, now that the issuer is back", "200", unseen)
	back.do = s.untilAccepted(back.do)
	s.play(ctx, back)
}

// goDown gets a token of a key that the services know, and one of a key they
// do not, and cuts the issuer off.
func (s *story) goDown(ctx context.Context, known, unseen *string) answer {
	var err error
	if *known, err = s.statisticsToken(ctx); err != nil {
		return answer{text: "no token", note: err.Error()}
	}
	if status := s.get(photoService, "/statistics", known)(ctx); status.text != "200" {
		return status
	}
	if _, err = s.auth.Keys().SignAtOnce(authserver.ES256); err != nil {
		return answer{text: "no key", note: err.Error()}
	}
	if *unseen, err = s.statisticsToken(ctx); err != nil {
		return answer{text: "no token", note: err.Error()}
	}
	s.auth.SetOutage(authserver.Cut)
	s.town.recorder.take()
	_, err = s.statisticsToken(ctx)
	return tokenEndpointAnswer(err)
}

// statisticsEverywhere presents a token to all three services.
func (s *story) statisticsEverywhere(ctx context.Context, a attempt, raw *string) {
	deciders := []string{publicAPI, photoService, albumService}
	if a.http != "200" {
		deciders = deciders[:1]
	}
	s.play(ctx, s.countsPhotos(a.with, a.http, raw))
	s.play(ctx, step{
		who: statistics, whom: albumService, asked: "CountAlbums", want: a.grpc, deciders: []string{albumService},
		do: s.askAlbums(func(ctx context.Context) string {
			return rpc(ctx, s.albums.CountAlbums, &pb.CountAlbumsRequest{}, *raw)
		}),
	})
	s.play(ctx, step{
		who: statistics, whom: publicAPI, asked: "GET /statistics", want: a.http, deciders: deciders,
		do: s.get(publicAPI, "/statistics", raw),
	})
}

// countsPhotos asks the photo service for its statistics.
func (s *story) countsPhotos(with, want string, raw *string) step {
	return step{
		who: statistics, whom: photoService, asked: "GET /statistics", with: with, want: want,
		deciders: []string{photoService}, do: s.get(photoService, "/statistics", raw),
	}
}

// untilAccepted makes a call until it succeeds, second by second of the story's
// time: after failures, services give an issuer a moment of rest.
func (s *story) untilAccepted(call func(context.Context) answer) func(context.Context) answer {
	return func(ctx context.Context) (seen answer) {
		waited := time.Duration(0)
		_ = until(ctx, func() bool {
			s.town.recorder.take()
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
}
