package story

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

func (s *story) publicAPIServesMany(ctx context.Context) {
	s.act("2. The public API serves many callers and mixes up none",
		"It combines the answers of the photo and album services, keeps that for ten seconds for the same caller, "+
			"and limits each client. Whatever it does, it passes the caller's token on.")
	s.play(ctx, step{
		who: ben, whom: authServer, asked: "allow", with: "his own account, after all",
		want: "all 2 photos of ben", deciders: []string{publicAPI, photoService, albumService}, do: s.benAllows,
	})
	s.play(ctx, step{
		who: printingService, whom: publicAPI, asked: "GET /library", with: "Olivia's token, a second time",
		want: "200, kept", deciders: []string{publicAPI}, do: s.askAgain,
	})
	s.play(ctx, step{
		who: printingService, whom: publicAPI, asked: "GET /library", with: "Olivia's token, ten seconds later",
		want: "200, asked again", deciders: []string{publicAPI, photoService, albumService}, do: s.askLater,
	})
	s.play(ctx, step{
		who: printingService, whom: publicAPI, asked: "GET /library", with: "Olivia's token, as often as it likes",
		want: "429", deciders: []string{publicAPI}, crowd: true, do: s.askTooOften,
	})
	s.play(ctx, step{
		who: archivist, whom: publicAPI, asked: "GET /library", with: "its own token, at the same moment",
		want: "200, 0 photos", deciders: []string{publicAPI, photoService, albumService}, do: s.anotherClientAsks,
	})
}

func (s *story) benAllows(ctx context.Context) answer {
	page, err := s.toConsent(ctx, s.benBrowser, s.ben)
	if err == nil {
		page, err = s.benBrowser.Submit(ctx, page, nil, "Allow")
	}
	if err != nil {
		return noAnswer(err)
	}
	return s.shown(page, s.ben)
}

func (s *story) askLibrary(ctx context.Context, bearer string) answer {
	resp, err := s.send(ctx, request{url: s.apiURL + "/library", bearer: bearer})
	if err != nil {
		return noAnswer(err)
	}
	said, ok := map[string]string{"hit": ", kept", "miss": ", asked again"}[resp.header.Get("X-Cache")]
	if !ok {
		return s.decided(publicAPI, fmt.Sprint(resp.status))
	}
	return answer{text: fmt.Sprint(resp.status) + said}
}

func (s *story) askAgain(ctx context.Context) answer {
	s.askLibrary(ctx, s.accessToken) // so that there surely is something kept
	s.town.recorder.take()
	return s.askLibrary(ctx, s.accessToken)
}

func (s *story) askLater(ctx context.Context) answer {
	s.clock.moveOn(10 * time.Second)
	return s.askLibrary(ctx, s.accessToken)
}

// askTooOften calls until it is told to stop, or for longer than any client
// should be allowed to.
func (s *story) askTooOften(ctx context.Context) answer {
	for n := range 500 {
		resp, err := s.send(ctx, request{url: s.apiURL + "/library", bearer: s.accessToken})
		if err != nil {
			return noAnswer(err)
		}
		if resp.status != http.StatusOK {
			return answer{
				text: fmt.Sprint(resp.status),
				note: fmt.Sprintf("at call %d, with Retry-After: %s", n+1, resp.header.Get("Retry-After")),
			}
		}
	}
	return answer{text: "200"}
}

func (s *story) anotherClientAsks(ctx context.Context) answer {
	own, err := s.archivistToken(ctx, photosResource)
	if err != nil {
		return noAnswer(err)
	}
	resp, err := s.send(ctx, request{url: s.apiURL + "/library", bearer: own})
	if err != nil {
		return noAnswer(err)
	}
	var library struct{ Photos []json.RawMessage }
	if err := json.Unmarshal([]byte(resp.body), &library); err != nil {
		return answer{text: fmt.Sprint(resp.status), note: resp.body}
	}
	return answer{
		text: fmt.Sprintf("%d, %d photos", resp.status, len(library.Photos)),
		note: "another client has another allowance, and photos of its own it has none",
	}
}
