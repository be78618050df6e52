package rehearse_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// trusting remembers the tokens it has let in, until they expire.
func trusting(_ *tokentest.Issuer, auth token.Authenticator) token.Authenticator {
	var known memo[*token.Token]
	return guard(func(ctx context.Context, p token.Presentation) (*token.Token, error) {
		if t, ok := known.get(p.Token); ok && time.Now().Before(t.Expiry()) {
			return t, nil
		}
		t, err := auth.Authenticate(ctx, p)
		if err == nil {
			known.set(p.Token, t)
		}
		return t, err
	})
}

// suspicious asks the issuer again when a signature is bad.
func suspicious(issuer *tokentest.Issuer, auth token.Authenticator) token.Authenticator {
	return guard(func(ctx context.Context, p token.Presentation) (*token.Token, error) {
		t, err := auth.Authenticate(ctx, p)
		if errors.Is(err, token.ErrSignature) {
			_, _ = fetchKeys(ctx, issuer, "")
		}
		return t, err
	})
}

// careless lets callers in that it cannot judge.
func careless(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		if answer.Code == http.StatusServiceUnavailable {
			return
		}
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
	})
}

// curt does not say when to ask again.
func curt(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(withoutRetryAfter{w}, r)
	})
}

type withoutRetryAfter struct{ http.ResponseWriter }

func (w withoutRetryAfter) WriteHeader(status int) {
	w.Header().Del("Retry-After")
	w.ResponseWriter.WriteHeader(status)
}

// through makes the service fetch in another way.
func through(fetch func(http.RoundTripper, *http.Request) (*http.Response, error)) func(*tokentest.Issuer, *jwks.RemoteConfig) {
	return func(issuer *tokentest.Issuer, cfg *jwks.RemoteConfig) {
		real := issuer.Client().Transport
		cfg.HTTPClient = &http.Client{Transport: carrier(func(r *http.Request) (*http.Response, error) { return fetch(real, r) })}
	}
}

// deaf does not hear when to ask again.
func deaf(real http.RoundTripper, r *http.Request) (*http.Response, error) {
	response, err := real.RoundTrip(r)
	if err == nil {
		response.Header.Del("Retry-After")
	}
	return response, err
}

// fussy takes a key set whole or not at all.
func fussy(real http.RoundTripper, r *http.Request) (*http.Response, error) {
	response, err := real.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	if set, err := jwks.ParseSet(body); err == nil && len(set.Skipped) > 0 {
		response.StatusCode = http.StatusInternalServerError
	}
	return response, nil
}

// stuck waits without a look at the context of the call.
func stuck(next tokentest.Target) tokentest.Target {
	return func(ctx context.Context, c tokentest.Credentials) tokentest.Answer {
		answer := next(ctx, c)
		if !answer.Admitted {
			time.Sleep(5 * time.Minute)
		}
		return answer
	}
}

// codes are the gRPC status codes of answers over HTTP.
var codes = map[int]uint32{http.StatusUnauthorized: 16, http.StatusServiceUnavailable: 14}

// overGRPC answers as a service over gRPC does.
func overGRPC(next tokentest.Target) tokentest.Target {
	return func(ctx context.Context, c tokentest.Credentials) tokentest.Answer {
		answer := next(ctx, c)
		return tokentest.Answer{Admitted: answer.Admitted, Code: codes[answer.Status], Challenge: answer.Challenge}
	}
}

func internalOverGRPC(next tokentest.Target) tokentest.Target {
	return func(ctx context.Context, c tokentest.Credentials) tokentest.Answer {
		answer := overGRPC(next)(ctx, c)
		if answer.Code == 14 {
			answer.Code = 13
		}
		return answer
	}
}

// patient waits for its caller to give up.
func patient(next tokentest.Target) tokentest.Target {
	return func(ctx context.Context, c tokentest.Credentials) tokentest.Answer {
		answer := next(ctx, c)
		if !answer.Admitted {
			<-ctx.Done()
		}
		return answer
	}
}

func panicking(next tokentest.Target) tokentest.Target {
	return func(ctx context.Context, c tokentest.Credentials) tokentest.Answer {
		answer := next(ctx, c)
		if !answer.Admitted {
			panic("no")
		}
		return answer
	}
}

// forgiving lets tokens in that are refused for one claim.
func forgiving(claim string) func(tokentest.Target) tokentest.Target {
	return func(next tokentest.Target) tokentest.Target {
		return func(ctx context.Context, c tokentest.Credentials) tokentest.Answer {
			answer := next(ctx, c)
			if !answer.Admitted && isWrong(c, claim) {
				return tokentest.Answer{Admitted: true, Status: http.StatusOK}
			}
			return answer
		}
	}
}

// isWrong tells whether the claim is the one to refuse a token for.
func isWrong(c tokentest.Credentials, claim string) bool {
	payload, _ := base64.RawURLEncoding.DecodeString(strings.Split(c.Authorization[0], ".")[1])
	var claims struct {
		Exp int64
		Aud string
	}
	_ = json.Unmarshal(payload, &claims)
	if claim == "exp" {
		return time.Unix(claims.Exp, 0).Before(time.Now())
	}
	return claims.Aud == "https://elsewhere.example.com"
}

// onlyOnce takes a token that comes again for a stolen one.
func onlyOnce(next tokentest.Target) tokentest.Target {
	var seen memo[bool]
	return func(ctx context.Context, c tokentest.Credentials) tokentest.Answer {
		if _, ok := seen.get(c.Authorization[0]); ok {
			return tokentest.Answer{Status: http.StatusUnauthorized, Challenge: []string{`Bearer error="invalid_token"`}}
		}
		seen.set(c.Authorization[0], true)
		return next(ctx, c)
	}
}
