package printing

import (
	"embed"
	"net/http"

	"github.com/postern-go/postern/examples/photos/internal/webpage"
)

//go:embed pages
var pageFiles embed.FS

var pages = webpage.MustParse(pageFiles)

// page writes a page, whose form leads on to the authorization server.
func (s *Service) page(w http.ResponseWriter, status int, name string, data any) {
	pages.Write(w, status, webpage.Page{Name: name, FormTarget: s.cfg.Issuer, Data: data})
}

// message is a page that says one thing.
func (s *Service) message(w http.ResponseWriter, status int, title, text string) {
	s.page(w, status, "message.html", struct{ Title, Text string }{title, text})
}
