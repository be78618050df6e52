package token_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

// sourceFunc is a Source made of a function.
type sourceFunc func(ctx context.Context, kid string) ([]jwks.Key, error)

func (f sourceFunc) Keys(ctx context.Context, kid string) ([]jwks.Key, error) { return f(ctx, kid) }

// withSource lets the keys come from a Source that this module knows nothing of.
func withSource(list ...jwks.Key) func(*token.Config) {
	return func(c *token.Config) { c.Keys = sourceFunc(jwks.Static(list).Keys) }
}

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
	rsaOf := func(bits int, e int) jwks.Key { return jwks.Key{ID: "rs", Public: modulus(bits, e)} }
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
		{name: "no kid and no key", mint: noKid, cfg: withSource(), want: token.ErrUnknownKey},
		{name: "C_7517-4.5-4 key without kid among others, token with one", mint: mint{}, cfg: with(ec("", ""), rs("a", "")), want: token.ErrUnknownKey},
		{name: "C_7517-4.5-4 no key has a kid, token with one", mint: mint{}, cfg: with(rs("", ""), ec("", ""))},
		{name: "C_7517-4.5-4 no key has a kid, source of another kind", mint: mint{}, cfg: withSource(rs("", ""), ec("", ""))},
		{name: "C_7517-4.5-4 key without kid, token without", mint: noKid, cfg: with(ec("", ""))},
		{name: "C_7517-4.4-1 key for RS256, token PS256", mint: mint{alg: "PS256", key: keys.rsa(), header: pairs([]any{"kid", "rs"})}, cfg: with(rs("rs", "RS256")), want: token.ErrAlgorithm},
		{name: "C_7517-4.4-1 key for RS256, token RS256", mint: mint{alg: "RS256"}, cfg: with(rs("rs", "RS256"))},
		{name: "C_7517-4.4-1 key for EdDSA, token Ed25519", mint: mint{alg: "Ed25519"}, cfg: with(jwks.Key{ID: "ed", Algorithm: "EdDSA", Public: keys.ed().Public()})},
		{name: "C_7517-4.4-1 key for Ed25519, token EdDSA", mint: mint{alg: "EdDSA"}, cfg: with(jwks.Key{ID: "ed", Algorithm: "Ed25519", Public: keys.ed().Public()})},
		{name: "key for another algorithm of its kind", mint: mint{}, cfg: withSource(ec("es256", "ES384")), want: token.ErrAlgorithm},
		{name: "a secret is no key", mint: mint{}, cfg: withSource(jwks.Key{ID: "es256", Public: []byte("secret")}), want: token.ErrUnknownKey},
		{name: "no key at all", mint: mint{}, cfg: withSource(jwks.Key{ID: "es256"}), want: token.ErrUnknownKey},
		{name: "nil pointers", mint: mint{}, cfg: withSource(jwks.Key{ID: "es256", Public: (*ecdsa.PublicKey)(nil)}, jwks.Key{ID: "es256", Public: (*rsa.PublicKey)(nil)}), want: token.ErrUnknownKey},
		{name: "nil pointer, RSA", mint: mint{alg: "RS256"}, cfg: withSource(jwks.Key{ID: "rs", Public: (*rsa.PublicKey)(nil)}), want: token.ErrUnknownKey},
		{name: "empty keys", mint: mint{alg: "RS256"}, cfg: withSource(jwks.Key{ID: "rs", Public: &rsa.PublicKey{}}, jwks.Key{ID: "rs", Public: &ecdsa.PublicKey{}}), want: token.ErrUnknownKey},
		{name: "C_7518-3.3-1 RSA of 2047 bits", mint: mint{alg: "RS256"}, cfg: withSource(rsaOf(2047, 65537)), want: token.ErrUnknownKey},
		{name: "C_7518-3.3-1 RSA of 8193 bits", mint: mint{alg: "RS256"}, cfg: withSource(rsaOf(8193, 65537)), want: token.ErrUnknownKey},
		{name: "a key of another kind", mint: mint{alg: "RS256", header: pairs([]any{"kid", "es256"})}, cfg: with(ec("es256", "")), want: token.ErrAlgorithm},
	})
}

// modulus is an RSA key of so many bits that nobody has the private key of.
func modulus(bits, e int) *rsa.PublicKey {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), uint(bits)))
	must(err)
	n.SetBit(n, bits-1, 1)
	n.SetBit(n, 0, 1)
	return &rsa.PublicKey{N: n, E: e}
}

// One key, one algorithm, and no token has a say in it: not a good one, nor one
// that is refused for its signature, its claims or whom it is for.
func TestC_8725_3_1_2_KeyKeepsToOneAlgorithm(t *testing.T) {
	t.Parallel()
	with := func(alg string, edits ...any) mint {
		return mint{alg: alg, key: keys.rsa(), header: pairs([]any{"kid", "rs"}), claims: pairs(edits)}
	}
	ed := func(alg string) mint { return mint{alg: alg} }
	for name, c := range map[string]struct {
		algorithms []string
		key        jwks.Key
		good, bad  []mint
		want       string // the algorithm that the refusal names
	}{
		"the first":          {nil, jwks.Key{ID: "rs"}, []mint{with("RS256")}, []mint{with("PS256")}, "want RS256, the first of Config.Algorithms"},
		"the other way":      {[]string{"ES256", "PS256", "RS256"}, jwks.Key{ID: "rs"}, []mint{with("PS256")}, []mint{with("RS256")}, "want PS256, the first of Config.Algorithms"},
		"another hash":       {[]string{"RS512", "RS256"}, jwks.Key{ID: "rs"}, []mint{with("RS512")}, []mint{with("RS256")}, "want RS512, the first of Config.Algorithms"},
		"not the first":      {nil, jwks.Key{ID: "rs", Algorithm: "PS256"}, []mint{with("PS256")}, []mint{with("RS256")}, "\"PS256\", the alg of the key"},
		"one for each curve": {[]string{"ES384", "ES512", "ES256"}, jwks.Key{ID: "es256", Public: keys.p256().Public()}, []mint{{}}, nil, ""},
		"two names of one":   {nil, jwks.Key{ID: "ed", Public: keys.ed().Public()}, []mint{ed("Ed25519"), ed("EdDSA")}, nil, ""},
		"two names, swapped": {[]string{"Ed25519", "EdDSA"}, jwks.Key{ID: "ed", Public: keys.ed().Public()}, []mint{ed("Ed25519"), ed("EdDSA")}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.key.Public == nil {
				c.key.Public = keys.rsa().Public()
			}
			v := newVerifier(t, func(cfg *token.Config) { cfg.Algorithms, cfg.Keys = c.algorithms, jwks.Static{c.key} })
			auth := func(m mint) error {
				_, err := v.Authenticate(context.Background(), token.Bearer(m.token()))
				return err
			}
			for range 3 {
				for _, m := range c.bad {
					require.ErrorIs(t, auth(m), token.ErrAlgorithm)
					assert.ErrorContains(t, auth(m), c.want)
					for _, spoilt := range []mint{with(m.alg, "exp", 1), with(m.alg, "aud", "other"), {alg: m.alg, key: keys.otherRSA(), header: m.header}} {
						require.ErrorIs(t, auth(spoilt), token.ErrAlgorithm)
					}
				}
				for _, m := range c.good {
					require.NoError(t, auth(m))
				}
			}
			for _, m := range c.bad {
				m.header = pairs([]any{"kid", nil})
				require.ErrorIs(t, auth(m), token.ErrAlgorithm, "without kid")
			}
		})
	}
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
		"two sources of two minds":         {errors.Join(jwks.ErrNotFound, jwks.ErrUnavailable), token.ErrUnavailable},
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

// What a source knows of a key that is published and of no use reaches the
// operator, and the setting or key at fault with it.
func TestWhyNoKeyFits(t *testing.T) {
	t.Parallel()
	fails := func(err error) func(*token.Config) {
		return func(c *token.Config) {
			c.Keys = sourceFunc(func(context.Context, string) ([]jwks.Key, error) { return nil, err })
		}
	}
	for name, c := range map[string]struct {
		cfg  func(*token.Config)
		says string
	}{
		"published but skipped": {fails(fmt.Errorf("%w: key \"es256\" is published but skipped: %w", jwks.ErrNotFound, jwks.ErrKeyMalformed)), `key "es256" is published but skipped: jwks: malformed key`},
		"too small":             {withSource(jwks.Key{ID: "es256", Public: modulus(1024, 65537)}), "the modulus has 1024 bits, want 2048 to 8192"},
		"private":               {withSource(jwks.Key{ID: "es256", Public: keys.p256()}), "want its public key"},
		"text":                  {withSource(jwks.Key{ID: "es256", Public: "-----BEGIN PUBLIC KEY-----"}), "it is a string"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newVerifier(t, c.cfg).Authenticate(context.Background(), token.Bearer(mint{}.token()))
			require.ErrorIs(t, err, token.ErrUnknownKey)
			assert.ErrorContains(t, err, c.says)
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

// A token costs about eight verifications with RSA keys of 2048 bits, however
// many keys fit and however dear they are. The good key is the last of them.
func TestCostOfAToken(t *testing.T) {
	t.Parallel()
	fakes := func(n, bits, e int) (list []jwks.Key) {
		for range n {
			list = append(list, jwks.Key{Public: modulus(bits, e)})
		}
		return list
	}
	curves := func(n int, curve elliptic.Curve) (list []jwks.Key) {
		for range n {
			key, err := ecdsa.GenerateKey(curve, rand.Reader)
			must(err)
			list = append(list, jwks.Key{Public: key.Public()})
		}
		return list
	}
	for name, c := range map[string]struct {
		alg   string
		fakes []jwks.Key
		want  error
	}{
		"seven of 2048 bits":                     {"RS256", fakes(7, 2048, 65537), nil},
		"eight of 2048 bits":                     {"RS256", fakes(8, 2048, 65537), token.ErrUnknownKey},
		"exponent 3 costs less":                  {"RS256", fakes(28, 2048, 3), nil},
		"but not nothing":                        {"RS256", fakes(32, 2048, 3), token.ErrUnknownKey},
		"a larger exponent costs more":           {"RS256", fakes(5, 2048, 1<<31-1), token.ErrUnknownKey},
		"one of 4096 bits":                       {"RS256", fakes(1, 4096, 65537), nil},
		"two of 4096 bits":                       {"RS256", fakes(2, 4096, 65537), token.ErrUnknownKey},
		"one of 8192 bits":                       {"RS256", fakes(1, 8192, 65537), token.ErrUnknownKey},
		"eight of 8192 bits, dearest":            {"RS256", fakes(8, 8192, 1<<31-1), token.ErrUnknownKey},
		"seven on P-256":                         {"ES256", curves(7, elliptic.P256()), nil},
		"eight on P-256":                         {"ES256", curves(8, elliptic.P256()), token.ErrUnknownKey},
		"one on P-384":                           {"ES384", curves(1, elliptic.P384()), nil},
		"two on P-384":                           {"ES384", curves(2, elliptic.P384()), token.ErrUnknownKey},
		"two on P-521":                           {"ES512", curves(2, elliptic.P521()), token.ErrUnknownKey},
		"keys that do not fit cost nothing":      {"ES256", fakes(50, 2048, 65537), nil},
		"nor those for another algorithm":        {"ES256", reserved(curves(50, elliptic.P256())), nil},
		"C_7518-3.3-1 nor those of a wrong size": {"RS256", fakes(50, 2047, 65537), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, good := keyFor(c.alg)
			v := newVerifier(t, func(cfg *token.Config) {
				withSource(append(c.fakes, jwks.Key{Public: good.Public()})...)(cfg)
				cfg.Algorithms = []string{c.alg}
			})
			_, err := v.Authenticate(context.Background(), token.Bearer(mint{alg: c.alg, header: pairs([]any{"kid", nil})}.token()))
			require.ErrorIs(t, err, c.want)
		})
	}
	t.Run("the first is tried, whatever it costs", func(t *testing.T) {
		t.Parallel()
		v := newVerifier(t, withSource(fakes(1, 8192, 1<<31-1)...))
		_, err := v.Authenticate(context.Background(), token.Bearer(mint{alg: "RS256"}.token()))
		require.ErrorIs(t, err, token.ErrSignature)
	})
}

// reserved are the keys with an alg that they do not fit.
func reserved(list []jwks.Key) []jwks.Key {
	for i := range list {
		list[i].Algorithm = "ES384"
	}
	return list
}

// BenchmarkHostileKeys shows what a garbage token costs where an issuer
// publishes the dearest keys there are, and gives them no kid.
func BenchmarkHostileKeys(b *testing.B) {
	for _, n := range []int{1, 8, 100} {
		b.Run(fmt.Sprintf("keys=%d", n), func(b *testing.B) {
			var list []jwks.Key
			for range n {
				list = append(list, jwks.Key{Public: modulus(8192, 65537)})
			}
			v := newVerifier(b, withSource(list...))
			garbage := func([]byte) []byte { return make([]byte, 1024) }
			p := token.Bearer(mint{alg: "RS256", header: pairs([]any{"kid", nil}), signature: garbage}.token())
			for b.Loop() {
				if _, err := v.Authenticate(context.Background(), p); err == nil {
					b.Fatal("let in")
				}
			}
		})
	}
}

// renewing is a Source that can look again.
type renewing struct {
	sourceFunc
	again func(kid string, seen []jwks.Key) ([]jwks.Key, error)
}

func (r renewing) Reconsider(_ context.Context, kid string, seen []jwks.Key) ([]jwks.Key, error) {
	return r.again(kid, seen)
}

// A source is asked for keys once for a token, whatever its signature, and if
// the keys do not verify it, to look again, once. What that costs the issuer is
// bounded by the source.
func TestC_9111_kid_2_BadSignature(t *testing.T) {
	t.Parallel()
	old := []jwks.Key{{ID: "es256", Public: keys.otherP256().Public()}}
	renewed := []jwks.Key{{ID: "es256", Public: keys.p256().Public()}}
	for name, c := range map[string]struct {
		held, again []jwks.Key
		err         error
		mint        mint
		looked      int
		want        error
	}{
		"good, nothing to look for":    {renewed, nil, nil, mint{}, 0, nil},
		"replaced under its kid":       {old, renewed, nil, mint{}, 1, nil},
		"replaced by one of its kind":  {[]jwks.Key{{ID: "es256", Public: keys.rsa().Public()}}, renewed, nil, mint{}, 1, nil},
		"replaced, no kid in token":    {old, renewed, nil, header("kid", nil), 1, nil},
		"not replaced":                 {old, nil, nil, mint{}, 1, token.ErrSignature},
		"replaced by a stranger's":     {old, old, nil, mint{}, 1, token.ErrSignature},
		"replaced by one for others":   {old, []jwks.Key{{ID: "es256", Algorithm: "ES384", Public: keys.p256().Public()}}, nil, mint{}, 1, token.ErrAlgorithm},
		"cannot look":                  {old, renewed, jwks.ErrUnavailable, mint{}, 1, token.ErrSignature},
		"withdrawn meanwhile":          {old, renewed, jwks.ErrNotFound, mint{}, 1, token.ErrSignature},
		"of another issuer":            {old, renewed, nil, claims("iss", "https://other.example"), 0, token.ErrIssuer},
		"no verdict on the claims yet": {old, renewed, nil, claims("exp", 1), 1, token.ErrExpired},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked, looked := 0, 0
			v := newVerifier(t, func(cfg *token.Config) {
				cfg.Keys = renewing{
					func(context.Context, string) ([]jwks.Key, error) { asked++; return c.held, nil },
					func(kid string, seen []jwks.Key) ([]jwks.Key, error) {
						looked++
						assert.Equal(t, c.held, seen)
						assert.Equal(t, c.mint.header["kid"] == nil && c.mint.header != nil, kid == "")
						return c.again, c.err
					},
				}
			})
			_, err := v.Authenticate(context.Background(), token.Bearer(c.mint.token()))
			require.ErrorIs(t, err, c.want)
			assert.Equal(t, c.looked, looked)
			assert.Equal(t, min(1, asked+looked), asked)
		})
	}
	t.Run("a source that cannot look again", func(t *testing.T) {
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
	})
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
