package middleware

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/postern-go/postern/internal/guard"
)

// WriteError answers a call that is refused for err, an error of Check, as
// RFC 6750 §3 says: a status, a WWW-Authenticate line for each challenge, and
// an empty body, or that of Config.Body, that must not be cached. The caller
// learns the outcome and nothing else of err or of the request. r tells which scheme was used: the
// challenge of that scheme has the error. A policy's own ErrDenied is 403
// without a challenge, ErrUnavailable is 503 with Retry-After. An error that
// matches no outcome, nil included, is answered like ErrUnavailable.
//
// Header fields that speak of a body, set earlier for another answer, are
// removed. WriteError must be called before anything was written to w.
func (m *Middleware) WriteError(w http.ResponseWriter, r *http.Request, err error) {
	outer := guard.PassOf(r.Context())
	outer.Decided.Note()
	m.refuse(w, r, err, &outer)
}

// refuse is WriteError, with the pass of the guard further out.
func (m *Middleware) refuse(w http.ResponseWriter, r *http.Request, err error, outer *guard.Pass) {
	asked := m.guard.Asked(err)
	answer := m.table.For(asked.Bound).Answer(err, m.used(r, outer), asked.Scopes...)
	h := w.Header()
	for _, name := range ofBody {
		delete(h, name)
	}
	h["Cache-Control"] = []string{"no-store"}
	h["Content-Length"] = []string{"0"}
	var body []byte
	if m.config.Body != nil {
		body = m.describe(h, r, err, answer)
	}
	// A copy: a wrapper of w may edit values in place, and all calls share those
	// of the table.
	setOrDelete(h, "Www-Authenticate", slices.Clone(answer.Challenges))
	setOrDelete(h, "Retry-After", retryAfter(answer.RetryAfter))
	setFields(h, guard.ResponseOf(err))
	w.WriteHeader(answer.Status)
	if len(body) > 0 && r.Method != http.MethodHead {
		_, _ = w.Write(body) // the caller may be gone
	}
}

func setFields(h http.Header, r guard.Response) {
	for name, value := range r {
		if name == "Vary" {
			h.Add(name, value)
			continue
		}
		h.Set(name, value)
	}
}

// used is the scheme of the credentials of r. It is "" if the Authenticator has
// only one.
func (m *Middleware) used(r *http.Request, outer *guard.Pass) string {
	if !m.guard.Several() {
		return ""
	}
	fields, _ := presented(r, outer)
	return m.guard.Scheme(fields)
}

// ofBody are the fields that would describe a body that is not sent.
var ofBody = []string{"Content-Type", "Content-Encoding", "Etag", "Last-Modified"}

func setOrDelete(h http.Header, name string, values []string) {
	if len(values) == 0 {
		delete(h, name)
		return
	}
	h[name] = values
}

func retryAfter(seconds int) []string {
	if seconds == 0 {
		return nil
	}
	return []string{strconv.Itoa(seconds)}
}
