package token_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

// fault spoils a good token in one way.
type fault struct {
	name  string
	spoil func(*mint)
	want  error
}

// faults stand in the order in which they are to be reported: of two faults in
// one token the earlier is the answer.
var faults = []fault{
	{"padding", func(m *mint) { m.compact = func(s string) string { return s + "=" } }, token.ErrMalformed},
	{"alg", func(m *mint) { m.header["alg"] = "none" }, token.ErrAlgorithm},
	{"crit", func(m *mint) { m.header["crit"] = []string{"exp"} }, token.ErrCritical},
	{"typ", func(m *mint) { m.header["typ"] = "JWT" }, token.ErrType},
	{"kid", func(m *mint) { m.header["kid"] = 5 }, token.ErrMalformed},
	{"iss", func(m *mint) { m.claims["iss"] = "https://other.example" }, token.ErrIssuer},
	{"key", func(m *mint) { m.header["kid"] = "unknown" }, token.ErrUnknownKey},
	{"signature", func(m *mint) { m.key = keys.otherP256() }, token.ErrSignature},
	{"exp", func(m *mint) { m.claims["exp"] = now.Unix() - 100 }, token.ErrExpired},
	{"nbf", func(m *mint) { m.claims["nbf"] = now.Unix() + 100 }, token.ErrNotYetValid},
	{"iat", func(m *mint) { m.claims["iat"] = now.Unix() + 100 }, token.ErrNotYetValid},
	{"aud", func(m *mint) { m.claims["aud"] = "other" }, token.ErrAudience},
	{"sub", func(m *mint) { m.claims["sub"] = nil }, token.ErrClaim},
	{"cnf", func(m *mint) { m.claims["cnf"] = map[string]any{"jkt": "x"} }, token.ErrBinding},
}

// Section 0.4: two faults in one token give one answer, and nothing that only
// the claims say is told before the signature is good.
func TestOrderOfChecks(t *testing.T) {
	t.Parallel()
	for i, first := range faults {
		for _, second := range faults[i+1:] {
			if first.name == "kid" && second.name == "key" {
				continue // both set the same parameter
			}
			t.Run(first.name+" before "+second.name, func(t *testing.T) {
				t.Parallel()
				m := mint{header: map[string]any{}, claims: map[string]any{}}
				second.spoil(&m)
				first.spoil(&m)
				_, err := newVerifier(t, nil).Authenticate(context.Background(), token.Bearer(m.token()))
				require.ErrorIs(t, err, first.want)
			})
		}
	}
}

// Nothing is remembered of a token that any check refuses, the last one
// included: a stranger's call must leave no trace in what others are judged by.
func TestOnlyGoodTokensAreRemembered(t *testing.T) {
	t.Parallel()
	proving := func(err error) func(*token.Config) {
		return func(c *token.Config) {
			c.Confirmations = []token.ConfirmationChecker{proof{"jwk", func(*token.Token, token.Presentation) error { return err }}}
		}
	}
	bound := mint{claims: map[string]any{"cnf": map[string]any{"jwk": "x"}}}
	remembers := func(edit func(*token.Config), m mint) (bool, error) {
		v, raw := newVerifier(t, edit), m.token()
		var err error
		for range 3 {
			_, err = v.Authenticate(context.Background(), token.Bearer(raw))
		}
		return token.Remembers(v, raw), err
	}
	for _, f := range faults {
		m := mint{header: map[string]any{}, claims: map[string]any{}}
		f.spoil(&m)
		held, err := remembers(nil, m)
		require.ErrorIs(t, err, f.want, f.name)
		require.False(t, held, f.name)
	}
	held, err := remembers(proving(token.ErrBinding), bound)
	require.ErrorIs(t, err, token.ErrBinding)
	require.False(t, held, "not proved")
	for name, m := range map[string]mint{"bound": bound, "unbound": {}} {
		held, err = remembers(proving(nil), m)
		require.NoError(t, err, name)
		require.True(t, held, name)
	}
}

// An outage is reported before what the claims say, and after what the header
// says.
func TestOrderOfChecksInAnOutage(t *testing.T) {
	t.Parallel()
	down := func(cfg *token.Config) {
		cfg.Keys = sourceFunc(func(context.Context, string) ([]jwks.Key, error) { return nil, jwks.ErrUnavailable })
	}
	header := []string{"padding", "alg", "crit", "typ", "kid", "iss"}
	for _, f := range faults {
		m := mint{header: map[string]any{}, claims: map[string]any{}}
		f.spoil(&m)
		_, err := newVerifier(t, down).Authenticate(context.Background(), token.Bearer(m.token()))
		want := token.ErrUnavailable
		if slices.Contains(header, f.name) {
			want = f.want
		}
		require.ErrorIs(t, err, want, f.name)
	}
}
