package moving_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/postern-go/postern/examples/bench/moving"
	"github.com/postern-go/postern/token/tokentest"
)

const comparison = "../../../docs/comparison.md"

// zitadel is the verifier of access tokens of zitadel/oidc, with its key set.
func zitadel(_ context.Context, s moving.Settings) (moving.Guard, error) {
	verifier := op.NewAccessTokenVerifier(s.Issuer, rp.NewRemoteKeySet(s.HTTPClient, s.KeysURL))
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			raw := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			if _, err := op.VerifyAccessToken[*oidc.AccessTokenClaims](r.Context(), raw, verifier); err != nil {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	}, nil
}

// keyHolders fetch keys. go-jose and connectrpc/authn leave that to the service.
var keyHolders = []struct {
	name  string
	guard func(*testing.T, *tokentest.Issuer) moving.Guard
}{
	{"postern", postern},
	{"go-oidc", guardOf(moving.GoOIDC)},
	{"keyfunc", guardOf(moving.GolangJWT)},
	{"go-jwt-middleware", guardOf(moving.Auth0V3)},
	{"jwx", guardOf(moving.JWX)},
	{"zitadel/oidc", guardOf(zitadel)},
}

// caller calls a service that has its keys, with tokens that last for days.
type caller struct {
	t       *testing.T
	issuer  *tokentest.Issuer
	handler http.Handler
}

func (c *caller) call(edits ...tokentest.Edit) int {
	r := httptest.NewRequest(http.MethodGet, "/orders", nil)
	r.Header.Set("Authorization", "Bearer "+c.token(edits...))
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	return w.Code
}

func (c *caller) token(edits ...tokentest.Edit) string {
	return c.issuer.Token(append([]tokentest.Edit{tokentest.Scope(right), tokentest.ExpiresIn(100 * time.Hour)}, edits...)...)
}

// fetches counts the requests for keys during a flood of 50 tokens, a second
// apart.
func (c *caller) fetches(edit func(i int) tokentest.Edit) string {
	before := c.issuer.Requests(c.issuer.KeysURL())
	for i := range 50 {
		require.Equal(c.t, http.StatusUnauthorized, c.call(edit(i)))
		time.Sleep(time.Second)
	}
	return strconv.Itoa(c.issuer.Requests(c.issuer.KeysURL()) - before)
}

// situations are the rows: what becomes of a call, or how many requests are made.
var situations = []struct {
	name string
	act  func(*caller) string
}{
	{"requests for keys in 50 seconds, for 50 tokens with unpublished `kid`s", func(c *caller) string {
		return c.fetches(func(i int) tokentest.Edit { return tokentest.Header("kid", "nobody-"+strconv.Itoa(i)) })
	}},
	{"the same, for 50 tokens with a bad signature", func(c *caller) string {
		return c.fetches(func(int) tokentest.Edit {
			return tokentest.Signature(func(s []byte) []byte { s[0] ^= 1; return s })
		})
	}},
	{"a token whose key appeared a minute ago", func(c *caller) string {
		c.issuer.Rotate()
		time.Sleep(time.Minute)
		return strconv.Itoa(c.call())
	}},
	{"a token whose key was withdrawn 25 hours ago", func(c *caller) string {
		old := c.issuer.SigningKey()
		c.issuer.Withdraw(old.ID)
		c.often(25*time.Hour, tokentest.Algorithm("ES256"))
		return strconv.Itoa(c.call(tokentest.Key(old)))
	}},
	{"a good token, two hours after the issuer went down", func(c *caller) string {
		c.issuer.GoDown()
		c.often(2 * time.Hour)
		return strconv.Itoa(c.call())
	}},
}

// often lets time pass in a service with a call each ten minutes.
func (c *caller) often(d time.Duration, edits ...tokentest.Edit) {
	for range int(d / (10 * time.Minute)) {
		time.Sleep(10 * time.Minute)
		c.call(edits...)
	}
}

// The comparison shows what these do, in simulated time.
func TestKeys(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("| |")
	for _, h := range keyHolders {
		fmt.Fprintf(&b, " %s |", h.name)
	}
	fmt.Fprintf(&b, "\n|---|%s\n", strings.Repeat("---|", len(keyHolders)))
	for _, s := range situations {
		fmt.Fprintf(&b, "| %s |", s.name)
		for _, h := range keyHolders {
			synctest.Test(t, func(t *testing.T) {
				issuer := newIssuer(t)
				c := &caller{t, issuer, h.guard(t, issuer)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))}
				require.Equal(t, http.StatusOK, c.call(), h.name)
				fmt.Fprintf(&b, " %s |", s.act(c))
			})
		}
		b.WriteString("\n")
	}
	text, err := os.ReadFile(comparison)
	require.NoError(t, err)
	assert.Truef(t, strings.Contains(string(text), b.String()), "%s lacks this table:\n\n%s", comparison, b.String())
}
