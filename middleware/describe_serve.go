package middleware

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/postern-go/postern/internal/guard"
)

// ServeHTTP answers GET and HEAD with the document, for scripts of all origins,
// and OPTIONS for their browsers. Any other method is 405, and another path or
// query than that of URL is 404. The host does not matter; see ServeMetadata. If
// the document could not be signed, the answer is 503. It counts as a decision
// behind RequireDecision.
func (d *Description) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !d.isAt(r) {
		notDescribed(w, r)
		return
	}
	toEveryone(w, r)
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		d.answer(w, r)
	case http.MethodOptions:
		w.Header().Set("Allow", methods)
		// Clients send fields such as MCP-Protocol-Version with this request too.
		w.Header().Set("Access-Control-Allow-Methods", "GET, HEAD")
		w.Header().Set("Access-Control-Allow-Headers", "*")
		w.Header().Set("Access-Control-Max-Age", "3600")
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", methods)
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

const methods = "GET, HEAD, OPTIONS"

func (d *Description) answer(w http.ResponseWriter, r *http.Request) {
	h, e := w.Header(), d.recent()
	if e.err != nil {
		h.Set("Cache-Control", "no-store")
		h.Set("Retry-After", strconv.Itoa(int(afterFailure/time.Second)))
		h.Set("Content-Length", "0")
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	h.Set("Cache-Control", d.settings.caching())
	h.Set("ETag", e.tag)
	if holds(r.Header.Values("If-None-Match"), e.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(e.text)))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodGet {
		_, _ = w.Write(e.text) // the caller may be gone
	}
}

// isAt reports whether a request is for the path and query of the document.
func (d *Description) isAt(r *http.Request) bool {
	return d != nil && r.URL.EscapedPath() == d.url.EscapedPath() && r.URL.RawQuery == d.url.RawQuery
}

// toEveryone lets scripts of every origin read an answer, and notes for RequireDecision
// that it is for everyone.
func toEveryone(w http.ResponseWriter, r *http.Request) {
	guard.PassOf(r.Context()).Decided.Note()
	w.Header().Set("Access-Control-Allow-Origin", "*")
}

func notDescribed(w http.ResponseWriter, r *http.Request) {
	toEveryone(w, r)
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusNotFound)
}

func (d *Metadata) caching() string {
	switch {
	case d.MaxAge < 0:
		return "no-store"
	case d.MaxAge == 0:
		return maxAge(defaultMaxAge)
	default:
		return maxAge(d.MaxAge)
	}
}

func maxAge(d time.Duration) string {
	return "max-age=" + strconv.FormatInt(int64(d/time.Second), 10)
}

func tagOf(text []byte) string {
	sum := sha256.Sum256(text)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}

// holds reports whether an If-None-Match names the tag (RFC 9110 §13.1.2).
func holds(fields []string, tag string) bool {
	for _, field := range fields {
		for each := range strings.SplitSeq(field, ",") {
			each = strings.TrimSpace(each)
			if each == "*" || strings.TrimPrefix(each, "W/") == tag {
				return true
			}
		}
	}
	return false
}
