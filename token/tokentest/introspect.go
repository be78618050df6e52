package tokentest

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// IntrospectionRequest is a question about a token (RFC 7662 §2.1), as it came
// to the issuer.
type IntrospectionRequest struct {
	// Client is the id of the client that has authenticated, or "" if none has.
	Client string
	// Method is the HTTP method.
	Method string
	// Header are the header fields.
	Header http.Header
	// Form are the parameters of the body.
	Form url.Values
}

// Token is the token that the question is about.
func (r IntrospectionRequest) Token() string { return r.Form.Get("token") }

// IntrospectionAnswer is what the issuer answers (RFC 7662 §2.2).
type IntrospectionAnswer struct {
	// Status is the HTTP status.
	Status int
	// Header are the header fields.
	Header http.Header
	// Body is the answer: an object, or the JWT of RFC 9701 §5 if the request
	// accepts that.
	Body string
	// Said is the object, also where Body is a JWT, or "" if the request is
	// refused.
	Said string
	// Delay is how long the answer takes, in addition to that of Issuer.Delay.
	Delay time.Duration
}

const signedAnswer = "application/token-introspection+jwt"

// IntrospectionURL is where the issuer answers questions about tokens (RFC
// 7662). Requests counts them.
func (i *Issuer) IntrospectionURL() string {
	return strings.TrimSuffix(i.identifier, "/") + "/introspect"
}

// AnswerIntrospection has change alter every answer to a question about a token
// from now on, before it is sent, such as to a status of 429 with Retry-After,
// another media type, a redirect, or a text that is too long. It is called from
// the goroutine of the request, also for requests that are refused, and so by
// several at once. Nil, and ComeUp, end it.
//
// It may count and look at the questions as well, and have the issuer answer by
// a JWT of its choice: see SignAnswer.
func (i *Issuer) AnswerIntrospection(change func(r IntrospectionRequest, a *IntrospectionAnswer)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.answering = change
}

// SignAnswer is the answer to a question as a JWT (RFC 9701 §5), for the client
// that asks and signed with the issuer's current key. Edits are applied in
// order, as in Token; what is said about the token is the claim
// token_introspection.
func (i *Issuer) SignAnswer(r IntrospectionRequest, said string, edits ...Edit) string {
	d := i.newDraft("token-introspection+jwt")
	d.Claims.Set("aud", r.Client)
	d.Claims.Set("iat", d.Now.Unix())
	d.Claims.Set("token_introspection", json.RawMessage(said))
	return mintWith(d, edits)
}

// introspection answers a question about a token.
func (i *Issuer) introspection(ctx context.Context, q question) (reply, error) {
	form, err := url.ParseQuery(q.body)
	r := IntrospectionRequest{Method: q.method, Header: q.header.Clone(), Form: form}
	r.Client = i.introspector(r)
	a := i.judged(r, err)
	i.mu.Lock()
	if i.fault.garbled {
		a.Body = i.fault.garbage
	}
	i.override(a.Header)
	change := i.answering
	i.mu.Unlock()
	if change != nil {
		change(r, &a)
	}
	if err := i.delay(ctx, a.Delay); err != nil {
		return reply{}, err
	}
	return reply{a.Status, a.Header, a.Body}, nil
}

// judged is the answer to a request, which need not be a good one.
func (i *Issuer) judged(r IntrospectionRequest, malformed error) IntrospectionAnswer {
	contentType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Method != http.MethodPost:
		return i.refusal(http.StatusMethodNotAllowed, "invalid_request")
	case r.Client == "":
		a := i.refusal(http.StatusUnauthorized, "invalid_client")
		a.Header.Set("WWW-Authenticate", `Basic realm="introspection"`)
		return a
	case malformed != nil, contentType != "application/x-www-form-urlencoded", len(r.Form["token"]) != 1, len(r.Form["token_type_hint"]) > 1:
		return i.refusal(http.StatusBadRequest, "invalid_request")
	}
	said := i.said(r.Token())
	a := IntrospectionAnswer{Status: http.StatusOK, Header: i.field("application/json"), Body: said, Said: said}
	if strings.Contains(r.Header.Get("Accept"), signedAnswer) && json.Valid([]byte(said)) {
		a.Body = i.SignAnswer(r, said)
		a.Header.Set("Content-Type", signedAnswer)
	}
	a.Header.Set("Cache-Control", "no-store")
	return a
}

func (i *Issuer) refusal(status int, code string) IntrospectionAnswer {
	a := IntrospectionAnswer{Status: status, Header: i.field("application/json"), Body: mint.JSON(map[string]string{"error": code})}
	a.Header.Set("Cache-Control", "no-store")
	return a
}

// introspectionMetadata is what RFC 8414 §2 and RFC 9701 §7 have an issuer say
// of the endpoint.
func (i *Issuer) introspectionMetadata() map[string]any {
	return map[string]any{
		"introspection_endpoint":                        i.IntrospectionURL(),
		"introspection_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post", "private_key_jwt"},
		"introspection_signing_alg_values_supported":    i.options.Algorithms,
	}
}
