package introspect

import (
	"context"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/postern-go/postern/internal/claims"
	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/jws"
	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/internal/strict"
	"github.com/postern-go/postern/jwks"
)

const (
	mediaJSON = "application/json"
	mediaJWT  = "application/token-introspection+jwt" // RFC 9701 §5
)

// longestAge is how old a signed answer may be, beside the leeway. An older one was kept
// by something in between, and may be from before the token was revoked.
const longestAge = time.Minute

// signedAnswers reads signed answers (RFC 9701).
type signedAnswers struct {
	signatures       *jws.Verifier
	issuer, clientID string
	leeway           time.Duration
	keys             jwks.Source // behind signatures, and
	algorithms       []string    // theirs, for operators
}

// open verifies a signed answer and returns the claims about the token: the object
// token_introspection, which has not been read, and nothing that stands beside it.
func (s *signedAnswers) open(ctx context.Context, h http.Header, body string, now time.Time) (string, error) {
	if media, _, err := mime.ParseMediaType(h.Get("Content-Type")); err != nil || media != mediaJWT {
		return "", evidence.Errorf(errAnswer, "content type is %s, want %s (see Config.RequireJWT)", shown(h.Get("Content-Type")), mediaJWT)
	}
	var buf jws.Scratch
	compact, signed, err := jws.Split(body, &buf)
	if err != nil {
		return "", unsigned(err)
	}
	header, err := jws.ReadHeader(compact.Header)
	if err != nil {
		return "", unsigned(err)
	}
	var fault error
	params, all := s.signatures.CheckHeader(&header, func(_ string, err error) bool { fault = err; return err == nil })
	if !all {
		return "", unsigned(fault)
	}
	e, err := readEnvelope(compact.Payload)
	if err != nil {
		return "", err
	}
	if err := e.check(s, now); err != nil { // before a key is asked for
		return "", err
	}
	if _, err := s.signatures.Verify(ctx, &signed, &params); err != nil {
		return "", unsigned(err)
	}
	return e.token.Raw, nil
}

// unsigned is the error for an answer whose signature, header or form is wrong, without
// its reason: that would be a verdict on the token of the caller.
func unsigned(err error) error { return evidence.Errorf(errAnswer, "signed answer: %v", err) }

// envelope are the claims of a signed answer itself (RFC 9701 §5).
type envelope struct{ iss, aud, iat, token strict.Value }

func readEnvelope(payload string) (e envelope, err error) {
	invalid := strict.Members(payload, func(name string, v strict.Value) {
		switch name {
		case "iss":
			e.iss = v
		case "aud":
			e.aud = v
		case "iat":
			e.iat = v
		case "token_introspection":
			e.token = v
		}
	})
	if invalid != nil {
		return e, evidence.Errorf(errAnswer, "signed answer: %v, want a strict JSON object", invalid)
	}
	return e, nil
}

func (e *envelope) check(s *signedAnswers, now time.Time) error {
	if iss, ok := e.iss.Text(); !ok || iss != s.issuer {
		return evidence.Errorf(errAnswer, "signed answer: iss is %s, want %q (see Config.Issuer)", seen(e.iss), s.issuer)
	}
	if !names(e.aud, s.clientID) {
		return evidence.Errorf(errAnswer, "signed answer: aud is %s, want %q, this client, in it (see Config.ClientID)", seen(e.aud), s.clientID)
	}
	return e.checkTime(s, now)
}

func (e *envelope) checkTime(s *signedAnswers, now time.Time) error {
	var at int64
	ok := e.iat.Kind == strict.Number
	if ok {
		at, _, ok = claims.ParseNumericDate(e.iat.Raw)
	}
	if !ok {
		return evidence.Errorf(errAnswer, "signed answer: iat is %s, want a number of seconds since 1970", seen(e.iat))
	}
	made := time.Unix(at, 0)
	if made.After(now.Add(s.leeway)) || made.Before(now.Add(-s.leeway-longestAge)) {
		return evidence.Errorf(errAnswer, "signed answer: iat is %s, want the time of the answer, which is %s by this clock (see Config.Leeway)",
			made.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	return nil
}

// names reports whether aud is the client id, or an array of strings with it.
func names(aud strict.Value, clientID string) bool {
	if text, ok := aud.Text(); ok {
		return text == clientID
	}
	found, strings := false, true
	isArray := aud.Elements(func(v strict.Value) bool {
		text, ok := v.Text()
		found, strings = found || text == clientID, strings && ok
		return strings
	})
	return isArray && found && strings
}

func seen(v strict.Value) string {
	if v.Kind == strict.Absent {
		return "absent"
	}
	return evidence.Value(v)
}

func shown(field string) string {
	if field == "" {
		return "absent"
	}
	return printable.Value(strconv.QuoteToASCII(field))
}
