package token_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

const otherIssuer = "https://other.example.com"

// twoIssuers have a key of the same kid each.
func twoIssuers(t *testing.T) token.Authenticator {
	t.Helper()
	return token.ByIssuer(map[string]token.Authenticator{
		issuer: newVerifier(t, nil),
		otherIssuer: newVerifier(t, func(c *token.Config) {
			c.Issuer, c.Audience = otherIssuer, []string{"other-audience"}
			c.Keys = jwks.Static{{ID: "es256", Public: keys.otherP256().Public()}}
			c.Algorithms = []string{"ES256"}
		}),
	})
}

func TestByIssuer(t *testing.T) {
	t.Parallel()
	other := func(edits ...any) mint {
		return mint{key: keys.otherP256(), claims: pairs(append([]any{"iss", otherIssuer, "aud", "other-audience"}, edits...))}
	}
	for name, c := range map[string]struct {
		mint mint
		want error
	}{
		"first":  {mint{}, nil},
		"second": {other(), nil},
		"C_8725-3.8-1 second's key, first's name": {mint{key: keys.otherP256()}, token.ErrSignature},
		"C_8725-3.8-1 first's key, second's name": {claims("iss", otherIssuer, "aud", "other-audience"), token.ErrSignature},
		"first's audience at the second":          {other("aud", audience), token.ErrAudience},
		"first's algorithm at the second":         {mint{alg: "RS256", claims: pairs([]any{"iss", otherIssuer})}, token.ErrAlgorithm},
		"C_7519-4.1.1-1 nobody's":                 {claims("iss", "https://evil.example"), token.ErrIssuer},
		"C_7519-4.1.1-1 with a slash":             {claims("iss", issuer+"/"), token.ErrIssuer},
		"C_7519-4.1.1-1 iss a number":             {claims("iss", 5), token.ErrIssuer},
		"iss absent":                              {claims("iss", nil), token.ErrIssuer},
		"iss twice":                               {mint{rawPayload: payloadWith(`,"iss":"` + otherIssuer + `"`)}, token.ErrMalformed},
		"payload is no JSON":                      {mint{rawPayload: "x"}, token.ErrMalformed},
		"opaque":                                  {mint{compact: func(string) string { return "opaque" }}, token.ErrMalformed},
		"too large for anybody":                   {mint{compact: func(string) string { return string(make([]byte, 65<<10)) }}, token.ErrTooLarge},
		"too large for its issuer":                {claims("x", string(make([]byte, 20<<10))), token.ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tok, err := twoIssuers(t).Authenticate(context.Background(), token.Bearer(c.mint.token()))
			if c.want == nil {
				require.NoError(t, err)
				require.NotNil(t, tok)
				return
			}
			require.ErrorIs(t, err, c.want)
			assertOneOutcome(t, err)
		})
	}
}

// authFunc is an Authenticator made of a function.
type authFunc func(context.Context, token.Presentation) (*token.Token, error)

func (f authFunc) Authenticate(ctx context.Context, p token.Presentation) (*token.Token, error) {
	return f(ctx, p)
}

// Decision 9: the issuer of the verified token is checked again, whoever
// verified it.
func TestByIssuerChecksTheVerifiedIssuer(t *testing.T) {
	t.Parallel()
	foreign := verified(t, mint{}, nil)
	for name, c := range map[string]struct {
		issuer string
		answer *token.Token
	}{
		"another issuer's token": {otherIssuer, foreign},
		"no token and no error":  {otherIssuer, nil},
		"zero token":             {otherIssuer, new(token.Token)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			auth := token.ByIssuer(map[string]token.Authenticator{
				c.issuer: authFunc(func(context.Context, token.Presentation) (*token.Token, error) { return c.answer, nil }),
			})
			got, err := auth.Authenticate(context.Background(), token.Bearer(claims("iss", c.issuer).token()))
			require.ErrorIs(t, err, token.ErrIssuer)
			assert.Nil(t, got)
		})
	}
}

// No token can name an issuer without a name, so that its Authenticator would
// only be there by mistake.
func TestByIssuerWithoutAName(t *testing.T) {
	t.Parallel()
	defer func() {
		err, _ := recover().(error)
		require.ErrorIs(t, err, token.ErrConfig)
	}()
	token.ByIssuer(map[string]token.Authenticator{
		"": authFunc(func(context.Context, token.Presentation) (*token.Token, error) { return nil, token.ErrMissing }),
	})
}

func TestByIssuerMistakes(t *testing.T) {
	t.Parallel()
	for name, auth := range map[string]token.Authenticator{
		"nothing":                      nil,
		"a nil Verifier":               (*token.Verifier)(nil),
		"a nil func":                   authFunc(nil),
		"a Verifier of another issuer": newVerifier(t, nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				err, _ := recover().(error)
				require.ErrorIs(t, err, token.ErrConfig)
				assert.ErrorContains(t, err, otherIssuer)
				assertOneLine(t, err.Error())
			}()
			token.ByIssuer(map[string]token.Authenticator{otherIssuer: auth})
		})
	}
}

// A token that is too long for every Verifier is not read to learn which it is
// for.
func TestByIssuerReadsNoMoreThanItsVerifiers(t *testing.T) {
	t.Parallel()
	sized := func(n int) token.Authenticator {
		return newVerifier(t, func(c *token.Config) { c.MaxTokenSize, c.Issuer = n, otherIssuer })
	}
	small := newVerifier(t, func(c *token.Config) { c.MaxTokenSize = 1024 })
	several := func(second token.Authenticator) token.Authenticator {
		return token.ByIssuer(map[string]token.Authenticator{issuer: small, otherIssuer: second})
	}
	for name, c := range map[string]struct {
		auth token.Authenticator
		most int
	}{
		"one":                         {token.ByIssuer(map[string]token.Authenticator{issuer: small}), 1024},
		"the largest of two":          {several(sized(2048)), 2048},
		"issuers within issuers":      {several(token.ByIssuer(map[string]token.Authenticator{otherIssuer: sized(2048)})), 64 << 10},
		"an Authenticator of another": {several(wrapped{small}), 64 << 10},
		"none":                        {token.ByIssuer(nil), 64 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for size, want := range map[int]bool{c.most: false, c.most + 1: true} {
				_, err := c.auth.Authenticate(context.Background(), token.Bearer(strings.Repeat("A", size)))
				require.ErrorIs(t, err, token.ErrMalformed)
				assert.Equal(t, want, errors.Is(err, token.ErrTooLarge), "%d bytes", size)
			}
		})
	}
}

func TestByIssuerCopiesTheMap(t *testing.T) {
	t.Parallel()
	m := map[string]token.Authenticator{}
	auth := token.ByIssuer(m)
	m[issuer] = newVerifier(t, nil)
	_, err := auth.Authenticate(context.Background(), token.Bearer(mint{}.token()))
	require.ErrorIs(t, err, token.ErrIssuer)
}

// A token that is met again is not read to learn who is to judge, unless nobody
// remembers it.
func TestByIssuerRemembersWhoJudges(t *testing.T) {
	t.Parallel()
	forgetful := func(c *token.Config) { c.CacheSize = -1 }
	for name, c := range map[string]struct {
		edit func(*token.Config)
		mint mint
		want bool
	}{
		"remembered":                {nil, mint{}, true},
		"nothing is remembered":     {forgetful, mint{}, false},
		"too much to be remembered": {nil, claims("sub", strings.Repeat("x", 8<<10)), false},
		"no good":                   {nil, claims("exp", 1), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			auth := token.ByIssuer(map[string]token.Authenticator{issuer: newVerifier(t, c.edit)})
			raw := c.mint.token()
			for i := range 4 {
				if i == 2 { // from now on something is remembered, if anything can be
					another := claims("jti", "another").token()
					_, err := auth.Authenticate(context.Background(), token.Bearer(another))
					require.NoError(t, err)
				}
				_, _ = auth.Authenticate(context.Background(), token.Bearer(raw))
				assert.Equal(t, c.want, token.Hinted(auth, raw))
			}
		})
	}
}

// What is remembered of one issuer's tokens opens no door to another's, though
// both publish the same keys.
func TestByIssuerRemembersIssuersApart(t *testing.T) {
	t.Parallel()
	auth := token.ByIssuer(map[string]token.Authenticator{
		issuer:      newVerifier(t, nil),
		otherIssuer: newVerifier(t, func(c *token.Config) { c.Issuer = otherIssuer }),
	})
	for _, iss := range []string{issuer, otherIssuer} {
		raw := claims("iss", iss).token()
		for range 3 {
			tok, err := auth.Authenticate(context.Background(), token.Bearer(raw))
			require.NoError(t, err)
			assert.Equal(t, iss, tok.Issuer())
		}
	}
}

// Those that remember, those that do not, and those that are no Verifiers stand
// side by side.
func TestByIssuerOfManyKinds(t *testing.T) {
	t.Parallel()
	const thirdIssuer = "https://third.example.com"
	third := newVerifier(t, func(c *token.Config) { c.Issuer = thirdIssuer })
	auth := token.ByIssuer(map[string]token.Authenticator{
		issuer:      newVerifier(t, nil),
		otherIssuer: newVerifier(t, func(c *token.Config) { c.Issuer, c.CacheSize = otherIssuer, -1 }),
		thirdIssuer: authFunc(third.Authenticate),
	})
	for _, iss := range []string{issuer, otherIssuer, thirdIssuer} {
		raw := claims("iss", iss).token()
		for range 3 {
			tok, err := auth.Authenticate(context.Background(), token.Bearer(raw))
			require.NoError(t, err)
			assert.Equal(t, iss, tok.Issuer())
		}
		assert.Equal(t, iss == issuer, token.Hinted(auth, raw))
	}
}

// Nothing else that the Verifier looks at is passed over for a token that is
// remembered.
func TestByIssuerLooksAtTheRestAgain(t *testing.T) {
	t.Parallel()
	auth := token.ByIssuer(map[string]token.Authenticator{
		issuer: newVerifier(t, func(c *token.Config) {
			c.Confirmations = []token.ConfirmationChecker{proof{"x5t#S256", func(_ *token.Token, p token.Presentation) error {
				if p.Request().Method != "GET" {
					return token.ErrBinding
				}
				return nil
			}}}
		}),
	})
	raw := claims("cnf", map[string]string{"x5t#S256": "c"}).token()
	present := func(scheme, method string) error {
		_, err := auth.Authenticate(context.Background(), token.Presentation{Scheme: scheme, Token: raw, Call: token.Request{Method: method}})
		return err
	}
	for range 2 {
		require.NoError(t, present("Bearer", "GET"))
		require.ErrorIs(t, present("Bearer", "POST"), token.ErrBinding)
		require.ErrorIs(t, present("DPoP", "GET"), token.ErrMissing)
		require.True(t, token.Hinted(auth, raw))
	}
}

// The memory of who judges has a bound, and a working set its place in it.
func TestByIssuerUnderFlood(t *testing.T) {
	t.Parallel()
	auth := token.ByIssuer(map[string]token.Authenticator{
		issuer:      newVerifier(t, nil),
		otherIssuer: newVerifier(t, func(c *token.Config) { c.Issuer = otherIssuer }),
	})
	var wg sync.WaitGroup
	for g := range 4 {
		iss := []string{issuer, otherIssuer}[g%2]
		wg.Go(func() {
			for i := range 1500 {
				id := fmt.Sprint(g, "-", i)
				raw := mint{alg: "EdDSA", claims: pairs([]any{"jti", id, "iss", iss})}.token()
				tok, err := auth.Authenticate(context.Background(), token.Bearer(raw))
				if assert.NoError(t, err) {
					assert.Equal(t, []string{id, iss}, []string{tok.ID(), tok.Issuer()})
				}
			}
		})
	}
	wg.Wait()
	assert.LessOrEqual(t, token.Hints(auth), 4096)
	assert.Greater(t, token.Hints(auth), 2048)
}
