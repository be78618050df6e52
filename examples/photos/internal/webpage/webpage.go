// Package webpage writes the pages of the photo story's web applications, each
// of them complete in itself and closed against everything from elsewhere.
package webpage

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"io/fs"
	"net/http"
)

// Set is the pages of one application. It may be used concurrently.
type Set struct {
	templates *template.Template
	styleHash string
}

// MustParse reads pages/*.html, which call {{style}} for pages/style.css. It
// panics if they do not parse: they are part of the program.
func MustParse(files fs.FS) *Set {
	style, err := fs.ReadFile(files, "pages/style.css")
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(style)
	return &Set{
		templates: template.Must(template.New("").
			Funcs(template.FuncMap{"style": func() template.CSS { return template.CSS(style) }}).
			ParseFS(files, "pages/*.html")),
		styleHash: base64.StdEncoding.EncodeToString(sum[:]),
	}
}

// Page is a page of a Set with its data. FormTarget is the origin that a form
// on it may lead on to besides the application itself, or "".
type Page struct {
	Name       string
	FormTarget string
	Data       any
}

// Write answers with a page.
func (s *Set) Write(w http.ResponseWriter, status int, p Page) {
	var body bytes.Buffer
	if err := s.templates.ExecuteTemplate(&body, p.Name, p.Data); err != nil {
		http.Error(w, "the page is broken", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // URLs carry codes and states
	h.Set("Content-Security-Policy", s.policy(p.FormTarget))
	w.WriteHeader(status)
	_, _ = body.WriteTo(w) // the browser has gone; nobody is left to tell
}

// policy lets in the application's own style, pictures that are part of the
// page, and nothing else. There are no frames, since a consent page inside
// somebody else's page is a click stolen.
func (s *Set) policy(formTarget string) string {
	return "default-src 'none'; img-src data:; style-src 'sha256-" + s.styleHash +
		"'; form-action 'self' " + formTarget + "; frame-ancestors 'none'; base-uri 'none'"
}
