package token_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

// These are the cases at the edge of a condition, each of which would go
// through, or not, if the condition were off by one or not there.

func TestEdgesOfSizes(t *testing.T) {
	t.Parallel()
	ofSize := func(size int) mint {
		empty := len(encode(map[string]any{"alg": "ES256", "typ": "at+jwt", "kid": "es256", "x": ""}, nil))
		return header("x", strings.Repeat("x", size-empty))
	}
	signature := func(size int) mint {
		return mint{alg: "RS256", signature: func([]byte) []byte { return make([]byte, size) }}
	}
	runRows(t, []row{
		{name: "header of 4096 bytes", mint: ofSize(4096)},
		{name: "header of 4097 bytes", mint: ofSize(4097), want: token.ErrMalformed},
		{name: "signature of 1024 bytes", mint: signature(1024), want: token.ErrSignature},
		{name: "signature of 1025 bytes", mint: signature(1025), want: token.ErrMalformed},
	})
	raw := mint{claims: map[string]any{"x": strings.Repeat("x", 2000)}}.token()
	for size, want := range map[int]error{len(raw): nil, len(raw) - 1: token.ErrTooLarge} {
		v := newVerifier(t, func(c *token.Config) { c.MaxTokenSize = size })
		_, err := v.Authenticate(context.Background(), token.Bearer(raw))
		require.ErrorIs(t, err, want)
	}
}

func TestEdgesOfClaims(t *testing.T) {
	t.Parallel()
	legacy := func(c *token.Config) { c.Profile = token.LegacyProfile() }
	runRows(t, []row{
		{name: "optional sub empty", mint: claims("sub", ""), cfg: legacy},
		{name: "optional sub null", mint: claims("sub", null), cfg: legacy, want: token.ErrClaim},
		{name: "required sub absent", mint: claims("sub", nil), want: token.ErrClaim},
		{name: "kid where it is required", mint: mint{}, cfg: func(c *token.Config) { c.RequireKeyID = true }},
		{name: "one RSA algorithm alone", mint: mint{alg: "RS256"}, cfg: func(c *token.Config) { c.Algorithms = []string{"RS256"} }},
		{name: "no iat where a lifetime is set", mint: claims("iat", nil), want: token.ErrClaim, cfg: func(c *token.Config) {
			c.Profile, c.MaxLifetime = token.LegacyProfile(), time.Hour
		}},
	})
	for text, want := range map[string][]string{
		"a a": {"a"}, "a b": {"a", "b"}, "a": {"a"}, "b a b": {"b", "a"},
		many(40) + " s3 s0 s39": strings.Fields(many(40)), "z " + many(33) + " z a": append(append([]string{"z"}, strings.Fields(many(33))...), "a"),
	} {
		assert.Equal(t, want, verified(t, claims("scope", text), nil).Scopes(), text)
	}
}

// many are scopes that differ.
func many(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("s%d", i))
	}
	return strings.Join(list, " ")
}

// Keys that no honest source hands out: the source is somebody's own code, and
// what it says of a key binds all the same.
func TestKeysOfACarelessSource(t *testing.T) {
	t.Parallel()
	ed := keys.ed().Public()
	source := func(key jwks.Key) func(*token.Config) {
		return withSource(key)
	}
	var rows []row
	for _, alg := range []string{"EdDSA", "Ed25519"} {
		rows = append(rows,
			row{name: alg + " by a key for RS256", mint: mint{alg: alg}, cfg: source(jwks.Key{ID: "ed", Algorithm: "RS256", Public: ed}), want: token.ErrAlgorithm},
			row{name: alg + " by a key for EdDSA", mint: mint{alg: alg}, cfg: source(jwks.Key{ID: "ed", Algorithm: "EdDSA", Public: ed})},
			row{name: alg + " by a key for Ed25519", mint: mint{alg: alg}, cfg: source(jwks.Key{ID: "ed", Algorithm: "Ed25519", Public: ed})},
			row{name: alg + " by a key cut short", mint: mint{alg: alg}, cfg: source(jwks.Key{ID: "ed", Public: ed25519.PublicKey(keys.ed()[32:63])}), want: token.ErrUnknownKey},
			row{name: alg + " by no key", mint: mint{alg: alg}, cfg: source(jwks.Key{ID: "ed"}), want: token.ErrUnknownKey},
		)
	}
	runRows(t, rows)
}

func TestOtherSchemes(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, func(c *token.Config) { c.Confirmations = []token.ConfirmationChecker{proof{"x5t#S256", proves}} })
	for _, scheme := range []string{"Basic", "DPoP", "dpop", "Negotiate", "Bearer "} {
		_, err := v.Authenticate(context.Background(), token.Presentation{Scheme: scheme, Token: mint{}.token()})
		require.ErrorIs(t, err, token.ErrMissing, scheme)
	}
}

func proves(*token.Token, token.Presentation) error { return nil }

// A token bound in more ways than a few is refused, though each be known.
func TestBoundInManyWays(t *testing.T) {
	t.Parallel()
	var proofs []token.ConfirmationChecker
	cnf := map[string]any{}
	for i := range 20 {
		method := fmt.Sprintf("m%02d", i)
		proofs = append(proofs, proof{method, proves})
		cnf[method] = "x"
		want := error(nil)
		if i >= 16 {
			want = token.ErrBinding
		}
		v := newVerifier(t, func(c *token.Config) { c.Confirmations = append(proofs[:i+1:i+1], proof{"other", proves}) })
		_, err := v.Authenticate(context.Background(), token.Bearer(claims("cnf", maps.Clone(cnf)).token()))
		require.ErrorIs(t, err, want, "%d methods", i+1)
	}
}

// A clock that was set back makes a remembered token one of the future again.
func TestRememberedTokenAndAClockSetBack(t *testing.T) {
	t.Parallel()
	clock := now
	v := newVerifier(t, func(c *token.Config) {
		c.Time = func() time.Time { return clock }
		c.Profile = token.LegacyProfile()
	})
	raw := token.Bearer(claims("nbf", now.Unix(), "iat", nil).token())
	_, err := v.Authenticate(context.Background(), raw)
	require.NoError(t, err)
	clock = now.Add(-31 * time.Second)
	_, err = v.Authenticate(context.Background(), raw)
	require.ErrorIs(t, err, token.ErrNotYetValid)
}

// readySource has a Ready of its own.
type readySource struct{ jwks.Static }

func (readySource) Ready(context.Context) error { return nil }

func TestReadyWhenTheSourceIs(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, func(c *token.Config) { c.Keys = readySource{published()} })
	require.NoError(t, v.Ready(context.Background()))
}

func TestEdgesOfConfig(t *testing.T) {
	t.Parallel()
	required := func(n int) []string { return strings.Fields(many(n)) }
	for name, c := range map[string]struct {
		edit func(*token.Config)
		want error
	}{
		"64 claims required":     {func(c *token.Config) { c.Profile.Required = required(64) }, nil},
		"65 claims required":     {func(c *token.Config) { c.Profile.Required = required(65) }, token.ErrConfig},
		"proof without a method": {func(c *token.Config) { c.Confirmations = []token.ConfirmationChecker{proof{"", proves}} }, token.ErrConfig},
	} {
		cfg := config()
		c.edit(&cfg)
		_, err := token.NewVerifier(cfg)
		require.ErrorIs(t, err, c.want, name)
	}
	all := map[string]any{}
	for _, name := range required(64) {
		all[name] = 1
	}
	but := func(name string, value any) mint {
		m := maps.Clone(all)
		m[name] = value
		return mint{claims: m}
	}
	sixtyFour := func(c *token.Config) { c.Profile.Required = required(64) }
	other := func(c *token.Config) { c.Profile.Types = []string{"text/x"} }
	runRows(t, []row{
		{name: "all 64", mint: mint{claims: all}, cfg: sixtyFour},
		{name: "without the first", mint: but("s0", nil), cfg: sixtyFour, want: token.ErrClaim},
		{name: "without the last", mint: but("s63", nil), cfg: sixtyFour, want: token.ErrClaim},
		{name: "the last null", mint: but("s63", null), cfg: sixtyFour, want: token.ErrClaim},
		{name: "type of another tree", mint: header("typ", "text/x"), cfg: other},
		{name: "which is none of application", mint: header("typ", "application/text/x"), cfg: other, want: token.ErrType},
	})
}

func TestEdgeOfSizeByIssuer(t *testing.T) {
	t.Parallel()
	auth := token.ByIssuer(map[string]token.Authenticator{
		issuer: newVerifier(t, func(c *token.Config) { c.MaxTokenSize = 64 << 10 }),
	})
	raw := mint{}.token()
	raw += strings.Repeat("A", 64<<10-len(raw))
	_, err := auth.Authenticate(context.Background(), token.Bearer(raw))
	require.NotErrorIs(t, err, token.ErrTooLarge, "it is read, and then refused for what was added to it")
	require.ErrorIs(t, err, token.ErrInvalid)
	_, err = auth.Authenticate(context.Background(), token.Bearer(raw+"A"))
	require.ErrorIs(t, err, token.ErrTooLarge)
}

// Whatever a token holds, the text of the error is one line of printable ASCII:
// it can forge no line of a log and move no cursor.
func TestErrorsAreOneLineOfPrintableASCII(t *testing.T) {
	t.Parallel()
	hostile := []string{"\x7f", "\u0085", "\u009b31m", "\u2028", "\u202e", "\ufeff", "é", "a\r\nlevel=INFO msg=ok", "\x00", "\x1b[2J", strings.Repeat("\u2028", 500)}
	for _, text := range hostile {
		asJSON := `"` + strings.NewReplacer("\r", `\r`, "\n", `\n`, "\x00", `\u0000`, "\x1b", `\u001b`).Replace(text) + `"`
		for name, m := range map[string]mint{
			"kid": header("kid", text), "alg": header("alg", text), "typ": header("typ", text), "cty": header("cty", text+"jwt"),
			"crit": header("crit", []string{text}), "iss": claims("iss", text), "aud": claims("aud", []string{text}),
			"exp": claims("exp", text), "sub": claims("sub", []string{text}), "cnf": claims("cnf", map[string]any{text: text}),
			"raw kid": {rawHeader: `{"alg":"ES256","typ":"at+jwt","kid":` + asJSON + `}`},
			"raw typ": {rawHeader: `{"alg":"ES256","kid":"es256","typ":` + asJSON + `}`},
			"raw aud": {rawPayload: `{"iss":"` + issuer + `","exp":1700000300,"aud":[` + asJSON + `]}`},
			"raw iss": {rawPayload: `{"iss":` + asJSON + `}`},
		} {
			for _, auth := range []token.Authenticator{newVerifier(t, nil), twoIssuers(t)} {
				_, err := auth.Authenticate(context.Background(), token.Bearer(m.token()))
				if name == "cty" && err == nil {
					continue // another content type is no fault
				}
				require.Error(t, err, "%s %q", name, text)
				assert.Equal(t, -1, strings.IndexFunc(err.Error(), func(r rune) bool { return r < ' ' || r > '~' }), "%s: %q", name, err.Error())
				assert.Less(t, len(err.Error()), 1000)
			}
		}
	}
}

// A static set finds a key by its kid alone: another key of the issuer is none
// for a token that names one, though its signature is good.
func TestKidOfAStaticSetBinds(t *testing.T) {
	t.Parallel()
	wrong := func(kid string) mint { return header("kid", kid) }
	runRows(t, []row{
		{name: "C_7517-4.5-1 unknown kid", mint: wrong("another"), want: token.ErrUnknownKey},
		{name: "C_7517-4.5-1 kid of a key for another curve", mint: wrong("es384"), want: token.ErrAlgorithm},
		{name: "C_7517-4.5-1 kid of another issuer's key", mint: wrong("other"), want: token.ErrSignature, cfg: func(c *token.Config) {
			c.Keys = append(published(), jwks.Key{ID: "other", Public: keys.otherP256().Public()})
		}},
		{name: "C_7517-4.5-3 no kid", mint: header("kid", nil)},
	})
}
