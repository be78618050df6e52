package token_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

// inTime runs a test in a bubble, where time is the test's to move.
func inTime(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, f)
}

// A tenant that is removed is refused within KnownFor, remembered tokens or not,
// and one that stays loses nothing when it is asked for again.
func TestResolutionsEnd(t *testing.T) {
	inTime(t, func(t *testing.T) {
		d := newDirectory(auths{issuer: newVerifier(t, nil), otherIssuer: verifierOf(t, otherIssuer)})
		r := newResolver(t, d, nil)
		mine, theirs := tokenOf(issuer), tokenOf(otherIssuer)
		for range 2 {
			mustPass(t, r, mine)
			mustPass(t, r, theirs)
		}
		require.True(t, token.Hinted(r, theirs))
		d.set(func() { delete(d.auths, otherIssuer) })
		time.Sleep(5*time.Minute - time.Nanosecond)
		assert.True(t, mustPass(t, r, theirs).Remembered())
		assert.Equal(t, 2, d.total())
		time.Sleep(time.Nanosecond)
		mustFail(t, r, theirs, token.ErrIssuer)
		assert.True(t, mustPass(t, r, mine).Remembered())
		assert.Equal(t, 4, d.total())
		// Removed is unknown, and comes back after a minute.
		d.set(func() { d.auths[otherIssuer] = verifierOf(t, otherIssuer) })
		time.Sleep(time.Minute - time.Nanosecond)
		mustFail(t, r, theirs, token.ErrIssuer)
		time.Sleep(time.Nanosecond)
		assert.False(t, mustPass(t, r, theirs).Remembered())
		assert.Equal(t, 5, d.total())
	})
}

// What Resolve has found is as old as the call: a tenant may have been removed
// while it ran.
func TestSlowAnswersAreOld(t *testing.T) {
	for name, answer := range map[string]error{"known": nil, "unknown": token.ErrIssuer} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T) {
				d, v := newDirectory(nil), newVerifier(t, nil)
				d.fault = func(context.Context, string) (token.Authenticator, error) {
					time.Sleep(4 * time.Second)
					if answer != nil {
						return nil, answer
					}
					return v, nil
				}
				r := newResolver(t, d, func(c *token.ResolverConfig) { c.KnownFor, c.UnknownFor = time.Minute, time.Minute })
				_, err := authenticate(r, tokenOf(issuer))
				require.ErrorIs(t, err, answer)
				time.Sleep(56*time.Second - 1)
				_, err = authenticate(r, tokenOf(issuer))
				require.ErrorIs(t, err, answer)
				require.Equal(t, 1, d.asked(issuer))
				time.Sleep(time.Nanosecond)
				_, err = authenticate(r, tokenOf(issuer))
				require.ErrorIs(t, err, answer)
				assert.Equal(t, 2, d.asked(issuer))
			})
		})
	}
}

// New settings of a tenant take effect in the same time.
func TestResolutionsChange(t *testing.T) {
	inTime(t, func(t *testing.T) {
		d := newDirectory(auths{issuer: newVerifier(t, nil)})
		r := newResolver(t, d, func(c *token.ResolverConfig) { c.KnownFor = time.Minute })
		mustPass(t, r, tokenOf(issuer))
		d.set(func() { d.auths[issuer] = newVerifier(t, func(c *token.Config) { c.Audience = []string{"another"} }) })
		mustPass(t, r, tokenOf(issuer))
		time.Sleep(time.Minute)
		mustFail(t, r, tokenOf(issuer), token.ErrAudience)
	})
}

// While Resolve fails, those known are served until twice KnownFor has passed.
// The first call waits for the failure, and no other does.
func TestResolveFailsForTheKnown(t *testing.T) {
	for name, fault := range map[string]func(ctx context.Context, iss string) (token.Authenticator, error){
		"error": func(context.Context, string) (token.Authenticator, error) { return nil, errors.New("down") },
		"hangs": func(ctx context.Context, _ string) (token.Authenticator, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T) {
				d := newDirectory(auths{issuer: newVerifier(t, nil)})
				r := newResolver(t, d, nil)
				raw, begun := tokenOf(issuer), time.Now()
				mustPass(t, r, raw)
				d.set(func() { d.fault = fault })
				time.Sleep(5 * time.Minute)
				assert.True(t, mustPass(t, r, raw).Remembered())
				asked := d.asked(issuer)
				for time.Since(begun) < 10*time.Minute-5*time.Second {
					before := time.Now()
					mustPass(t, r, raw)
					require.Zero(t, time.Since(before), "a caller waits")
					time.Sleep(time.Second)
				}
				assert.InDelta(t, 25, d.asked(issuer)-asked, 6, "every ten seconds")
				time.Sleep(time.Until(begun.Add(10 * time.Minute)))
				mustFail(t, r, raw, token.ErrUnavailable)
				time.Sleep(6 * time.Second)
				d.set(func() { d.fault = nil })
				assert.True(t, mustPass(t, r, raw).Remembered())
				d.set(func() { d.fault = fault })
				time.Sleep(5*time.Minute - time.Second)
				mustPass(t, r, raw)
			})
		})
	}
}

// However often Resolve is asked in vain, the bound is twice KnownFor.
func TestServedWhileResolveFails(t *testing.T) {
	inTime(t, func(t *testing.T) {
		d := newDirectory(auths{issuer: newVerifier(t, nil)})
		r := newResolver(t, d, func(c *token.ResolverConfig) { c.KnownFor = time.Second })
		mustPass(t, r, tokenOf(issuer))
		d.set(func() {
			d.fault = func(context.Context, string) (token.Authenticator, error) { return nil, errors.New("x") }
		})
		time.Sleep(time.Second)
		mustPass(t, r, tokenOf(issuer))
		time.Sleep(time.Second - 1)
		mustPass(t, r, tokenOf(issuer))
		time.Sleep(time.Nanosecond)
		mustFail(t, r, tokenOf(issuer), token.ErrUnavailable)
	})
}

// What was forgotten and is unknown again is so for as long as if it were new, and
// what is no longer remembered takes no memory.
func TestUnknownAgain(t *testing.T) {
	inTime(t, func(t *testing.T) {
		d := newDirectory(nil)
		r := newResolver(t, d, nil)
		mustFail(t, r, tokenOf(issuer), token.ErrIssuer)
		time.Sleep(30 * time.Second)
		r.Forget(issuer)
		mustFail(t, r, tokenOf(issuer), token.ErrIssuer)
		time.Sleep(30 * time.Second)
		mustFail(t, r, tokenOf(otherIssuer), token.ErrIssuer)
		mustFail(t, r, tokenOf(issuer), token.ErrIssuer)
		assert.Equal(t, 2, d.asked(issuer))
		time.Sleep(time.Minute)
		mustFail(t, r, tokenOf(otherIssuer), token.ErrIssuer)
		assert.Equal(t, []int{1, 1}, []int{token.Held(r)["unknown"], token.Held(r)["queued"]})
	})
}

// Forget is removal at once, and the way in for a tenant that is new.
func TestForget(t *testing.T) {
	inTime(t, func(t *testing.T) {
		v := newVerifier(t, nil)
		d := newDirectory(auths{issuer: v})
		r := newResolver(t, d, nil)
		raw := tokenOf(issuer)
		for range 2 {
			mustPass(t, r, raw)
		}
		require.True(t, token.Hinted(r, raw))
		d.set(func() { delete(d.auths, issuer) })
		mustPass(t, r, raw)
		r.Forget(issuer)
		require.True(t, token.Remembers(v, raw))
		mustFail(t, r, raw, token.ErrIssuer)
		d.set(func() { d.auths[issuer] = v })
		mustFail(t, r, raw, token.ErrIssuer)
		r.Forget(issuer)
		mustPass(t, r, raw)
		d.set(func() {
			d.fault = func(context.Context, string) (token.Authenticator, error) { return nil, errors.New("x") }
		})
		r.Forget(issuer)
		mustFail(t, r, raw, token.ErrUnavailable)
		d.set(func() { d.fault = nil })
		mustFail(t, r, raw, token.ErrUnavailable)
		r.Forget(issuer)
		mustPass(t, r, raw)
		r.Forget("https://never.heard.of")
	})
}

// What Resolve found before a tenant was removed is not kept after.
func TestForgetWhileResolving(t *testing.T) {
	for name, late := range map[string]error{"found": nil, "unknown": token.ErrIssuer, "failed": errors.New("x")} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T) {
				d := newDirectory(nil)
				old := newVerifier(t, nil)
				d.fault = func(context.Context, string) (token.Authenticator, error) {
					time.Sleep(time.Second)
					if late != nil {
						return nil, late
					}
					return old, nil
				}
				r := newResolver(t, d, nil)
				var wg sync.WaitGroup
				wg.Go(func() {
					_, err := authenticate(r, tokenOf(issuer)) // it began before
					assert.Equal(t, late == nil, err == nil)
				})
				synctest.Wait()
				r.Forget(issuer)
				d.set(func() {
					d.fault = func(context.Context, string) (token.Authenticator, error) {
						return newVerifier(t, func(c *token.Config) { c.Audience = []string{"another"} }), nil
					}
				})
				wg.Wait()
				mustFail(t, r, tokenOf(issuer), token.ErrAudience)
				assert.Equal(t, 2, d.asked(issuer))
				assert.Zero(t, token.Held(r)["flights"])
			})
		})
	}
}

// The rule is asked first, each time: what it refuses from now on is refused when
// the resolution ends, and is not held any longer.
func TestAllowChanges(t *testing.T) {
	inTime(t, func(t *testing.T) {
		var refuses, panics atomic.Bool
		d := newDirectory(auths{issuer: newVerifier(t, nil)})
		r := newResolver(t, d, func(c *token.ResolverConfig) {
			c.Allow = func(string) bool {
				if panics.Load() {
					panic("boom\n")
				}
				return !refuses.Load()
			}
		})
		mustPass(t, r, tokenOf(issuer))
		panics.Store(true)
		mustFail(t, r, tokenOf(issuer, "jti", "2"), token.ErrUnavailable)
		panics.Store(false)
		refuses.Store(true)
		time.Sleep(5 * time.Minute)
		mustFail(t, r, tokenOf(issuer), token.ErrIssuer)
		assert.Equal(t, 1, d.total())
		assert.Zero(t, token.Held(r)["known"])
	})
}

func nth(i int) string { return fmt.Sprintf("https://%d.example.com", i) }

// The least recently used goes, and what was remembered of it opens nothing.
func TestEviction(t *testing.T) {
	inTime(t, func(t *testing.T) {
		d := newDirectory(auths{})
		for i := range 10 {
			d.auths[nth(i)] = verifierOf(t, nth(i))
		}
		r := newResolver(t, d, func(c *token.ResolverConfig) { c.MaxKnown = 3 })
		for i := range 3 {
			mustPass(t, r, tokenOf(nth(i)))
		}
		mustPass(t, r, tokenOf(nth(0))) // by its hint
		mustPass(t, r, tokenOf(nth(3))) // in the place of 1
		assert.Equal(t, 3, token.Held(r)["known"])
		d.set(func() {
			d.fault = func(context.Context, string) (token.Authenticator, error) { return nil, errors.New("x") }
		})
		for i, known := range []bool{true, false, true, true} {
			_, err := authenticate(r, tokenOf(nth(i)))
			assert.Equal(t, known, err == nil, i)
		}
	})
}

// Strangers who name tenants without a good token of them evict no tenant in use.
func TestStrangersEvictStrangers(t *testing.T) {
	inTime(t, func(t *testing.T) {
		d := newDirectory(nil)
		d.fault = func(_ context.Context, iss string) (token.Authenticator, error) { return verifierOf(t, iss), nil }
		r := newResolver(t, d, func(c *token.ResolverConfig) { c.MaxKnown, c.NewPerSecond, c.KnownFor = 3, 1000, time.Hour })
		for i := range 3 {
			mustPass(t, r, tokenOf(nth(i)))
		}
		for i := range 100 {
			mustFail(t, r, tokenOf(nth(100+i), "aud", "x"), token.ErrAudience)
		}
		asked := d.total()
		for _, i := range []int{1, 2} {
			mustPass(t, r, tokenOf(nth(i), "jti", "2"))
		}
		assert.Equal(t, asked, d.total())
		assert.Equal(t, map[string]int{"known": 3, "in use": 2, "others": 1, "unknown": 0, "queued": 0, "failed": 0, "flights": 0, "running": 0}, token.Held(r))
	})
}

// A Verifier that was evicted or forgotten is free, though hints still point at
// what was known.
func TestEvictedVerifiersAreDropped(t *testing.T) {
	t.Parallel()
	var made []weak.Pointer[token.Verifier]
	resolve := func(_ context.Context, iss string) (token.Authenticator, error) {
		v := verifierOf(t, iss)
		made = append(made, weak.Make(v))
		return v, nil
	}
	r := newResolver(t, nil, func(c *token.ResolverConfig) { c.Resolve, c.MaxKnown = resolve, 1 })
	for i := range 3 {
		mustPass(t, r, tokenOf(nth(i)))
		require.True(t, token.Hinted(r, tokenOf(nth(i))))
	}
	runtime.GC()
	assert.Nil(t, made[0].Value())
	assert.Nil(t, made[1].Value())
	assert.NotNil(t, made[2].Value())
	r.Forget(nth(2))
	runtime.GC()
	assert.Nil(t, made[2].Value())
	runtime.KeepAlive(r)
}

// 100,000 issuers that do not exist take bounded memory and bounded calls of
// Resolve, and those that are known are served meanwhile.
func TestManyUnknownIssuers(t *testing.T) {
	inTime(t, func(t *testing.T) {
		d := newDirectory(auths{issuer: newVerifier(t, nil), otherIssuer: verifierOf(t, otherIssuer)})
		r := newResolver(t, d, func(c *token.ResolverConfig) { c.MaxUnknown = 500 })
		mustPass(t, r, tokenOf(issuer))
		header := b64([]byte(`{"alg":"ES256"}`))
		const flood, pause = 100_000, 200 * time.Microsecond
		outcomes := map[string]int{}
		for i := range flood {
			raw := header + "." + b64([]byte(`{"iss":"`+nth(i)+`"}`)) + ".AAAA"
			_, err := authenticate(r, raw)
			outcomes[token.Reason(err)]++
			if i%10_000 == 0 {
				mustPass(t, r, tokenOf(issuer, "jti", fmt.Sprint(i)))
			}
			time.Sleep(pause)
		}
		assert.Equal(t, map[string]int{"issuer": d.total() - 1, "unavailable": flood - d.total() + 1}, outcomes)
		assert.InDelta(t, 100+50*20, d.total(), 5, "so many at once, and fifty a second for twenty seconds")
		held := token.Held(r)
		assert.LessOrEqual(t, held["unknown"], 500)
		assert.LessOrEqual(t, held["queued"], 500)
		assert.Equal(t, []int{1, 0, 0}, []int{held["known"], held["failed"], held["flights"]})
		_, _ = authenticate(r, tokenOf(nth(flood)))
		mustFail(t, r, tokenOf(otherIssuer), token.ErrUnavailable) // the price
		time.Sleep(time.Second)
		mustPass(t, r, tokenOf(otherIssuer))
	})
}

// Strangers do not keep the Resolver from asking again for those it knows, or
// from serving them while it cannot ask.
func TestStrangersAndTheKnown(t *testing.T) {
	inTime(t, func(t *testing.T) {
		v := newVerifier(t, nil)
		d := newDirectory(auths{issuer: v})
		r := newResolver(t, d, func(c *token.ResolverConfig) { c.NewPerSecond, c.ResolveTimeout = 150, time.Millisecond })
		mustPass(t, r, tokenOf(issuer))
		time.Sleep(5 * time.Minute)
		for i := range 300 {
			mustFail(t, r, tokenOf(nth(i)), token.ErrIssuer)
		}
		mustFail(t, r, tokenOf(nth(300)), token.ErrUnavailable)
		mustPass(t, r, tokenOf(issuer))
		assert.Equal(t, 2, d.asked(issuer))

		time.Sleep(5 * time.Minute)
		stuck := make(chan struct{})
		d.set(func() {
			d.fault = func(context.Context, string) (token.Authenticator, error) {
				<-stuck
				return v, nil
			}
		})
		for i := range 256 {
			mustFail(t, r, tokenOf(nth(1000+i)), token.ErrUnavailable)
		}
		mustPass(t, r, tokenOf(issuer))
		assert.Equal(t, 3, d.asked(issuer))
		time.Sleep(5 * time.Minute)
		mustFail(t, r, tokenOf(issuer), token.ErrUnavailable)
		close(stuck)
		time.Sleep(time.Second)
		mustPass(t, r, tokenOf(issuer))
	})
}

// So many calls of Resolve that never return are enough, and strangers get half
// of them.
func TestResolveThatIsStuck(t *testing.T) {
	inTime(t, func(t *testing.T) {
		stuck := make(chan struct{})
		d := newDirectory(auths{})
		r := newResolver(t, d, func(c *token.ResolverConfig) { c.NewPerSecond, c.ResolveTimeout = 10_000, time.Millisecond })
		for i := 1000; i < 1150; i++ {
			d.auths[nth(i)] = verifierOf(t, nth(i))
			mustPass(t, r, tokenOf(nth(i)))
		}
		time.Sleep(5 * time.Minute)
		before := d.total()
		d.set(func() {
			d.fault = func(context.Context, string) (token.Authenticator, error) {
				<-stuck
				return nil, errors.New("at last")
			}
		})
		for i := range 300 {
			_, err := authenticate(r, tokenOf(nth(i)))
			require.ErrorIs(t, err, token.ErrUnavailable)
		}
		assert.Equal(t, 128, d.total()-before)
		for i := 1000; i < 1150; i++ {
			mustPass(t, r, tokenOf(nth(i)))
		}
		assert.Equal(t, 256, d.total()-before)
		assert.Zero(t, token.Held(r)["flights"])
		close(stuck)
		synctest.Wait()
		assert.Zero(t, token.Held(r)["running"])
	})
}

// Callers, removals and new settings at the same time.
func TestResolverConcurrently(t *testing.T) {
	t.Parallel()
	d := newDirectory(nil)
	d.fault = func(_ context.Context, iss string) (token.Authenticator, error) {
		if iss == nth(7) {
			return nil, token.ErrIssuer
		}
		return verifierOf(t, iss), nil
	}
	r := newResolver(t, d, func(c *token.ResolverConfig) { c.MaxKnown, c.KnownFor, c.NewPerSecond = 4, time.Millisecond, 1_000_000 })
	var raws []string
	for i := range 8 {
		raws = append(raws, tokenOf(nth(i)))
	}
	var wg sync.WaitGroup
	for g := range 100 {
		wg.Go(func() {
			for i := range 30 {
				n := (g + i) % 8
				tok, err := authenticate(r, raws[n])
				if n == 7 {
					assert.ErrorIs(t, err, token.ErrIssuer)
					continue
				}
				if assert.NoError(t, err) {
					assert.Equal(t, nth(n), tok.Issuer())
				}
				if i%10 == 0 {
					r.Forget(nth(n))
				}
			}
		})
	}
	wg.Wait()
	assert.LessOrEqual(t, token.Held(r)["known"], 4)
}
