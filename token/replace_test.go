package token_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

type auths = map[string]token.Authenticator

func verifierOf(t testing.TB, iss string) *token.Verifier {
	t.Helper()
	return newVerifier(t, func(c *token.Config) { c.Issuer = iss })
}

func authenticate(auth token.Authenticator, raw string) (*token.Token, error) {
	return auth.Authenticate(context.Background(), token.Bearer(raw))
}

// A removed issuer is refused at once, its remembered tokens too; one that stays
// keeps what it remembers; one that comes is taken.
func TestReplace(t *testing.T) {
	t.Parallel()
	const third = "https://third.example.com"
	stays, goes := verifierOf(t, issuer), verifierOf(t, otherIssuer)
	auth := token.ByIssuer(auths{issuer: stays, otherIssuer: goes})
	mine, theirs, fresh := mint{}.token(), claims("iss", otherIssuer).token(), claims("iss", third).token()
	for range 2 {
		for _, raw := range []string{mine, theirs} {
			_, err := authenticate(auth, raw)
			require.NoError(t, err)
		}
	}
	m := auths{issuer: stays, third: verifierOf(t, third)}
	require.NoError(t, auth.Replace(m))
	m[otherIssuer] = goes // was copied
	require.True(t, token.Remembers(goes, theirs))
	_, err := authenticate(auth, theirs)
	require.ErrorIs(t, err, token.ErrIssuer)
	tok, err := authenticate(auth, mine)
	require.NoError(t, err)
	assert.True(t, tok.Remembered())
	_, err = authenticate(auth, fresh)
	require.NoError(t, err)
	require.NoError(t, auth.Replace(nil))
	for _, raw := range []string{mine, theirs, fresh} {
		_, err = authenticate(auth, raw)
		require.ErrorIs(t, err, token.ErrIssuer)
	}
}

// What cannot take the place of the issuers leaves them as they are.
func TestReplaceMistakes(t *testing.T) {
	t.Parallel()
	bearer := token.Scheme{Name: "Bearer"}
	for name, m := range map[string]auths{
		"no name":                          {"": taking{nil, nil}},
		"nothing":                          {otherIssuer: nil},
		"a nil Verifier":                   {otherIssuer: (*token.Verifier)(nil)},
		"a Verifier of another issuer":     {otherIssuer: newVerifier(t, nil)},
		"a scheme that guards do not know": {otherIssuer: taking{nil, []token.Scheme{{Name: "DPoP", ParsesToken: true}}}},
		"a scheme that is not parsed":      {otherIssuer: taking{nil, []token.Scheme{bearer}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			auth := token.ByIssuer(auths{issuer: newVerifier(t, nil)})
			err := auth.Replace(m)
			require.ErrorIs(t, err, token.ErrConfig)
			assertOneLine(t, err.Error())
			_, err = authenticate(auth, mint{}.token())
			require.NoError(t, err)
		})
	}
	// Schemes stay what guards were told.
	auth := token.ByIssuer(auths{issuer: taking{nil, []token.Scheme{{Name: "DPoP"}, bearer}}})
	require.NoError(t, auth.Replace(auths{issuer: newVerifier(t, nil)}))
	require.NoError(t, auth.Replace(auths{issuer: taking{nil, []token.Scheme{{Name: "dpop"}}}}))
	schemes, err := token.SchemesOf(auth)
	require.NoError(t, err)
	assert.Equal(t, []token.Scheme{{Name: "DPoP"}, bearer}, schemes)
}

func TestIssuersWithoutAny(t *testing.T) {
	t.Parallel()
	for name, auth := range map[string]*token.Issuers{"nil": nil, "zero": {}, "of nothing": token.ByIssuer(nil)} {
		_, err := authenticate(auth, mint{}.token())
		require.ErrorIs(t, err, token.ErrIssuer, name)
		_, err = authenticate(auth, "")
		require.ErrorIs(t, err, token.ErrMissing, name)
		schemes, err := token.SchemesOf(auth)
		require.NoError(t, err, name)
		assert.Equal(t, []token.Scheme{{Name: "Bearer"}}, schemes, name)
		assert.True(t, token.HasSet(auth, "roles"), name)
		if auth == nil {
			require.ErrorIs(t, auth.Replace(nil), token.ErrConfig)
			continue
		}
		require.NoError(t, auth.Replace(auths{issuer: newVerifier(t, nil)}), name)
		_, err = authenticate(auth, mint{}.token())
		require.NoError(t, err, name)
		assert.False(t, token.HasSet(auth, "roles"), name)
	}
}

// Issuers that come and go under a hundred callers are either of the sets, and
// never a third.
func TestReplaceWhileServing(t *testing.T) {
	t.Parallel()
	const sometimes = otherIssuer
	always, other := verifierOf(t, issuer), verifierOf(t, sometimes)
	auth := token.ByIssuer(auths{issuer: always})
	mine, theirs := mint{alg: "EdDSA"}.token(), mint{alg: "EdDSA", claims: pairs([]any{"iss", sometimes})}.token()
	var callers, swapping sync.WaitGroup
	var done atomic.Bool
	swapping.Go(func() {
		for !done.Load() {
			assert.NoError(t, auth.Replace(auths{issuer: always, sometimes: other}))
			_, err := authenticate(auth, theirs)
			assert.NoError(t, err)
			assert.NoError(t, auth.Replace(auths{issuer: always}))
			_, err = authenticate(auth, theirs)
			assert.ErrorIs(t, err, token.ErrIssuer)
		}
	})
	for range 100 {
		callers.Go(func() {
			for range 50 {
				_, err := authenticate(auth, mine)
				assert.NoError(t, err)
				tok, err := authenticate(auth, theirs)
				assert.True(t, err == nil && tok.Issuer() == sometimes || errors.Is(err, token.ErrIssuer), err)
			}
		})
	}
	callers.Wait()
	done.Store(true)
	swapping.Wait()
}
