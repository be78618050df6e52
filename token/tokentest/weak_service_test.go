package tokentest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// flaw is one thing that a service does wrong about the keys of its issuer. It
// is sound but for what is set.
type flaw struct {
	config  func(*tokentest.Issuer, *jwks.RemoteConfig)
	source  func(*tokentest.Issuer, *jwks.Remote) jwks.Source
	auth    func(*tokentest.Issuer, token.Authenticator) token.Authenticator
	handler func(http.Handler) http.Handler
	target  func(tokentest.Target) tokentest.Target
}

// service makes a service that has the flaw.
func (f flaw) service(t *testing.T, issuer *tokentest.Issuer) tokentest.Target {
	cfg := jwks.RemoteConfig{Issuer: issuer.Identifier(), HTTPClient: issuer.Client()}
	if f.config != nil {
		f.config(issuer, &cfg)
	}
	remote, err := jwks.NewRemote(cfg)
	require.NoError(t, err)
	accepts := issuer.Config()
	accepts.Keys = remote
	if f.source != nil {
		accepts.Keys = f.source(issuer, remote)
	}
	var auth token.Authenticator = newVerifier(t, accepts)
	if f.auth != nil {
		auth = f.auth(issuer, auth)
	}
	var handler http.Handler = middleware.New(auth, nil).Require(scope.All("orders:read"))(
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	if f.handler != nil {
		handler = f.handler(handler)
	}
	target := tokentest.HTTPTarget(handler, orders)
	if f.target != nil {
		target = f.target(target)
	}
	return target
}

// source is a jwks.Source that is a function.
type source func(ctx context.Context, kid string) ([]jwks.Key, error)

func (s source) Keys(ctx context.Context, kid string) ([]jwks.Key, error) { return s(ctx, kid) }

// guard is a token.Authenticator that is a function.
type guard func(ctx context.Context, p token.Presentation) (*token.Token, error)

func (g guard) Authenticate(ctx context.Context, p token.Presentation) (*token.Token, error) {
	return g(ctx, p)
}

// carrier is an http.RoundTripper that is a function.
type carrier func(*http.Request) (*http.Response, error)

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) { return c(r) }

// memo remembers one answer for each name.
type memo[T any] struct {
	mu    sync.Mutex
	known map[string]T
}

func (m *memo[T]) get(name string) (T, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	value, ok := m.known[name]
	return value, ok
}

func (m *memo[T]) set(name string, value T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[string]T{}
	}
	m.known[name] = value
}

// keptForEver uses each key it has ever met, without asking again.
func keptForEver(_ *tokentest.Issuer, remote *jwks.Remote) jwks.Source {
	var kept memo[[]jwks.Key]
	return source(func(ctx context.Context, kid string) ([]jwks.Key, error) {
		if keys, ok := kept.get(kid); ok {
			return keys, nil
		}
		keys, err := remote.Keys(ctx, kid)
		if err == nil {
			kept.set(kid, keys)
		}
		return keys, err
	})
}

// firstOfItsName notices keys that go, and not that another came in the place
// of one.
func firstOfItsName(_ *tokentest.Issuer, remote *jwks.Remote) jwks.Source {
	var kept memo[[]jwks.Key]
	return source(func(ctx context.Context, kid string) ([]jwks.Key, error) {
		keys, err := remote.Keys(ctx, kid)
		if err != nil {
			return nil, err
		}
		if first, ok := kept.get(kid); ok {
			return first, nil
		}
		kept.set(kid, keys)
		return keys, nil
	})
}

// outliving uses the keys it had when there are none that may be used.
func outliving(_ *tokentest.Issuer, remote *jwks.Remote) jwks.Source {
	var kept memo[[]jwks.Key]
	return source(func(ctx context.Context, kid string) ([]jwks.Key, error) {
		keys, err := remote.Keys(ctx, kid)
		if last, ok := kept.get(kid); ok && errors.Is(err, jwks.ErrUnavailable) {
			return last, nil
		}
		if err == nil {
			kept.set(kid, keys)
		}
		return keys, err
	})
}

// wakingLate answers from memory what it has not been asked for a while, and
// asks only then.
func wakingLate(_ *tokentest.Issuer, remote *jwks.Remote) jwks.Source {
	var kept memo[[]jwks.Key]
	var asked memo[time.Time]
	return source(func(ctx context.Context, kid string) ([]jwks.Key, error) {
		last, _ := asked.get("")
		asked.set("", time.Now())
		if keys, ok := kept.get(kid); ok && time.Since(last) > time.Minute {
			return keys, nil
		}
		keys, err := remote.Keys(ctx, kid)
		if err == nil {
			kept.set(kid, keys)
		}
		return keys, err
	})
}

// incurious knows the keys of the last refresh and asks for no other.
func incurious(_ *tokentest.Issuer, remote *jwks.Remote) jwks.Source {
	return source(func(ctx context.Context, kid string) ([]jwks.Key, error) {
		all, err := remote.Keys(ctx, "")
		if err != nil {
			return nil, err
		}
		return jwks.Static(all).Keys(ctx, kid)
	})
}

// eager asks the issuer for every key it does not know.
func eager(issuer *tokentest.Issuer, remote *jwks.Remote) jwks.Source {
	return source(func(ctx context.Context, kid string) ([]jwks.Key, error) {
		all, err := remote.Keys(ctx, "")
		if err != nil {
			return nil, err
		}
		if keys, err := jwks.Static(all).Keys(ctx, kid); err == nil {
			return keys, nil
		}
		return fetchKeys(ctx, issuer, kid)
	})
}

// lonely asks for what it has not seen, each caller for himself.
func lonely(issuer *tokentest.Issuer, _ *jwks.Remote) jwks.Source {
	var seen memo[[]jwks.Key]
	return source(func(ctx context.Context, kid string) ([]jwks.Key, error) {
		if keys, ok := seen.get(kid); ok {
			return keys, nil
		}
		keys, err := fetchKeys(ctx, issuer, kid)
		if err == nil {
			seen.set(kid, keys)
		}
		return keys, err
	})
}

// impatient asks the issuer at each call for which its keys are not new, and
// falls back on them.
func impatient(issuer *tokentest.Issuer, remote *jwks.Remote) jwks.Source {
	return source(func(ctx context.Context, kid string) ([]jwks.Key, error) {
		if remote.Status().Failures > 0 {
			_, _ = fetchKeys(ctx, issuer, kid)
		}
		return remote.Keys(ctx, kid)
	})
}

func fetchKeys(ctx context.Context, issuer *tokentest.Issuer, kid string) ([]jwks.Key, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, issuer.KeysURL(), nil)
	if err != nil {
		return nil, err
	}
	response, err := issuer.Client().Do(r)
	if err != nil {
		return nil, errors.Join(jwks.ErrUnavailable, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, errors.Join(jwks.ErrUnavailable, err)
	}
	set, err := jwks.ParseSet(body)
	if err != nil {
		return nil, errors.Join(jwks.ErrUnavailable, err)
	}
	return jwks.Static(set.Keys).Keys(ctx, kid)
}

// blaming makes a verdict of not being able to judge.
func blaming(_ *tokentest.Issuer, remote *jwks.Remote) jwks.Source {
	return source(func(ctx context.Context, kid string) ([]jwks.Key, error) {
		keys, err := remote.Keys(ctx, kid)
		if err != nil {
			err = jwks.ErrNotFound
		}
		return keys, err
	})
}

// wiped throws its keys away when a fetch fails.
func wiped(_ *tokentest.Issuer, remote *jwks.Remote) jwks.Source {
	return source(func(ctx context.Context, kid string) ([]jwks.Key, error) {
		keys, err := remote.Keys(ctx, kid)
		if remote.Status().Failures > 0 {
			return nil, jwks.ErrUnavailable
		}
		return keys, err
	})
}

// broken never tries again after the first failure.
func broken(_ *tokentest.Issuer, remote *jwks.Remote) jwks.Source {
	var failed memo[bool]
	return source(func(ctx context.Context, kid string) ([]jwks.Key, error) {
		if _, ok := failed.get(""); ok {
			return nil, jwks.ErrUnavailable
		}
		keys, err := remote.Keys(ctx, kid)
		if errors.Is(err, jwks.ErrUnavailable) {
			failed.set("", true)
		}
		return keys, err
	})
}

// trusting remembers whom it has let in, until the token expires.
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

// careless lets everybody in whom it cannot judge.
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
