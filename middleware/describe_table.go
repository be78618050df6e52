package middleware

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/postern-go/postern/token"
)

// ServeMetadata returns a handler for the documents of several resources of one
// process, to be registered at "/.well-known/oauth-protected-resource" and
// everything below. It chooses by host, path and query, which must be those of a
// document's URL; the host may be spelled in any case. Anything else is 404: no
// document ever says what a caller has put into Host.
//
// It panics, with an error that matches token.ErrConfig, over a nil or zero
// Description and over two with the same URL.
func ServeMetadata(documents ...*Description) http.Handler {
	table := described{}
	for _, d := range documents {
		if d == nil || d.m == nil {
			panic(errNoDescription)
		}
		at := place{d.url.Scheme, hostOf(d.url.Scheme, d.url.Host), d.url.EscapedPath(), d.url.RawQuery}
		if table[at] != nil {
			panic(fmt.Errorf("middleware: %w: ServeMetadata got two documents at %s", token.ErrConfig, d.URL()))
		}
		table[at] = d
	}
	return table
}

// place is where a document is.
type place struct{ scheme, host, path, query string }

// described are documents by their places.
type described map[place]*Description

func (t described) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, scheme := range []string{"https", "http"} { // which one it is a proxy knows
		if d := t[place{scheme, hostOf(scheme, r.Host), r.URL.EscapedPath(), r.URL.RawQuery}]; d != nil {
			d.ServeHTTP(w, r)
			return
		}
	}
	notDescribed(w, r)
}

// hostOf is a host in the one spelling, without the port that the scheme implies.
func hostOf(scheme, host string) string {
	port := map[string]string{"https": ":443", "http": ":80"}[scheme]
	return strings.TrimSuffix(oneSpelling(host), port)
}
