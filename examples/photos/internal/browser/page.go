package browser

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Page is what the browser shows.
type Page struct {
	URL    *url.URL
	Status int
	// Text is what there is to read on the page, its words one space apart.
	Text string
	// Images are the alternative texts of the pictures.
	Images []string
	forms  []form
}

// form is a form and what it says before anyone has typed anything.
type form struct {
	method, action string
	fields         url.Values
	buttons        []button
}

type button struct{ name, value, label string }

func (p Page) form() (form, error) {
	if len(p.forms) != 1 {
		return form{}, fmt.Errorf("%w: there are %d on %v", errNoForm, len(p.forms), p.URL)
	}
	return p.forms[0], nil
}

// fill returns the fields to send. What the form does not ask for cannot be
// typed into it.
func (f form) fill(values map[string]string, label string) (url.Values, error) {
	fields := url.Values{}
	for name := range f.fields {
		fields.Set(name, f.fields.Get(name))
	}
	for name, value := range values {
		if !f.fields.Has(name) {
			return nil, fmt.Errorf("%w: no field %q", errNoForm, name)
		}
		fields.Set(name, value)
	}
	for _, b := range f.buttons {
		if b.label == label {
			if b.name != "" {
				fields.Set(b.name, b.value)
			}
			return fields, nil
		}
	}
	return nil, fmt.Errorf("%w: no button %q", errNoForm, label)
}

// parse reads the simple and tidy HTML of the story's own pages.
func parse(u *url.URL, status int, body string) (Page, error) {
	r := reader{page: Page{URL: u, Status: status}}
	d := xml.NewDecoder(strings.NewReader(body))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			r.page.Text = strings.Join(r.words, " ")
			return r.page, nil
		}
		if err != nil {
			return Page{}, fmt.Errorf("browser: %s: %w", u.Path, err)
		}
		r.read(tok)
	}
}

// reader gathers a page from its tokens.
type reader struct {
	page   Page
	words  []string
	hidden bool // inside what is not there to be read
	button bool // inside the last button of the last form
}

func (r *reader) read(tok xml.Token) {
	switch tok := tok.(type) {
	case xml.StartElement:
		r.start(strings.ToLower(tok.Name.Local), attributes(tok))
	case xml.EndElement:
		r.end(strings.ToLower(tok.Name.Local))
	case xml.CharData:
		r.text(string(tok))
	}
}

func (r *reader) start(name string, attr map[string]string) {
	switch name {
	case "style", "title", "script":
		r.hidden = true
	case "img":
		r.page.Images = append(r.page.Images, attr["alt"])
	case "form":
		method := http.MethodGet
		if strings.EqualFold(attr["method"], http.MethodPost) {
			method = http.MethodPost
		}
		r.page.forms = append(r.page.forms, form{method: method, action: attr["action"], fields: url.Values{}})
	case "input":
		if f := r.lastForm(); f != nil && attr["name"] != "" {
			f.fields.Set(attr["name"], attr["value"])
		}
	case "button":
		if f := r.lastForm(); f != nil {
			f.buttons = append(f.buttons, button{name: attr["name"], value: attr["value"]})
			r.button = true
		}
	}
}

func (r *reader) end(name string) {
	switch name {
	case "style", "title", "script":
		r.hidden = false
	case "button":
		r.button = false
	}
}

func (r *reader) text(s string) {
	if r.hidden {
		return
	}
	r.words = append(r.words, strings.Fields(s)...)
	if r.button {
		last := &r.lastForm().buttons[len(r.lastForm().buttons)-1]
		last.label = strings.Join(append(strings.Fields(last.label), strings.Fields(s)...), " ")
	}
}

func (r *reader) lastForm() *form {
	if len(r.page.forms) == 0 {
		return nil
	}
	return &r.page.forms[len(r.page.forms)-1]
}

func attributes(e xml.StartElement) map[string]string {
	attr := make(map[string]string, len(e.Attr))
	for _, a := range e.Attr {
		attr[strings.ToLower(a.Name.Local)] = a.Value
	}
	return attr
}
