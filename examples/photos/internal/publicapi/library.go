package publicapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/examples/internal/albumspb"
	"github.com/postern-go/postern/examples/internal/photosvc"
)

// libraryJSON is the answer of GET /library.
type libraryJSON struct {
	Photos []photosvc.PhotoJSON `json:"photos"`
	Albums []albumJSON          `json:"albums"`
}

type albumJSON struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	PhotoIDs []string `json:"photo_ids"`
}

// statisticsJSON is the answer of GET /statistics.
type statisticsJSON struct {
	Photos int   `json:"photos"`
	Albums int64 `json:"albums"`
}

// library asks both services at once.
func (s *Service) library(ctx context.Context) ([]byte, error) {
	var photos photosvc.PhotosJSON
	var albums *albumspb.ListAlbumsResponse
	err := both(ctx,
		func(ctx context.Context) error { return s.getPhotos(ctx, "/photos", &photos) },
		func(ctx context.Context) (err error) {
			albums, err = s.albums.ListAlbums(ctx, &albumspb.ListAlbumsRequest{})
			return err
		})
	if err != nil {
		return nil, err
	}
	lib := libraryJSON{Photos: photos.Photos, Albums: []albumJSON{}}
	for _, a := range albums.GetAlbums() {
		lib.Albums = append(lib.Albums, albumJSON{a.GetId(), a.GetTitle(), a.GetPhotoIds()})
	}
	return json.Marshal(lib)
}

func (s *Service) statistics(ctx context.Context) ([]byte, error) {
	var photos photosvc.StatisticsJSON
	var albums *albumspb.CountAlbumsResponse
	err := both(ctx,
		func(ctx context.Context) error { return s.getPhotos(ctx, "/statistics", &photos) },
		func(ctx context.Context) (err error) {
			albums, err = s.albums.CountAlbums(ctx, &albumspb.CountAlbumsRequest{})
			return err
		})
	if err != nil {
		return nil, err
	}
	return json.Marshal(statisticsJSON{photos.Photos, albums.GetAlbums()})
}

// both runs two calls at the same time and waits for both. The first that
// fails ends the other.
func both(ctx context.Context, f, g func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	results := make(chan error, 2)
	for _, call := range []func(context.Context) error{f, g} {
		go func() { results <- call(ctx) }()
	}
	first := <-results
	if first != nil {
		cancel()
	}
	second := <-results
	if first != nil {
		return first
	}
	return second
}

// maxAnswer bounds what the photo service may send.
const maxAnswer = 8 << 20

// getPhotos asks the photo service. The caller's token goes along by way of
// the context.
func (s *Service) getPhotos(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.cfg.Photos+path, nil)
	if err != nil {
		return err
	}
	resp, err := s.photos.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("publicapi: photo service: %w", statusError(resp.StatusCode))
	}
	return json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(into)
}

// statusError is an HTTP status other than 200.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("status %d", int(e)) }

// writeUpstreamError tells a service that cannot judge a token now, which is
// worth another try, from everything else that can go wrong inside.
func writeUpstreamError(w http.ResponseWriter, err error) {
	var code statusError
	unavailable := errors.As(err, &code) && code == http.StatusServiceUnavailable
	if unavailable || status.Code(err) == codes.Unavailable {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "an internal service is not available", http.StatusServiceUnavailable)
		return
	}
	http.Error(w, "an internal service refused", http.StatusBadGateway)
}
