package introspect

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/fetch"
	"github.com/postern-go/postern/internal/printable"
)

// maxAnswer is longer than any honest answer, in bytes.
const maxAnswer = 256 << 10

// asking makes requests about tokens.
type asking struct {
	issuer     string
	endpoint   *endpoint
	credential *credential
	client     *fetch.Client
	signed     *signedAnswers // nil: answers are plain JSON
	hooks      *hooks
	now        func() time.Time
}

// reply is what the issuer said about a token, or why it said nothing.
type reply struct {
	at     time.Time // when it was asked
	from   *place
	active bool
	claims string // of the token, if it is active
	// refused is the error code of a 400 about this token, or "".
	refused string
	// err is why there is no answer. ours says that it is about this service or about
	// the endpoint, whatever the token is.
	err         error
	ours        bool
	puzzling    bool          // err may be about the token or about us, and counts for nothing else
	credentials bool          // refused, or they could not be made
	cut         bool          // the connection ended before an answer
	retryAfter  time.Duration // for which the endpoint wants to be left alone
}

// ask asks about a token. It blocks until the answer is there or ctx ends.
//
// A server may close a connection at the moment in which it is used again. Then the request
// is made once more: it changes nothing at the issuer, and has credentials of its own.
func (a *asking) ask(ctx context.Context, raw string) reply {
	var kept atomic.Bool
	watched := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { kept.Store(i.Reused) }})
	r := a.once(watched, raw)
	if r.cut && kept.Load() {
		return a.once(ctx, raw)
	}
	return r
}

// once makes one request.
func (a *asking) once(ctx context.Context, raw string) reply {
	r := reply{at: a.now()}
	from, err := a.endpoint.locate(ctx)
	if err != nil {
		r.err, r.ours = err, true
		return r
	}
	r.from = from
	form := url.Values{"token": {raw}, "token_type_hint": {"access_token"}}
	authorization, err := a.credential.apply(ctx, a, form)
	if err != nil {
		r.err = evidence.Errorf(errOwn, "Credentials (%s) cannot be made: %v (see Config.Credentials)", a.credential.kind, err)
		r.ours, r.credentials = true, true
		return r
	}
	r.at = a.now()
	target := fetch.Target{Document: "introspection", URL: from.URL, Accept: a.accepts(), Limit: maxAnswer}
	answer, err := a.client.Post(ctx, target, fetch.Form{Values: form, Authorization: authorization, Refusal: http.StatusBadRequest})
	r.retryAfter = fetch.RetryAfter(err)
	r.err = err
	if unread := a.read(ctx, &r, answer); unread != nil {
		r.err = evidence.OneLine(target.About(unread))
	}
	r.cut = answer.Status == 0 && !errors.Is(err, fetch.ErrTimeout)
	a.hooks.asked(Asked{URL: from.URL, Status: answer.Status, Duration: a.now().Sub(r.at), Active: r.active, Err: r.err})
	return r
}

// errOwn means that the credentials of this service were refused, or could not be made.
var errOwn = errors.New("introspect: the credentials of this service are of no use")

func (a *asking) accepts() string {
	if a.signed != nil {
		return mediaJWT
	}
	return mediaJSON
}

// read reads an answer, or finds out whose fault it is that there is no answer. The error is
// more telling than that of the exchange, which r has.
func (a *asking) read(ctx context.Context, r *reply, answer fetch.Answer) error {
	switch {
	case answer.Status == http.StatusUnauthorized, answer.Status == http.StatusForbidden:
		return r.refuseCredentials("status is " + strconv.Itoa(answer.Status))
	case r.err != nil:
		r.ours = r.retryAfter > 0
		return nil
	case answer.Status == http.StatusBadRequest:
		return r.read400(string(answer.Body))
	}
	said, err := string(answer.Body), error(nil)
	if a.signed != nil {
		if said, err = a.signed.open(ctx, answer.Header, said, a.now()); err != nil {
			return err
		}
	}
	r.claims = said
	r.active, err = readActive(said)
	return err
}

func (r *reply) refuseCredentials(seen string) error {
	r.ours, r.credentials = true, true
	return evidence.Errorf(errOwn, "the endpoint refuses the credentials of this service: %s, want 200 (see Config.Credentials)", seen)
}

// read400 tells an error about the token from one about this service (RFC 6749 §5.2).
// Some servers answer so when they are asked about a token of another kind. Others
// do when they cannot read our credentials, and say invalid_request to both: that
// must neither refuse every token nor let a stranger's text count as an outage.
func (r *reply) read400(body string) error {
	switch code := errorCode(body); {
	case isClientFault(code):
		return r.refuseCredentials("status is 400 with error " + printable.Value(code))
	case isTokenFault(code):
		r.refused = code
		return nil
	case code != "":
		r.puzzling = true
		return evidence.Errorf(fetch.ErrStatus, "status is 400 with error %s, want 200 (see Config.Credentials)", printable.Value(code))
	default:
		return evidence.Errorf(fetch.ErrStatus, "status is 400 without a JSON error, want 200")
	}
}
