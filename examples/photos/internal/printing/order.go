package printing

import (
	"net/http"
	"slices"
)

// maxOrder bounds the form of an order.
const maxOrder = 64 << 10

// takeOrder takes the choice of a visitor. What her form says is no right to
// anything: only photos that the API gives for her token are printed.
func (s *Service) takeOrder(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxOrder)
	if err := r.ParseForm(); err != nil {
		s.message(w, http.StatusBadRequest, "This did not work", "We could not read your order.")
		return
	}
	lib, ok := s.libraryOf(w, r)
	if !ok {
		return
	}
	chosen := lib.titles(r.PostForm["photo"])
	if len(chosen) == 0 {
		s.message(w, http.StatusBadRequest, "Nothing to print", "You have not chosen a photo of yours.")
		return
	}
	s.page(w, http.StatusOK, "order.html", chosen)
}

// titles are those of the photos of the library that are among ids.
func (l library) titles(ids []string) (titles []string) {
	for _, p := range l.Photos {
		if slices.Contains(ids, p.ID) {
			titles = append(titles, p.Title)
		}
	}
	return titles
}
