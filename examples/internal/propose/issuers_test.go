package propose_test

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/internal/propose"
	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

// unproposed are the access tokens of issuers that get no profile, with the
// reason. Their pages in docs/issuers say what is known of these issuers besides
// the token, where there is something.
var unproposed = map[string]string{
	"adfs machine":             "no claim that ID tokens lack: what tells is iss",
	"cognito-resource machine": "no aud",
	"dex access":               "at_hash",
	"dex machine":              "at_hash",
	"eks machine":              "no claim that ID tokens lack",
	"firebase access":          "no claim that ID tokens lack",
	"github-actions machine":   "no claim that ID tokens lack",
	"google machine":           "no claim that ID tokens lack",
	"kubernetes machine":       "no claim that ID tokens lack",
	"spring-default access":    "no client",
	"spring-default machine":   "no client",
	"supabase access":          "no claim that ID tokens lack",
}

// mintOf makes a token of a shape, or returns "" if the server has no JWT of this
// kind.
func mintOf(issuer *tokentest.Issuer, edits ...tokentest.Edit) (raw string) {
	defer func() {
		if recover() != nil || issuerOf(raw) == "" {
			raw = ""
		}
	}()
	return issuer.Token(edits...)
}

// issuerOf is the iss of a JWT, or "".
func issuerOf(raw string) string {
	_, rest, _ := strings.Cut(raw, ".")
	part, _, _ := strings.Cut(rest, ".")
	payload, err := base64.RawURLEncoding.DecodeString(part)
	var claims struct {
		Issuer string `json:"iss"`
	}
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return ""
	}
	return claims.Issuer
}

// configFor is what an operator has before she knows the profile.
func configFor(t *testing.T, issuer *tokentest.Issuer, raw string) token.Config {
	t.Helper()
	keys, err := jwks.NewRemote(jwks.RemoteConfig{URLs: []string{issuer.KeysURL()}, HTTPClient: issuer.Client()})
	require.NoError(t, err)
	cfg := issuer.Config()
	return token.Config{Issuer: issuerOf(raw), Audience: cfg.Audience, Keys: keys}
}

// For the issuers whose tokens are known, a proposal refuses their ID tokens, even
// those without a nonce and for this service, and an ID token gets none.
func TestProposalsForIssuers(t *testing.T) {
	t.Parallel()
	var none []string
	for _, shape := range issuers.All() {
		issuer := tokentest.NewIssuer(t, &shape.Options)
		weak := tokentest.Edits(shape.ID, without("nonce", "at_hash", "c_hash"))
		for name, edit := range map[string]tokentest.Edit{"id": shape.ID, "weak id": weak, "refresh": shape.Refresh} {
			if raw := mintOf(issuer, edit); raw != "" {
				_, err := propose.For(t.Context(), configFor(t, issuer, raw), raw)
				assert.Error(t, err, "%s %s", shape.Name, name)
			}
		}
		for name, edit := range map[string]tokentest.Edit{"access": shape.Access, "machine": shape.Machine} {
			raw := mintOf(issuer, edit)
			if raw == "" {
				continue
			}
			cfg := configFor(t, issuer, raw)
			p, err := propose.For(t.Context(), cfg, raw)
			if err != nil {
				require.ErrorIs(t, err, propose.ErrHole, "%s %s", shape.Name, name)
				none = append(none, shape.Name+" "+name)
				continue
			}
			cfg.Profile = p.Profile
			v, err := token.NewVerifier(cfg)
			require.NoError(t, err)
			_, err = v.Authenticate(t.Context(), token.Bearer(raw))
			assert.NoError(t, err, "%s %s", shape.Name, name)
			for _, aud := range []tokentest.Edit{{}, tokentest.Audience(shape.Options.Audience...)} {
				if id := mintOf(issuer, weak, aud); id != "" {
					_, err = v.Authenticate(t.Context(), token.Bearer(id))
					assert.ErrorIs(t, err, token.ErrInvalid, "%s %s lets in ID tokens: %+v", shape.Name, name, p.Profile)
				}
			}
		}
	}
	var want []string
	for name := range unproposed {
		want = append(want, name)
	}
	slices.Sort(want)
	slices.Sort(none)
	assert.Equal(t, want, none)
}
