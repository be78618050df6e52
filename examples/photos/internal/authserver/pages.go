package authserver

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
)

//go:embed pages
var pageFiles embed.FS

// style is put into every page, so that a page needs nothing from elsewhere.
var style = mustRead("pages/style.css")

var pages = template.Must(template.New("").
	Funcs(template.FuncMap{"style": func() template.CSS { return template.CSS(style) }}).
	ParseFS(pageFiles, "pages/*.html"))

func mustRead(name string) string {
	b, err := pageFiles.ReadFile(name)
	if err != nil {
		panic(err) // the file is part of the program
	}
	return string(b)
}

// styleHash names the only style that the pages' policy lets in.
var styleHash = func() string {
	sum := sha256.Sum256([]byte(style))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}()

// messagePage says one thing.
type messagePage struct {
	Title string
	Text  string
}

// refusePage tells the person in front of the browser why it does not go on.
func (s *Server) refusePage(w http.ResponseWriter, status int, text string) {
	s.page(w, status, "message.html", "", messagePage{Title: "This did not work", Text: text})
}

// page writes a page. formTarget is the origin that a form on it may lead to
// besides this server, or "".
func (s *Server) page(w http.ResponseWriter, status int, name, formTarget string, data any) {
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, name, data); err != nil {
		http.Error(w, "the page is broken", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // requests carry secrets in their URLs
	// No frames: a consent page inside somebody else's page is a click
	// stolen. No scripts, no images, nothing from elsewhere.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src "+styleHash+
		"; form-action 'self' "+formTarget+"; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	_, _ = body.WriteTo(w) // the browser has gone; nobody is left to tell
}

// originOf is the scheme, host and port of a URL that has been checked.
func originOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
