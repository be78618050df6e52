package middleware

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/postern-go/postern/internal/challenge"
	"github.com/postern-go/postern/token"
)

// Refusal is the part of an answer that its body may tell the caller. All of it
// is in the status and the challenge as well. Nothing in it comes from the token.
type Refusal struct {
	// Status is the HTTP status of the answer: 400, 401, 403 or 503.
	Status int
	// Outcome is "missing", "request", "invalid", "scope", "step_up", "denied" or
	// "unavailable"; see token.Outcome.
	Outcome string
	// Code is the error code of the challenge, such as "invalid_token", or
	// "credentials_missing", "access_denied" or a word that ends in "unavailable"
	// where the challenge has none.
	Code string
	// Sentence says the same in English, and ends without a period.
	Sentence string
	// Scope lists the scopes that the call needs, separated by spaces, if it was
	// refused for lack of them.
	Scope string
	// Documentation is that of the Resource.
	Documentation string
}

// Body makes the body of a refusal. It cannot change the status or the header
// fields of the answer, apart from Content-Type. An empty body, or an empty
// contentType, leaves the answer without one. r is the request without its
// credentials, for the language and the form that the caller prefers; its body
// must not be read. It may be called concurrently. A panic in it surfaces like
// one of a handler.
type Body func(r *http.Request, x Refusal) (contentType string, body []byte)

// ProblemJSON is a Body in the form of RFC 9457. Its type is the documentation of
// the Resource, or about:blank; title and detail are the words of the status and
// the sentence; error is the code, and scope the scopes that are needed. It reads
// nothing of the request.
func ProblemJSON(_ *http.Request, x Refusal) (contentType string, body []byte) {
	problem := struct {
		Type   string `json:"type,omitempty"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
		Error  string `json:"error"`
		Scope  string `json:"scope,omitempty"`
	}{x.Documentation, http.StatusText(x.Status), x.Status, x.Sentence, x.Code, x.Scope}
	body, err := json.Marshal(problem)
	if err != nil { // strings and a number only, which cannot fail
		return "", nil
	}
	return "application/problem+json", body
}

// describe returns the body of an answer, after setting the fields that speak of
// it. It is empty if Config.Body makes none.
func (m *Middleware) describe(h http.Header, r *http.Request, err error, a challenge.Answer) []byte {
	if header, hidden := m.withoutCredentials(r.Header); hidden {
		r = r.WithContext(r.Context())
		r.Header = header
	}
	contentType, body := m.config.Body(r, Refusal{
		Status: a.Status, Outcome: cmp.Or(token.Outcome(err), "unavailable"), Code: strings.ToLower(a.Reason), Sentence: a.Message,
		Scope: a.Metadata["requiredScope"], Documentation: m.config.Resource.Documentation,
	})
	if contentType == "" || len(body) == 0 {
		return nil
	}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	h["Content-Type"] = []string{contentType}
	return body
}
