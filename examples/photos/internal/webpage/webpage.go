// Package webpage writes the pages of the photo story's web applications, each
// of them complete in itself and closed against everything from elsewhere.
package webpage

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
)

// Set is the pages of one application. It may be used concurrently.
type Set struct {
	templates *template.Template
	sources   string // of style and script, for the policy
}

// MustParse reads pages/*.html, which call {{style}} for pages/style.css, and
// {{script}} for pages/script.js if there is one. It panics if they do not
// parse: they are part of the program.
func MustParse(files fs.FS) *Set {
	style, err := fs.ReadFile(files, "pages/style.css")
	if err != nil {
		panic(err)
	}
	sources := "style-src " + hashOf(style)
	script, err := fs.ReadFile(files, "pages/script.js")
	if err == nil {
		sources += "; connect-src 'self'; script-src " + hashOf(script)
	} else if !errors.Is(err, fs.ErrNotExist) {
		panic(err)
	}
	funcs := template.FuncMap{
		"style":  func() template.CSS { return template.CSS(style) },
		"script": func() template.JS { return template.JS(script) },
	}
	return &Set{template.Must(template.New("").Funcs(funcs).ParseFS(files, "pages/*.html")), sources}
}

// hashOf names a text in a policy.
func hashOf(text []byte) string {
	sum := sha256.Sum256(text)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
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

// Piece is a part of a page, for a script that puts it in.
func (s *Set) Piece(name string, data any) (string, error) {
	var text strings.Builder
	err := s.templates.ExecuteTemplate(&text, name, data)
	return text.String(), err
}

// policy lets in the application's own style and script, pictures that are part
// of the page, and nothing else. There are no frames, since a consent page inside
// somebody else's page is a click stolen.
func (s *Set) policy(formTarget string) string {
	return "default-src 'none'; img-src data:; " + s.sources + "; form-action 'self' " + formTarget + "; frame-ancestors 'none'; base-uri 'none'"
}
