package rehearse_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token/tokentest"
)

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

// lonely asks for keys it has not seen, each caller separately.
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
