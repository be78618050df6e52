package token_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/zerocopy"
	"github.com/postern-go/postern/token"
)

// A rule that has said yes before an issuer was forgotten says nothing about
// later calls: the tenant was removed while it looked.
func TestForgetWhileAllowing(t *testing.T) {
	for name, by := range map[string]func(allow func(string) bool) token.ResolverConfig{
		"Template": func(allow func(string) bool) token.ResolverConfig {
			return token.ResolverConfig{Templates: []token.Template{shared(func(t *token.Template) {
				t.Values, t.Allow = nil, allow
			})}}
		},
		"Resolve": func(allow func(string) bool) token.ResolverConfig {
			return token.ResolverConfig{Allow: allow, Resolve: newDirectory(auths{tenant(acme): verifierOf(t, tenant(acme))}).resolve}
		},
	} {
		for _, before := range []string{"new", "known"} {
			t.Run(name+", "+before, func(t *testing.T) {
				inTime(t, func(t *testing.T) {
					var r *token.Resolver
					var removes, removed atomic.Bool
					cfg := by(func(string) bool {
						if removed.Load() {
							return false
						}
						if removes.Load() {
							removed.Store(true)
							r.Forget(tenant(acme))
						}
						return true
					})
					r, err := token.NewResolver(cfg)
					require.NoError(t, err)
					raw := tokenOf(tenant(acme), "tid", acme)
					if before == "known" {
						mustPass(t, r, raw)
						time.Sleep(5 * time.Minute)
					}
					removes.Store(true)
					mustPass(t, r, raw) // it began before
					require.True(t, removed.Load())
					for range 2 {
						mustFail(t, r, raw, token.ErrIssuer)
					}
					assert.Zero(t, token.Held(r)["known"])
					assert.Zero(t, token.Held(r)["flights"])
				})
			})
		}
	}
}

// Strangers cannot use up the calls of Resolve that those who are known need.
func TestStrangersLeaveRoomForTheKnown(t *testing.T) {
	inTime(t, func(t *testing.T) {
		d := newDirectory(auths{issuer: newVerifier(t, nil)})
		r := newResolver(t, d, func(c *token.ResolverConfig) { c.NewPerSecond = 10_000 })
		mustPass(t, r, tokenOf(issuer))
		time.Sleep(5 * time.Minute)
		stuck := make(chan struct{})
		d.set(func() {
			delete(d.auths, issuer)
			d.fault = func(_ context.Context, iss string) (token.Authenticator, error) {
				if iss == issuer {
					return nil, token.ErrIssuer
				}
				<-stuck
				return nil, errors.New("at last")
			}
		})
		for i := range 300 {
			go func() { _, _ = authenticate(r, tokenOf(nth(i))) }()
		}
		synctest.Wait()
		mustFail(t, r, tokenOf(issuer), token.ErrIssuer) // its removal is noticed
		close(stuck)
	})
}

// A clock that panics is the fault of the program, and takes a call and not the
// process: calls of Resolve run in goroutines that no server watches.
func TestTimePanicsWhileResolving(t *testing.T) {
	inTime(t, func(t *testing.T) {
		var broken atomic.Bool
		d := newDirectory(nil)
		d.fault = func(context.Context, string) (token.Authenticator, error) {
			broken.Store(true)
			return nil, errors.New("down")
		}
		r := newResolver(t, d, func(c *token.ResolverConfig) {
			c.Time = func() time.Time {
				if broken.Load() {
					panic("boom")
				}
				return time.Now()
			}
		})
		mustFail(t, r, tokenOf(issuer), token.ErrUnavailable)
		synctest.Wait()
		assert.Panics(t, func() { _, _ = authenticate(r, tokenOf(issuer)) })
		broken.Store(false)
		time.Sleep(time.Second)
		d.set(func() { d.fault = nil; d.auths = auths{issuer: newVerifier(t, nil)} })
		mustPass(t, r, tokenOf(issuer))
		assert.Zero(t, token.Held(r)["running"])
	})
}

// pointed is an error that panics if it is nil.
type pointed struct{ err error }

func (w *pointed) Error() string { return w.err.Error() }
func (w *pointed) Unwrap() error { return w.err }

// An error that is a nil pointer is a mistake that the compiler does not find.
func TestResolveFailsWithANilPointer(t *testing.T) {
	t.Parallel()
	d := newDirectory(nil)
	d.fault = func(context.Context, string) (token.Authenticator, error) { return nil, (*pointed)(nil) }
	mustFail(t, newResolver(t, d, nil), tokenOf(issuer), token.ErrUnavailable)
}

// The issuers that are kept do not keep the tokens that named them.
func TestIssuersDoNotHoldTokens(t *testing.T) {
	t.Parallel()
	var text weak.Pointer[byte]
	watch := func(iss string) bool {
		text = weak.Make(&zerocopy.Bytes(iss)[0])
		return true
	}
	resolve := func(_ context.Context, iss string) (token.Authenticator, error) { return verifierOf(t, iss), nil }
	for name, cfg := range map[string]token.ResolverConfig{
		"Template": {Templates: []token.Template{shared(func(t *token.Template) { t.Values, t.Allow = nil, watch })}},
		"Resolve":  {Allow: watch, Resolve: resolve},
	} {
		r, err := token.NewResolver(cfg)
		require.NoError(t, err)
		mustPass(t, r, tokenOf(tenant(acme), "tid", acme, "padding", strings.Repeat("x", 8000)))
		runtime.GC()
		assert.Nil(t, text.Value(), name)
		assert.Equal(t, 1, token.Held(r)["known"])
		runtime.KeepAlive(r)
	}
}

// A list of issuers is no reason to discover keys without limit if strangers can
// evict them by naming others.
func TestListedRealmsThatAreEvicted(t *testing.T) {
	inTime(t, func(t *testing.T) {
		var list []string
		for i := range 10 {
			list = append(list, fmt.Sprint("r", i))
		}
		realms := func(host string) token.Template {
			return token.Template{Issuer: "https://" + host + "/{realm}", Values: list,
				Config: token.Config{Audience: []string{audience}, HTTPClient: &http.Client{Transport: farm{}}}}
		}
		open := shared(func(t *token.Template) { t.Values, t.AnyValue = nil, true })
		closed := shared(nil)
		invented := realms("c.example")
		invented.Values, invented.AnyValue = nil, true
		for name, c := range map[string]struct {
			others   []token.Template
			maxKnown int
			judged   int
		}{
			"alone":                                  {nil, 10, 10},
			"beside a list, with room for both":      {[]token.Template{realms("b.example")}, 20, 10},
			"beside a list, without room":            {[]token.Template{realms("b.example")}, 19, 4},
			"beside a list with the keys of all":     {[]token.Template{closed}, 11, 4},
			"beside any issuer with the keys of all": {[]token.Template{open}, 1000, 4},
			"beside a list of those, with room":      {[]token.Template{closed}, 12, 10},
			"beside realms that cost requests":       {[]token.Template{invented}, 1000, 10},
		} {
			r, err := token.NewResolver(token.ResolverConfig{Templates: append(c.others, realms("a.example")), NewPerSecond: 2, MaxKnown: c.maxKnown})
			require.NoError(t, err)
			judged := 0
			for _, realm := range list {
				_, err := authenticate(r, tokenOf("https://a.example/"+realm, "aud", "x"))
				if err != nil && token.Reason(err) != "unavailable" {
					judged++
				}
			}
			assert.Equal(t, c.judged, judged, name)
		}
	})
}
