package printing

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
)

// library is what the public API answers.
type library struct {
	Photos []struct {
		ID    string `json:"id"`
		Title string `json:"title"`
		Image []byte `json:"image"`
	} `json:"photos"`
	Albums []struct {
		Title    string   `json:"title"`
		PhotoIDs []string `json:"photo_ids"`
	} `json:"albums"`
}

// album is how photos are shown.
type album struct {
	Title  string
	Photos []photo
}

type photo struct {
	ID    string
	Title string
	Image template.URL
}

// maxLibrary bounds what the API may send.
const maxLibrary = 8 << 20

var errUnauthorized = errors.New("printing: the access has ended")

func (s *Service) showPrints(w http.ResponseWriter, r *http.Request) {
	if lib, ok := s.libraryOf(w, r); ok {
		s.page(w, http.StatusOK, "prints.html", lib.sorted())
	}
}

// libraryOf asks the API for the photos of a visitor, again at every request. If
// there are none to be had, it answers the request and returns false.
func (s *Service) libraryOf(w http.ResponseWriter, r *http.Request) (lib library, ok bool) {
	v, ok := s.visitors.find(r)
	if !ok || v.token == nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return library{}, false
	}
	lib, err := s.fetch(r.Context(), v.token.AccessToken)
	switch {
	case errors.Is(err, errUnauthorized):
		s.message(w, http.StatusUnauthorized, "Please connect again", "The access you gave us has ended, as it should.")
	case err != nil:
		s.message(w, http.StatusBadGateway, "No photos right now", "The photo service cannot show them at the moment. Please try again.")
	}
	return lib, err == nil
}

func (s *Service) fetch(ctx context.Context, accessToken string) (library, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.cfg.API+"/library", nil)
	if err != nil {
		return library{}, err
	}
	req.Header.Set("Authorization", "Bearer "+accessToken)
	resp, err := s.client.Do(req)
	if err != nil {
		return library{}, err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		var lib library
		return lib, json.NewDecoder(io.LimitReader(resp.Body, maxLibrary)).Decode(&lib)
	case http.StatusUnauthorized:
		return library{}, errUnauthorized
	default:
		return library{}, fmt.Errorf("printing: the API answered %s", resp.Status)
	}
}

// sorted puts photos into their albums, and what is in none at the end.
func (l library) sorted() []album {
	photos := make(map[string]photo)
	for _, p := range l.Photos {
		photos[p.ID] = photo{p.ID, p.Title, dataURL(p.Image)}
	}
	var albums []album
	placed := make(map[string]bool)
	for _, a := range l.Albums {
		shown := album{Title: a.Title}
		for _, id := range a.PhotoIDs {
			if p, ok := photos[id]; ok {
				shown.Photos = append(shown.Photos, p)
				placed[id] = true
			}
		}
		albums = append(albums, shown)
	}
	loose := album{Title: "Not in an album"}
	for _, p := range l.Photos {
		if !placed[p.ID] {
			loose.Photos = append(loose.Photos, photos[p.ID])
		}
	}
	if len(loose.Photos) > 0 {
		albums = append(albums, loose)
	}
	return albums
}

// dataURL is a picture for an img element, in which no script of a picture
// runs. Anything but a picture becomes none.
func dataURL(image []byte) template.URL {
	if !bytes.HasPrefix(image, []byte("<svg ")) {
		return ""
	}
	return template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(image))
}
