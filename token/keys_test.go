package token_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

// sourceFunc is a Source made of a function.
type sourceFunc func(ctx context.Context, kid string) ([]jwks.Key, error)

func (f sourceFunc) Keys(ctx context.Context, kid string) ([]jwks.Key, error) { return f(ctx, kid) }

// others are n P-256 keys of nobody in particular, with that kid.
func others(n int, kid string) jwks.Static {
	var list jwks.Static
	for range n {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		must(err)
		list = append(list, jwks.Key{ID: kid, Public: key.Public()})
	}
	return list
}

func TestKeyChoice(t *testing.T) {
	t.Parallel()
	ec := func(kid, alg string) jwks.Key { return jwks.Key{ID: kid, Algorithm: alg, Public: keys.p256().Public()} }
	rs := func(kid, alg string) jwks.Key { return jwks.Key{ID: kid, Algorithm: alg, Public: keys.rsa().Public()} }
	with := func(list ...jwks.Key) func(*token.Config) {
		return func(c *token.Config) { c.Keys = jwks.Static(list) }
	}
	noKid := header("kid", nil)
	runRows(t, []row{
		{name: "C_7517-4.5-1 RSA and EC under one kid", mint: mint{}, cfg: with(rs("es256", ""), ec("es256", ""))},
		{name: "C_7517-4.5-1 second EC key matches", mint: mint{}, cfg: with(append(others(1, "es256"), ec("es256", ""))...)},
		{name: "C_7517-4.5-1 eighth matches", mint: mint{}, cfg: with(append(others(7, "es256"), ec("es256", ""))...)},
		{name: "C_7517-4.5-1 ninth is not tried", mint: mint{}, cfg: with(append(others(8, "es256"), ec("es256", ""))...), want: token.ErrUnknownKey},
		{name: "C_7517-4.5-3 single key, no kid", mint: noKid, cfg: with(ec("a", ""))},
		{name: "C_7517-4.5-3 third of three, no kid", mint: noKid, cfg: with(append(others(2, "x"), ec("a", ""))...)},
		{name: "C_7517-4.5-3 fifteenth of twenty, no kid", mint: noKid, cfg: with(append(append(others(14, "x"), ec("a", "")), others(5, "y")...)...), want: token.ErrUnknownKey},
		{name: "no kid and no key that fits", mint: noKid, cfg: with(rs("a", "")), want: token.ErrUnknownKey},
		{name: "no kid and no key", mint: noKid, cfg: with(), want: token.ErrUnknownKey},
		{name: "C_7517-4.5-4 key without kid, token with one", mint: mint{}, cfg: with(ec("", "")), want: token.ErrUnknownKey},
		{name: "C_7517-4.5-4 key without kid, token without", mint: noKid, cfg: with(ec("", ""))},
		{name: "C_7517-4.4-1 key for RS256, token PS256", mint: mint{alg: "PS256", key: keys.rsa(), header: pairs([]any{"kid", "rs"})}, cfg: with(rs("rs", "RS256")), want: token.ErrAlgorithm},
		{name: "C_7517-4.4-1 key for RS256, token RS256", mint: mint{alg: "RS256"}, cfg: with(rs("rs", "RS256"))},
		{name: "C_7517-4.4-1 key for EdDSA, token Ed25519", mint: mint{alg: "Ed25519"}, cfg: with(jwks.Key{ID: "ed", Algorithm: "EdDSA", Public: keys.ed().Public()})},
		{name: "C_7517-4.4-1 key for Ed25519, token EdDSA", mint: mint{alg: "EdDSA"}, cfg: with(jwks.Key{ID: "ed", Algorithm: "Ed25519", Public: keys.ed().Public()})},
		{name: "key for another algorithm of its kind", mint: mint{}, cfg: with(ec("es256", "ES384")), want: token.ErrAlgorithm},
		{name: "a secret is no key", mint: mint{}, cfg: with(jwks.Key{ID: "es256", Public: []byte("secret")}), want: token.ErrAlgorithm},
		{name: "no key at all", mint: mint{}, cfg: with(jwks.Key{ID: "es256"}), want: token.ErrAlgorithm},
	})
}

// C_8725-3.1-2: one key, one algorithm, from its first success on.
func TestC_8725_3_1_2_KeyKeepsToOneAlgorithm(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, nil)
	auth := func(m mint) error {
		_, err := v.Authenticate(context.Background(), token.Bearer(m.token()))
		return err
	}
	pss := mint{alg: "PS256", key: keys.rsa(), header: pairs([]any{"kid", "rs"})}
	forged := mint{alg: "PS256", key: keys.otherRSA(), header: pairs([]any{"kid", "rs"})}
	require.ErrorIs(t, auth(forged), token.ErrSignature, "a forgery must not tie the key")
	require.NoError(t, auth(mint{alg: "RS256"}))
	require.ErrorIs(t, auth(pss), token.ErrAlgorithm)
	require.NoError(t, auth(mint{alg: "RS256"}))
}

func TestKeySourceFailures(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	for name, c := range map[string]struct {
		err, want error
	}{
		"C_7515-4.1.4-1 not found":         {jwks.ErrNotFound, token.ErrUnknownKey},
		"C_6750-3.1-6 unavailable":         {jwks.ErrUnavailable, token.ErrKeysUnavailable},
		"an error of unknown origin":       {broken, token.ErrUnavailable},
		"the end of the caller's patience": {context.DeadlineExceeded, token.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVerifier(t, func(cfg *token.Config) {
				cfg.Keys = sourceFunc(func(context.Context, string) ([]jwks.Key, error) { return nil, c.err })
			})
			got, err := v.Authenticate(context.Background(), token.Bearer(mint{}.token()))
			require.ErrorIs(t, err, c.want)
			require.ErrorIs(t, err, c.err, "the cause is kept for the operator")
			assert.Nil(t, got)
			assertOneOutcome(t, err)
		})
	}
}

// What must be refused without asking for keys costs the issuer nothing.
func TestNoKeyIsAskedForInVain(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]mint{
		"malformed":        {compact: func(s string) string { return s + "=" }},
		"payload no JSON":  {rawPayload: "x"},
		"alg":              header("alg", "none"),
		"crit":             header("crit", []string{"x"}),
		"typ":              header("typ", "JWT"),
		"kid":              header("kid", 1),
		"C_8725-3.8-1 iss": claims("iss", "https://other.example"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVerifier(t, func(cfg *token.Config) {
				cfg.Keys = sourceFunc(func(context.Context, string) ([]jwks.Key, error) {
					t.Error("keys were asked for")
					return nil, jwks.ErrNotFound
				})
			})
			_, err := v.Authenticate(context.Background(), token.Bearer(m.token()))
			require.ErrorIs(t, err, token.ErrInvalid)
		})
	}
}

// The source is asked once for a token, whatever its signature.
func TestC_9111_kid_2_BadSignatureAsksOnce(t *testing.T) {
	t.Parallel()
	asked := 0
	v := newVerifier(t, func(cfg *token.Config) {
		cfg.Keys = sourceFunc(func(ctx context.Context, kid string) ([]jwks.Key, error) {
			asked++
			return published().Keys(ctx, kid)
		})
	})
	_, err := v.Authenticate(context.Background(), token.Bearer(mint{key: keys.otherP256()}.token()))
	require.ErrorIs(t, err, token.ErrSignature)
	assert.Equal(t, 1, asked)
}

func TestReady(t *testing.T) {
	t.Parallel()
	require.NoError(t, newVerifier(t, nil).Ready(context.Background()), "static keys are always there")

	v := newVerifier(t, func(cfg *token.Config) { cfg.Keys = notReady{} })
	err := v.Ready(context.Background())
	require.ErrorIs(t, err, token.ErrKeysUnavailable)
	require.ErrorIs(t, err, jwks.ErrUnavailable)
}

type notReady struct{ jwks.Static }

func (notReady) Ready(context.Context) error { return jwks.ErrUnavailable }

// A configuration that is changed after NewVerifier changes nothing.
func TestStaticKeysAreCopied(t *testing.T) {
	t.Parallel()
	static := published()
	v := newVerifier(t, func(cfg *token.Config) { cfg.Keys = static })
	clear(static)
	_, err := v.Authenticate(context.Background(), token.Bearer(mint{}.token()))
	require.NoError(t, err)
}

// The reason of a refusal is that of the token, whatever caused it; and the
// cause can be asked about too.
func TestCauseDoesNotHideTheReason(t *testing.T) {
	t.Parallel()
	cause := fmt.Errorf("from a source that wraps other things: %w: %w", token.ErrDenied, jwks.ErrNotFound)
	v := newVerifier(t, func(cfg *token.Config) {
		cfg.Keys = sourceFunc(func(context.Context, string) ([]jwks.Key, error) { return nil, cause })
	})
	_, err := v.Authenticate(context.Background(), token.Bearer(mint{}.token()))
	require.ErrorIs(t, err, token.ErrUnknownKey)
	require.ErrorIs(t, err, jwks.ErrNotFound)
	assertOneOutcome(t, err)
	assert.Equal(t, "unknown_key", token.Reason(err))
}
