package tokentest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// verifyBy asks the verifier about one token.
func verifyBy(t *testing.T, v *token.Verifier, raw string) error {
	t.Helper()
	_, err := v.Authenticate(t.Context(), token.Bearer(raw))
	return err
}

func newVerifier(t *testing.T, cfg token.Config) *token.Verifier {
	t.Helper()
	v, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	return v
}

func TestRotations(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(*testing.T, *tokentest.Issuer, *token.Verifier){
		"a new key that signs at once": func(t *testing.T, issuer *tokentest.Issuer, v *token.Verifier) {
			old := issuer.Token()
			key := issuer.Rotate()
			assert.Equal(t, key.ID, issuer.SigningKey().ID)
			assert.NoError(t, verifyBy(t, v, issuer.Token()))
			assert.NoError(t, verifyBy(t, v, old))
			assert.Equal(t, 2, issuer.Requests(issuer.KeysURL()))
		},
		"a key announced ahead": func(t *testing.T, issuer *tokentest.Issuer, v *token.Verifier) {
			before := issuer.SigningKey()
			key := issuer.Announce()
			assert.Equal(t, before.ID, issuer.SigningKey().ID)
			assert.NotEqual(t, before.ID, key.ID)
			time.Sleep(10 * time.Minute)
			require.NoError(t, verifyBy(t, v, issuer.Token()))
			fetched := issuer.Requests(issuer.KeysURL())
			issuer.Promote(key.ID)
			assert.NoError(t, verifyBy(t, v, issuer.Token()))
			assert.Equal(t, fetched, issuer.Requests(issuer.KeysURL()))
		},
		"a key withdrawn": func(t *testing.T, issuer *tokentest.Issuer, v *token.Verifier) {
			old := issuer.SigningKey()
			issuer.Rotate()
			issuer.Withdraw(old.ID)
			assert.NotContains(t, issuer.KeySet(), old.ID)
			time.Sleep(10 * time.Minute)
			assert.NoError(t, verifyBy(t, v, issuer.Token()))
			assert.ErrorIs(t, verifyBy(t, v, issuer.Token(tokentest.Key(old))), token.ErrUnknownKey)
		},
		"a withdrawn key that signs on": func(t *testing.T, issuer *tokentest.Issuer, v *token.Verifier) {
			issuer.Withdraw(issuer.Rotate().ID)
			assert.ErrorIs(t, verifyBy(t, v, issuer.Token()), token.ErrUnknownKey)
		},
		"a key replaced under its id": func(t *testing.T, issuer *tokentest.Issuer, v *token.Verifier) {
			old := issuer.SigningKey()
			key := issuer.ReplaceKey(old.ID)
			assert.Equal(t, old.ID, key.ID)
			assert.NoError(t, verifyBy(t, v, issuer.Token()), "the first bad signature asks for the key again")
			assert.ErrorIs(t, verifyBy(t, v, issuer.Token(tokentest.Key(old))), token.ErrSignature)
		},
		"unusable keys in the set": func(t *testing.T, issuer *tokentest.Issuer, v *token.Verifier) {
			issuer.AddKey("pq-1", `{"kty":"AKP","kid":"pq-1","alg":"ML-DSA-44","pub":"AA"}`)
			issuer.Rotate()
			assert.NoError(t, verifyBy(t, v, issuer.Token()))
			assert.Contains(t, issuer.KeySet(), "ML-DSA-44")
			issuer.Withdraw("pq-1")
			assert.NotContains(t, issuer.KeySet(), "ML-DSA-44")
		},
		"a key from elsewhere": func(t *testing.T, issuer *tokentest.Issuer, v *token.Verifier) {
			key := issuer.ForeignKey("ES256", "brought")
			assert.ErrorIs(t, verifyBy(t, v, issuer.Token(tokentest.Key(key))), token.ErrUnknownKey)
			time.Sleep(time.Minute)
			issuer.Publish(key)
			issuer.Promote(key.ID)
			assert.NoError(t, verifyBy(t, v, issuer.Token()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				issuer := tokentest.NewIssuer(t, nil)
				v := newVerifier(t, issuer.Config())
				require.NoError(t, verifyBy(t, v, issuer.Token()))
				require.Equal(t, 1, issuer.Requests(issuer.KeysURL()))
				test(t, issuer, v)
			})
		})
	}
}

func TestPromoteOfNoKeyPanics(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	issuer.AddKey("alien", `{}`)
	assert.Panics(t, func() { issuer.Promote("unknown") })
	assert.Panics(t, func() { issuer.Promote("alien") })
	assert.Panics(t, func() { issuer.ReplaceKey("unknown") })
}

// A service that has no keys cannot judge, whether the issuer is down or talks nonsense.
func TestOutages(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(*tokentest.Issuer){
		"down":                func(i *tokentest.Issuer) { i.GoDown() },
		"status 500":          func(i *tokentest.Issuer) { i.Fail(http.StatusInternalServerError) },
		"hanging":             func(i *tokentest.Issuer) { i.Hang() },
		"too slow":            func(i *tokentest.Issuer) { i.Delay(time.Hour) },
		"an empty key set":    func(i *tokentest.Issuer) { i.Garbage(`{"keys":[]}`) },
		"a page":              func(i *tokentest.Issuer) { i.Garbage("<!doctype html><p>Back soon.") },
		"half a document":     func(i *tokentest.Issuer) { i.Garbage(`{"keys":[{"kty":`) },
		"another issuer":      func(i *tokentest.Issuer) { i.SetMetadata("issuer", "https://attacker.test") },
		"metadata without it": func(i *tokentest.Issuer) { i.SetMetadata("jwks_uri", nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				issuer := tokentest.NewIssuer(t, nil)
				v := newVerifier(t, issuer.Config())
				fail(issuer)
				assert.ErrorIs(t, verifyBy(t, v, issuer.Token()), token.ErrUnavailable)
				assert.Positive(t, issuer.Requests())

				issuer.ComeUp()
				issuer.SetMetadata("issuer", issuer.Identifier())
				issuer.SetMetadata("jwks_uri", issuer.KeysURL())
				time.Sleep(time.Hour)
				assert.NoError(t, verifyBy(t, v, issuer.Token()))
			})
		})
	}
}

func TestFaultsAsSeenByAClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		issuer := tokentest.NewIssuer(t, nil)

		issuer.GoDown()
		_, err := issuer.Client().Get(issuer.KeysURL())
		assert.ErrorIs(t, err, syscall.ECONNREFUSED)

		issuer.Fail(http.StatusServiceUnavailable)
		issuer.SetHeader("Retry-After", "120")
		response, err := issuer.Client().Get(issuer.KeysURL())
		require.NoError(t, err)
		assert.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
		assert.Equal(t, "120", response.Header.Get("Retry-After"))

		issuer.Hang()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		start := time.Now()
		assert.ErrorIs(t, getWith(ctx, issuer), context.DeadlineExceeded)
		assert.Equal(t, time.Hour, time.Since(start))

		issuer.ComeUp()
		issuer.Delay(3 * time.Second)
		start = time.Now()
		assert.NoError(t, getWith(t.Context(), issuer))
		assert.Equal(t, 3*time.Second, time.Since(start))
	})
}

func TestComeUpEndsRequestsThatHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		issuer := tokentest.NewIssuer(t, nil)
		issuer.Hang()
		ended := make(chan error)
		go func() { ended <- getWith(t.Context(), issuer) }()
		synctest.Wait()
		issuer.ComeUp()
		assert.ErrorIs(t, <-ended, syscall.ECONNREFUSED)
		assert.NoError(t, getWith(t.Context(), issuer))
	})
}

func getWith(ctx context.Context, issuer *tokentest.Issuer) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, issuer.KeysURL(), nil)
	if err != nil {
		return err
	}
	response, err := issuer.Client().Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	const origin = "https://login.test"
	for name, test := range map[string]struct {
		options tokentest.Options
		urls    []string
	}{
		"all forms": {
			tokentest.Options{Identifier: origin},
			[]string{origin + "/.well-known/oauth-authorization-server", origin + "/.well-known/openid-configuration"},
		},
		"all forms with a path": {
			tokentest.Options{Identifier: origin + "/t1"},
			[]string{
				origin + "/.well-known/oauth-authorization-server/t1",
				origin + "/.well-known/openid-configuration/t1",
				origin + "/t1/.well-known/openid-configuration",
			},
		},
		"OpenID alone": {
			tokentest.Options{Identifier: origin + "/t1/", Discovery: tokentest.DiscoverOpenID},
			[]string{origin + "/t1/.well-known/openid-configuration"},
		},
		"OAuth alone": {
			tokentest.Options{Identifier: origin + "/t1", Discovery: tokentest.DiscoverOAuth},
			[]string{origin + "/.well-known/oauth-authorization-server/t1"},
		},
		"none": {tokentest.Options{Identifier: origin, Discovery: tokentest.DiscoverNothing}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				issuer := tokentest.NewIssuer(t, &test.options)
				assert.Equal(t, test.urls, issuer.MetadataURLs())
				for _, url := range test.urls {
					var metadata struct {
						Issuer string `json:"issuer"`
						Keys   string `json:"jwks_uri"`
					}
					require.NoError(t, json.Unmarshal([]byte(get(t, issuer, url)), &metadata))
					assert.Equal(t, issuer.Identifier(), metadata.Issuer)
					assert.Equal(t, issuer.KeysURL(), metadata.Keys)
				}
				err := verifyBy(t, newVerifier(t, issuer.Config()), issuer.Token())
				if len(test.urls) == 0 {
					assert.ErrorIs(t, err, token.ErrUnavailable)
				} else {
					assert.NoError(t, err)
				}
			})
		})
	}
}

func TestRevalidation(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, &tokentest.Options{CacheControl: "max-age=60"})
	first, err := issuer.Client().Get(issuer.KeysURL())
	require.NoError(t, err)
	assert.Equal(t, "max-age=60", first.Header.Get("Cache-Control"))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, issuer.KeysURL(), nil)
	require.NoError(t, err)
	r.Header.Set("If-None-Match", first.Header.Get("ETag"))

	second, err := issuer.Client().Do(r)
	require.NoError(t, err)
	assert.Equal(t, http.StatusNotModified, second.StatusCode)

	issuer.Announce()
	third, err := issuer.Client().Do(r)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, third.StatusCode)
	assert.NotEqual(t, first.Header.Get("ETag"), third.Header.Get("ETag"))

	issuer.SetHeader("ETag", "")
	fourth, err := issuer.Client().Do(r)
	require.NoError(t, err)
	assert.Empty(t, fourth.Header.Values("ETag"))
}

func TestRequestsAreCounted(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	assert.Zero(t, issuer.Requests())
	get(t, issuer, issuer.KeysURL())
	get(t, issuer, issuer.KeysURL()+"?x=1")
	get(t, issuer, issuer.MetadataURLs()[0])
	response, err := issuer.Client().Get("https://issuer.test/nothing/here")
	require.NoError(t, err)
	assert.Equal(t, http.StatusNotFound, response.StatusCode)
	_, err = issuer.Client().Get("https://elsewhere.test/")
	assert.Error(t, err, "there is no network behind the issuer")
	assert.Equal(t, 2, issuer.Requests(issuer.KeysURL()))
	assert.Equal(t, 3, issuer.Requests(issuer.KeysURL(), issuer.MetadataURLs()[0]))
	assert.Equal(t, 5, issuer.Requests())
	assert.Equal(t, 1, issuer.Requests("https://elsewhere.test/"))
}

func TestLoopback(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewLoopbackIssuer(t, &tokentest.Options{Identifier: "https://login.test/tenant"})
	assert.Regexp(t, `^http://127\.0\.0\.1:\d+/tenant$`, issuer.Identifier())
	cfg := issuer.Config()
	cfg.HTTPClient = nil // over the network, as another process would
	v := newVerifier(t, cfg)
	assert.NoError(t, verifyBy(t, v, issuer.Token()))

	issuer.GoDown()
	_, err := http.Get(issuer.KeysURL())
	assert.Error(t, err)
	issuer.ComeUp()
	response, err := http.Get(issuer.KeysURL())
	require.NoError(t, err)
	defer response.Body.Close()
	assert.Equal(t, "application/jwk-set+json", response.Header.Get("Content-Type"))
	assert.Equal(t, 3, issuer.Requests(issuer.KeysURL()))
}

// The test ends although the issuer still owes an answer.
func TestLoopbackEndsWhileOwingAnAnswer(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(*tokentest.Issuer){
		"hanging": func(i *tokentest.Issuer) { i.Hang() },
		"slow":    func(i *tokentest.Issuer) { i.Delay(24 * time.Hour) },
	} {
		ended := make(chan error, 1)
		t.Run(name, func(t *testing.T) {
			issuer := tokentest.NewLoopbackIssuer(t, nil)
			fail(issuer)
			go func() { ended <- getWith(context.Background(), issuer) }()
			require.Eventually(t, func() bool { return issuer.Requests() == 1 }, 10*time.Second, time.Millisecond)
		})
		assert.Error(t, <-ended)
	}
}

// Every method may be called while others are.
func TestIssuerIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	work := []func(){
		func() { issuer.Token(tokentest.Algorithm("EdDSA")) },
		func() { issuer.IDToken() },
		func() { issuer.Promote(issuer.Rotate().ID) },
		func() { issuer.ReplaceKey(issuer.Announce().ID) },
		func() { issuer.Withdraw("nothing") },
		func() { issuer.GoDown(); issuer.ComeUp() },
		func() { issuer.Hang(); issuer.ComeUp() },
		func() { issuer.Garbage("x"); issuer.Delay(1); issuer.Fail(500) },
		func() { issuer.SetHeader("Age", "1"); issuer.SetMetadata("x", 1) },
		func() { issuer.AddKey("x", "{}"); issuer.Publish(issuer.ForeignKey("ES256", "y")) },
		func() { issuer.Requests(); issuer.KeySet(); issuer.Config(); issuer.Now() },
		func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			defer cancel()
			_ = getWith(ctx, issuer)
		},
	}
	done := make(chan struct{})
	for _, f := range work {
		go func() {
			defer func() { done <- struct{}{} }()
			for range 20 {
				f()
			}
		}()
	}
	for range work {
		<-done
	}
}
