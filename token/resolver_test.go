package token_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

// directory resolves the issuers it lists, and counts how often it is asked.
type directory struct {
	mu    sync.Mutex
	auths auths
	fault func(ctx context.Context, iss string) (token.Authenticator, error) // replaces the answer
	calls map[string]int
	all   int
}

func newDirectory(a auths) *directory { return &directory{auths: a, calls: map[string]int{}} }

func (d *directory) resolve(ctx context.Context, iss string) (token.Authenticator, error) {
	d.mu.Lock()
	d.calls[iss]++
	d.all++
	auth, fault := d.auths[iss], d.fault
	d.mu.Unlock()
	if fault != nil {
		return fault(ctx, iss)
	}
	if auth == nil {
		return nil, fmt.Errorf("no tenant %w", token.ErrIssuer)
	}
	return auth, nil
}

func (d *directory) set(edit func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	edit()
}

func (d *directory) asked(iss string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls[iss]
}

func (d *directory) total() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.all
}

func anyIssuer(string) bool { return true }

func newResolver(t testing.TB, d *directory, edit func(*token.ResolverConfig)) *token.Resolver {
	t.Helper()
	cfg := token.ResolverConfig{Allow: anyIssuer}
	if d != nil {
		cfg.Resolve = d.resolve
	}
	if edit != nil {
		edit(&cfg)
	}
	r, err := token.NewResolver(cfg)
	require.NoError(t, err)
	return r
}

func tokenOf(iss string, edits ...any) string {
	return mint{alg: "EdDSA", claims: pairs(append([]any{"iss", iss}, edits...))}.token()
}

func mustPass(t testing.TB, auth token.Authenticator, raw string) *token.Token {
	t.Helper()
	tok, err := authenticate(auth, raw)
	require.NoError(t, err)
	return tok
}

func mustFail(t *testing.T, auth token.Authenticator, raw string, want error) {
	t.Helper()
	_, err := authenticate(auth, raw)
	require.ErrorIs(t, err, want)
	assertOneOutcome(t, err)
	assertOneLine(t, err.Error())
}

func TestResolver(t *testing.T) {
	t.Parallel()
	d := newDirectory(auths{issuer: newVerifier(t, nil), otherIssuer: authFunc(verifierOf(t, otherIssuer).Authenticate)})
	r := newResolver(t, d, func(c *token.ResolverConfig) {
		c.Allow = func(iss string) bool { return iss != "https://forbidden.example.com" }
	})
	for name, c := range map[string]struct {
		raw   string
		want  error
		asked string
	}{
		"a Verifier":               {tokenOf(issuer), nil, issuer},
		"another Authenticator":    {tokenOf(otherIssuer), nil, otherIssuer},
		"unknown":                  {tokenOf("https://unknown.example.com"), token.ErrIssuer, "https://unknown.example.com"},
		"refused by its Verifier":  {tokenOf(issuer, "aud", "x"), token.ErrAudience, issuer},
		"another one's key":        {mint{key: keys.otherP256()}.token(), token.ErrSignature, issuer},
		"forbidden":                {tokenOf("https://forbidden.example.com"), token.ErrIssuer, ""},
		"missing":                  {"", token.ErrMissing, ""},
		"opaque":                   {"opaque", token.ErrMalformed, ""},
		"too large":                {strings.Repeat("A", 65<<10), token.ErrTooLarge, ""},
		"no issuer":                {claims("iss", nil).token(), token.ErrIssuer, ""},
		"no URL":                   {tokenOf("as.example.com"), token.ErrIssuer, ""},
		"http":                     {tokenOf("http://as.example.com"), token.ErrIssuer, ""},
		"ftp to this machine":      {tokenOf("ftp://localhost/x"), token.ErrIssuer, ""},
		"scheme in capitals":       {tokenOf("HTTPS://as.example.com"), token.ErrIssuer, ""},
		"another scheme":           {tokenOf("file:///etc/passwd"), token.ErrIssuer, ""},
		"no host":                  {tokenOf("https:///x"), token.ErrIssuer, ""},
		"a port and no host":       {tokenOf("https://:443/x"), token.ErrIssuer, ""},
		"a port that is no number": {tokenOf("https://a.example:x/"), token.ErrIssuer, ""},
		"an empty port":            {tokenOf("https://a.example:"), token.ErrIssuer, ""},
		"user":                     {tokenOf("https://as.example.com@evil.example/"), token.ErrIssuer, ""},
		"query":                    {tokenOf(issuer + "?x"), token.ErrIssuer, ""},
		"fragment":                 {tokenOf(issuer + "#"), token.ErrIssuer, ""},
		"percent-encoding":         {tokenOf(issuer + "/%2e%2e/x"), token.ErrIssuer, ""},
		"dots":                     {tokenOf(issuer + "/a/../b"), token.ErrIssuer, ""},
		"dots at the end":          {tokenOf(issuer + "/.."), token.ErrIssuer, ""},
		"a dot":                    {tokenOf(issuer + "/./b"), token.ErrIssuer, ""},
		"a segment of nothing":     {tokenOf(issuer + "//b"), token.ErrIssuer, ""},
		"a backslash":              {tokenOf(issuer + `/\evil`), token.ErrIssuer, ""},
		"a space":                  {tokenOf(issuer + "/ "), token.ErrIssuer, ""},
		"a line break":             {tokenOf(issuer + "/\n"), token.ErrIssuer, ""},
		"a letter that looks like": {tokenOf("https://аs.example.com"), token.ErrIssuer, ""},
		"the longest":              {tokenOf(issuer + "/" + strings.Repeat("x", 511-len(issuer))), token.ErrIssuer, issuer + "/" + strings.Repeat("x", 511-len(issuer))},
		"longer":                   {tokenOf(issuer + "/" + strings.Repeat("x", 512-len(issuer))), token.ErrIssuer, ""},
		"http to this machine":     {tokenOf("http://localhost:8080/x"), token.ErrIssuer, "http://localhost:8080/x"},
		"a port and a slash":       {tokenOf("https://a.example:8443/"), token.ErrIssuer, "https://a.example:8443/"},
	} {
		t.Run(name, func(t *testing.T) {
			before := d.total()
			for range 3 {
				_, err := authenticate(r, c.raw)
				require.ErrorIs(t, err, c.want)
			}
			if c.asked == "" {
				assert.Equal(t, before, d.total(), "nothing is asked about it")
				return
			}
			assert.Equal(t, 1, d.asked(c.asked))
		})
	}
	for _, r := range []*token.Resolver{nil, {}} {
		mustFail(t, r, tokenOf(issuer), token.ErrIssuer)
		r.Forget(issuer)
		assert.Equal(t, r == nil, token.CanTell(r, token.SubjectUser))
		schemes, err := token.SchemesOf(r)
		require.NoError(t, err)
		assert.Equal(t, []token.Scheme{{Name: "Bearer"}}, schemes)
	}
}

// What an Authenticator says of another issuer's token counts for nothing.
func TestResolverChecksTheVerifiedIssuer(t *testing.T) {
	t.Parallel()
	mine := verified(t, mint{}, nil)
	for name, answer := range map[string]*token.Token{"another issuer's": mine, "none": nil, "zero": new(token.Token)} {
		d := newDirectory(auths{otherIssuer: authFunc(func(context.Context, token.Presentation) (*token.Token, error) { return answer, nil })})
		_, err := authenticate(newResolver(t, d, nil), tokenOf(otherIssuer))
		require.ErrorIs(t, err, token.ErrIssuer, name)
	}
}

// Whatever is the matter with Resolve is no verdict on a token, and is asked again
// soon.
// A clock that was set back does not keep an issuer known for longer: it is not
// clear how long ago Resolve was asked.
func TestResolverAndAClockSetBack(t *testing.T) {
	t.Parallel()
	clock := time.Unix(1_700_000_000, 0)
	d := newDirectory(auths{issuer: newVerifier(t, nil)})
	r := newResolver(t, d, func(c *token.ResolverConfig) { c.Time = func() time.Time { return clock } })
	mustPass(t, r, tokenOf(issuer))
	mustPass(t, r, tokenOf(issuer))
	require.Equal(t, 1, d.calls[issuer])
	clock = clock.Add(-time.Hour)
	d.auths = auths{}
	mustFail(t, r, tokenOf(issuer), token.ErrIssuer)
}

// What a program's Resolve says is found in the error, for its hooks.
func TestCauseOfResolve(t *testing.T) {
	t.Parallel()
	errDown := errors.New("down")
	d := newDirectory(nil)
	d.fault = func(context.Context, string) (token.Authenticator, error) {
		return nil, fmt.Errorf("query: %w", errDown)
	}
	_, err := authenticate(newResolver(t, d, nil), tokenOf(issuer))
	require.ErrorIs(t, err, token.ErrUnavailable)
	require.ErrorIs(t, err, errDown)
}

func TestResolveFails(t *testing.T) {
	t.Parallel()
	later := &comeLater{7 * time.Second}
	for name, c := range map[string]struct {
		fault func(ctx context.Context, iss string) (token.Authenticator, error)
		after time.Duration
	}{
		"error":                 {func(context.Context, string) (token.Authenticator, error) { return nil, errors.New("down\nlevel=INFO") }, time.Second},
		"error that knows when": {func(context.Context, string) (token.Authenticator, error) { return nil, fmt.Errorf("down: %w", later) }, 7 * time.Second},
		"error beside a Verifier": {func(context.Context, string) (token.Authenticator, error) {
			return newVerifier(t, nil), errors.New("x")
		}, time.Second},
		"another verdict": {func(context.Context, string) (token.Authenticator, error) { return nil, token.ErrExpired }, time.Second},
		"unknown, or unavailable": {func(context.Context, string) (token.Authenticator, error) {
			return nil, errors.Join(token.ErrIssuer, token.ErrKeysUnavailable)
		}, time.Second},
		"nothing":                      {func(context.Context, string) (token.Authenticator, error) { return nil, nil }, time.Second},
		"a nil Verifier":               {func(context.Context, string) (token.Authenticator, error) { return (*token.Verifier)(nil), nil }, time.Second},
		"a Verifier of another issuer": {func(context.Context, string) (token.Authenticator, error) { return verifierOf(t, otherIssuer), nil }, time.Second},
		"panic":                        {func(context.Context, string) (token.Authenticator, error) { panic("boom\n") }, time.Second},
		"end of the goroutine": {func(context.Context, string) (token.Authenticator, error) {
			runtime.Goexit()
			return nil, nil
		}, time.Second},
		"its own context ends": {func(context.Context, string) (token.Authenticator, error) {
			return nil, fmt.Errorf("query: %w: %w", context.Canceled, later)
		}, 7 * time.Second},
		"blocks": {func(ctx context.Context, _ string) (token.Authenticator, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, time.Second},
		"blocks and does not heed its context": {func(context.Context, string) (token.Authenticator, error) {
			time.Sleep(time.Minute)
			return newVerifier(t, nil), nil
		}, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDirectory(auths{issuer: newVerifier(t, nil)})
				d.fault = c.fault
				r := newResolver(t, d, nil)
				begun := time.Now()
				for range 3 {
					_, err := authenticate(r, tokenOf(issuer))
					require.ErrorIs(t, err, token.ErrUnavailable)
					assertOneOutcome(t, err)
					assertOneLine(t, err.Error())
					for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
						require.NotErrorIs(t, err, ended, "no context of the caller has ended")
					}
					var known interface{ RetryAfter() time.Duration }
					require.ErrorAs(t, err, &known)
					assert.Equal(t, c.after, known.RetryAfter())
				}
				assert.LessOrEqual(t, time.Since(begun), 5*time.Second)
				assert.Equal(t, 1, d.asked(issuer))
				d.set(func() { d.fault = nil })
				time.Sleep(time.Second)
				mustPass(t, r, tokenOf(issuer))
				time.Sleep(time.Minute) // what comes too late changes nothing
				mustPass(t, r, tokenOf(issuer))
				assert.Equal(t, 2, d.asked(issuer))
				assert.Zero(t, token.Held(r)["running"])
			})
		})
	}
}

// comeLater is an error that knows when to come again.
type comeLater struct{ after time.Duration }

func (*comeLater) Error() string               { return "later" }
func (c *comeLater) RetryAfter() time.Duration { return c.after }

// An Authenticator that asks itself would never return.
func TestResolveReturnsTheResolver(t *testing.T) {
	t.Parallel()
	var r *token.Resolver
	r = newResolver(t, nil, func(c *token.ResolverConfig) {
		c.Resolve = func(context.Context, string) (token.Authenticator, error) { return r, nil }
	})
	mustFail(t, r, tokenOf(issuer), token.ErrUnavailable)
}

// All who need an answer wait for one call, and each for no longer than it wants.
func TestResolveOnceForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(nil)
		v := newVerifier(t, nil)
		d.fault = func(ctx context.Context, _ string) (token.Authenticator, error) {
			select {
			case <-time.After(2 * time.Second):
				return v, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		r := newResolver(t, d, nil)
		type key struct{}
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, i), time.Duration(i%2*4+1)*time.Second)
				defer cancel()
				begun := time.Now()
				_, err := r.Authenticate(ctx, token.Bearer(tokenOf(issuer)))
				if i%2 == 0 {
					assert.ErrorIs(t, err, token.ErrUnavailable)
					assert.ErrorIs(t, err, context.DeadlineExceeded)
					assert.Equal(t, time.Second, time.Since(begun))
					return
				}
				assert.NoError(t, err)
			})
		}
		wg.Wait()
		assert.Equal(t, 1, d.asked(issuer))
	})
}

// Resolve gets nothing of the caller who happened to come first.
func TestResolveHasAContextOfItsOwn(t *testing.T) {
	t.Parallel()
	type key struct{}
	d := newDirectory(nil)
	d.fault = func(ctx context.Context, _ string) (token.Authenticator, error) {
		if ctx.Value(key{}) != nil {
			return nil, token.ErrIssuer
		}
		if _, ok := ctx.Deadline(); !ok {
			return nil, token.ErrIssuer
		}
		return newVerifier(t, nil), nil
	}
	_, err := newResolver(t, d, nil).Authenticate(context.WithValue(t.Context(), key{}, 1), token.Bearer(tokenOf(issuer)))
	require.NoError(t, err)
}
