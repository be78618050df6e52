package dpop

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/postern-go/postern/internal/nilcheck"
	"github.com/postern-go/postern/internal/outbound"
)

// The errors of a Transport, besides those of its Client.
var (
	// ErrOwnCredentials is for a request to a listed origin that has Authorization
	// or DPoP fields already: the service could not tell which of them count.
	ErrOwnCredentials = errors.New("dpop: the request has credentials of its own")
	// ErrDowngrade is for a redirect from https to http.
	ErrDowngrade = errors.New("dpop: a redirect leads from https to http")
)

// Transport is an http.RoundTripper that calls services with DPoP-bound tokens of
// the program's own: each attempt to send a request to one of ClientConfig.Origins
// has the token and a proof of its own (RFC 9449 §7.1). If the service demands a
// nonce that the proof did not have, it tries once more, and no more often, provided
// that the request has no body or has GetBody (§9). It never does so for any other
// reason: a program that repeats a request itself gets a new proof.
//
//	client := &http.Client{Transport: transport, Timeout: 5 * time.Second}
//
// Requests to other origins go out as they are, without credentials. After a
// redirect to another origin, listed or not, the request has no credentials at all:
// what the program has put into Authorization, DPoP or Txn-Token is taken out, since
// http.Client copies fields. Redirects from https to http are errors.
//
// It is for tokens that the program got in its own name. Callers' tokens are bound to
// keys of theirs, and cannot be passed on. It is safe for concurrent use.
type Transport struct {
	client *Client
	base   http.RoundTripper
}

// NewTransport returns a Transport. base makes the requests; nil means a transport
// set up like http.DefaultTransport, which connects to "localhost" on this machine
// only. With another base the origin http://localhost is an error: name 127.0.0.1 or
// [::1] instead. An http.Transport may send a request over a second connection when
// it finds that the first one is closed, with the same proof; a server that has seen
// that refuses it. The error matches token.ErrConfig.
func NewTransport(client *Client, base http.RoundTripper) (*Transport, error) {
	if client == nil {
		return nil, badConfig("the Client of a Transport is nil")
	}
	if base == nil {
		return &Transport{client, outbound.NewTransport()}, nil
	}
	if nilcheck.Is(base) {
		return nil, badConfig("the base of a Transport is a nil %T", base)
	}
	if err := client.origins.CheckForeign(); err != nil {
		return nil, badConfig("%v", err)
	}
	return &Transport{client, base}, nil
}

// RoundTrip implements http.RoundTripper. It does not modify req, and the Request of
// the response is req, without the credentials. The errors are ErrOwnCredentials,
// ErrDowngrade, those of Client.Attempt, and those of the base.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	here, err := sameOrigin(req)
	if err != nil {
		closeBody(req.Body)
		return nil, err
	}
	if !here {
		return t.base.RoundTrip(bare(req))
	}
	if !t.client.origins.Lists(req.URL) {
		return t.base.RoundTrip(req)
	}
	if err := provable(req); err != nil {
		closeBody(req.Body)
		return nil, err
	}
	resp, again, err := t.send(req, req.Body)
	if err != nil || !again || !demandsNonce(resp) {
		return resp, err
	}
	body, ok := bodyAgain(req)
	if !ok {
		return resp, nil
	}
	discard(resp.Body)
	resp, _, err = t.send(req, body)
	return resp, err
}

// CloseIdleConnections closes the idle connections of the transport beneath, for
// http.Client.CloseIdleConnections.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// send makes one attempt. again says that another would have another nonce.
func (t *Transport) send(req *http.Request, body io.ReadCloser) (resp *http.Response, again bool, err error) {
	method := req.Method
	if method == "" {
		method = http.MethodGet
	}
	attempt, err := t.client.Attempt(req.Context(), method, req.URL)
	if err != nil {
		closeBody(body)
		return nil, false, err
	}
	out := withOwnHeader(req) // a RoundTripper must not modify the request
	out.Body = body
	out.Header["Authorization"] = []string{attempt.Authorization()}
	out.Header["Dpop"] = []string{attempt.Proof()}
	resp, err = t.base.RoundTrip(out)
	if err != nil {
		return nil, false, err
	}
	resp.Request = req // for programs that log it
	return resp, attempt.Learn(resp.Header.Values("DPoP-Nonce")...), nil
}

func withOwnHeader(req *http.Request) *http.Request {
	out := req.Clone(req.Context())
	if out.Header == nil {
		out.Header = http.Header{}
	}
	return out
}

// sameOrigin reports whether all requests that were redirected here were for the
// origin of this one, so that no other has chosen the request.
func sameOrigin(req *http.Request) (bool, error) {
	at := outbound.OriginOf(req.URL)
	same := req.Response == nil || at != outbound.Origin{} // which stands for many
	for req.Response != nil {
		from := req.Response.Request
		if from == nil {
			return false, nil
		}
		if strings.EqualFold(from.URL.Scheme, "https") && !strings.EqualFold(req.URL.Scheme, "https") {
			return false, ErrDowngrade
		}
		same = same && outbound.OriginOf(from.URL) == at
		req = from
	}
	return same, nil
}

// credentialFields are the fields that must not follow a redirect to another origin.
var credentialFields = []string{"Authorization", "DPoP", "Txn-Token"}

// bare is req without the fields of credentials, in any spelling.
func bare(req *http.Request) *http.Request {
	out := withOwnHeader(req)
	for name := range out.Header {
		if isOneOf(name, credentialFields) {
			delete(out.Header, name)
		}
	}
	return out
}

// provable returns an error if a proof for the URL of req would not be for what the
// service gets.
func provable(req *http.Request) error {
	for name := range req.Header {
		if isOneOf(name, credentialFields[:2]) {
			return ErrOwnCredentials
		}
	}
	if req.Host == "" {
		return nil
	}
	named := *req.URL
	if named.Host = req.Host; outbound.OriginOf(&named) != outbound.OriginOf(req.URL) {
		return fmt.Errorf("%w: the Host of the request is not that of its URL", ErrTarget)
	}
	return nil
}

func isOneOf(name string, fields []string) bool {
	for _, field := range fields {
		if strings.EqualFold(name, field) {
			return true
		}
	}
	return false
}

// bodyAgain is the body of req for another attempt.
func bodyAgain(req *http.Request) (io.ReadCloser, bool) {
	if req.Body == nil || req.Body == http.NoBody {
		return req.Body, true
	}
	if req.GetBody == nil {
		return nil, false
	}
	body, err := req.GetBody()
	return body, err == nil
}

// discard reads the end of a refusal, so that its connection can be used again, but
// not without limit.
func discard(body io.ReadCloser) {
	const most = 16 << 10
	if body != nil {
		_, _ = io.CopyN(io.Discard, body, most)
		_ = body.Close()
	}
}

func closeBody(body io.ReadCloser) {
	if body != nil {
		_ = body.Close()
	}
}
