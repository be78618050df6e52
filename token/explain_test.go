package token_test

import (
	"context"
	"errors"
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

func explain(t *testing.T, m mint, edit func(*token.Config)) (findings []token.Finding, first error) {
	t.Helper()
	findings = newVerifier(t, edit).Explain(context.Background(), token.Bearer(m.token()))
	require.NotEmpty(t, findings)
	for _, f := range findings {
		if f.Err != nil && first == nil {
			first = f.Err
		}
	}
	return findings, first
}

// Explain and Authenticate are of one mind about every single fault.
func TestExplainAgrees(t *testing.T) {
	t.Parallel()
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			m := mint{header: map[string]any{}, claims: map[string]any{}}
			f.spoil(&m)
			findings, first := explain(t, m, nil)
			require.ErrorIs(t, first, f.want)
			for _, finding := range findings {
				assert.NotContains(t, finding.String(), m.token())
			}
		})
	}
	findings, first := explain(t, mint{}, nil)
	require.NoError(t, first)
	for _, f := range findings {
		assert.False(t, f.Skipped, f.Check)
	}
}

func TestExplainGoesOn(t *testing.T) {
	t.Parallel()
	findings, _ := explain(t, mint{
		key:    keys.otherP256(),
		header: pairs([]any{"typ", "JWT"}),
		claims: pairs([]any{"exp", now.Unix() - 100, "aud", "other", "sub", nil, "cnf", map[string]string{"jkt": "x"}}),
	}, nil)
	failed := map[string]string{}
	for _, f := range findings {
		if f.Err != nil {
			failed[f.Check] = token.Reason(f.Err)
		}
	}
	assert.Equal(t, map[string]string{
		"typ": "type", "signature": "signature", "exp": "expired", "aud": "audience", "sub": "claim",
	}, failed)
	assert.Equal(t, token.Finding{Check: "binding", Skipped: true}, findings[len(findings)-1])
}

// A ConfirmationChecker sees of Explain what it sees of Authenticate: no token that has failed
// any check before it.
func TestExplainShowsAProofGoodTokensOnly(t *testing.T) {
	t.Parallel()
	bound := map[string]any{"cnf": map[string]any{"x5t#S256": "c"}}
	asked := 0
	proving := func(c *token.Config) {
		c.Confirmations = []token.ConfirmationChecker{proof{"x5t#S256", func(*token.Token, token.Presentation) error { asked++; return nil }}}
	}
	_, first := explain(t, mint{claims: bound}, proving)
	require.NoError(t, first)
	require.Equal(t, 1, asked)
	for _, f := range faults {
		if f.name == "cnf" {
			continue
		}
		m := mint{header: map[string]any{}, claims: maps.Clone(bound)}
		f.spoil(&m)
		_, first := explain(t, m, proving)
		require.ErrorIs(t, first, f.want, f.name)
		require.Equal(t, 1, asked, f.name)
	}
	explain(t, mint{claims: bound, header: pairs([]any{"alg", "none"})}, proving)
	require.Equal(t, 1, asked, "the signature could not be checked")
}

func TestExplainSkipsWhatCannotBeChecked(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]mint{
		"no algorithm": header("alg", "none"), "kid unreadable": header("kid", 5),
		"keys of another issuer": claims("iss", "https://evil.example"),
	} {
		findings, first := explain(t, m, func(c *token.Config) {
			c.Keys = sourceFunc(func(context.Context, string) ([]jwks.Key, error) {
				t.Errorf("%s: a key is looked for", name)
				return nil, jwks.ErrNotFound
			})
		})
		require.Error(t, first, name)
		assert.Contains(t, findings, token.Finding{Check: "signature", Skipped: true}, name)
	}
}

// What cannot be read has nothing in it to be checked.
func TestExplainWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, nil)
	read := []string{"credentials", "size", "compact form", "header is strict JSON", "payload is strict JSON"}
	for name, p := range map[string]struct {
		p    token.Presentation
		made []string
		want error
	}{
		"nothing":         {token.Bearer(""), read[:1], token.ErrMissing},
		"too large":       {token.Bearer(string(make([]byte, 20<<10))), read[:2], token.ErrTooLarge},
		"opaque":          {token.Bearer("opaque"), read[:3], token.ErrMalformed},
		"header no JSON":  {token.Bearer(mint{rawHeader: "y"}.token()), read, token.ErrMalformed},
		"payload no JSON": {token.Bearer(mint{rawPayload: "x"}.token()), read, token.ErrMalformed},
		"no JSON":         {token.Bearer(mint{rawPayload: "x", rawHeader: "y"}.token()), read, token.ErrMalformed},
	} {
		var made []string
		var first error
		for _, f := range v.Explain(context.Background(), p.p) {
			made = append(made, f.Check)
			if first == nil {
				first = f.Err
			}
		}
		assert.Equal(t, p.made, made, name)
		require.ErrorIs(t, first, p.want, name)
	}
}

// Explain tells an ID token from an access token as Authenticate does.
func TestExplainAnIDToken(t *testing.T) {
	t.Parallel()
	for typ, want := range map[string]error{"at+jwt": nil, "JWT": token.ErrType} {
		m := mint{header: map[string]any{"typ": typ}, claims: map[string]any{"nonce": "n"}}
		findings, first := explain(t, m, func(c *token.Config) { c.Profile = token.LegacyProfile() })
		require.ErrorIs(t, first, want, typ)
		for _, f := range findings {
			assert.Equal(t, want != nil && f.Check == "no ID token", f.Err != nil, "%s: %s", typ, f)
		}
	}
}

func TestFindingString(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]token.Finding{
		"exp: ok":                              {Check: "exp"},
		"signature: not checked":               {Check: "signature", Skipped: true},
		"exp: expired: token: expired":         {Check: "exp", Err: token.ErrExpired},
		"sub: unavailable: line one; line two": {Check: "sub", Err: errors.New("line one\nline two")},
	} {
		assert.Equal(t, want, f.String())
	}
}
