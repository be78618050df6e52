package authserver

import (
	"embed"
	"net/http"
	"net/url"

	"github.com/postern-go/postern/examples/photos/internal/webpage"
)

//go:embed pages
var pageFiles embed.FS

var pages = webpage.MustParse(pageFiles)

// messagePage says one thing.
type messagePage struct {
	Title string
	Text  string
}

// refusePage tells the person in front of the browser why it does not go on.
func refusePage(w http.ResponseWriter, status int, text string) {
	pages.Write(w, status, webpage.Page{Name: "message.html", Data: messagePage{Title: "This did not work", Text: text}})
}

// originOf is the scheme, host and port of a URL that has been checked.
func originOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
