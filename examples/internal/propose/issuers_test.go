package propose_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
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

// unproposed is what there is no proposal for among the access tokens of issuers:
// those that are ID tokens, or for no service in particular.
var unproposed = []string{
	"adfs machine", "cognito-resource machine", "dex machine", "dex user", "eks machine", "firebase user", "github-actions machine", "google machine",
	"google user", "kubernetes machine", "spring-default machine", "spring-default user", "supabase user",
}

// mintIfAny mints a token, if the issuer has such tokens.
func mintIfAny(issuer *tokentest.Issuer, edits ...tokentest.Edit) (raw string, ok bool) {
	defer func() { ok = recover() == nil }()
	return issuer.Token(edits...), true
}

// idTokens are the ID tokens of an issuer as they are, and as they would be at
// their most dangerous: for the service, and without what ID tokens alone have.
func idTokens(issuer *tokentest.Issuer, shape issuers.Shape) (ids []string) {
	bare := without("nonce", "at_hash", "c_hash", "s_hash")
	audience := shape.Options.Audience
	for _, aud := range []tokentest.Edit{{}, tokentest.Audience(audience[0]), tokentest.Audience(audience...), without("aud")} {
		for _, typ := range []tokentest.Edit{{}, tokentest.Type("JWT"), tokentest.WithoutHeader("typ")} {
			for _, signs := range []tokentest.Edit{{}, bare} {
				if raw, ok := mintIfAny(issuer, shape.ID, aud, typ, signs); ok {
					ids = append(ids, raw)
				}
			}
		}
	}
	return ids
}

// No proposal for a token of a known issuer lets in its ID tokens, and for an ID
// token there is none.
func TestIssuers(t *testing.T) {
	t.Parallel()
	none := map[string]bool{}
	for _, shape := range issuers.All() {
		issuer := tokentest.NewIssuer(t, &shape.Options)
		for kind, edit := range map[string]tokentest.Edit{"user": shape.Access, "machine": shape.Machine} {
			name := shape.Name + " " + kind
			raw, ok := mintIfAny(issuer, edit)
			if !ok {
				continue
			}
			cfg := configOf(t, issuer, raw)
			p, err := propose.For(t.Context(), cfg, token.Bearer(raw))
			if err != nil {
				none[name] = true
				continue
			}
			s := &service{t: t, config: cfg, access: raw, ids: idTokens(issuer, shape)}
			assert.True(t, s.accepts(p.Profile), "%s: %+v", name, p.Profile)
		}
		for i, raw := range idTokens(issuer, shape) {
			_, err := propose.For(t.Context(), issuer.Config(), token.Bearer(raw))
			assert.Error(t, err, "%s: ID token %d", shape.Name, i)
		}
	}
	assert.Equal(t, unproposed, slices.Sorted(maps.Keys(none)))
}

// configOf is for the issuer that a token names, which is not that of its
// metadata and ID tokens at some servers.
func configOf(t *testing.T, issuer *tokentest.Issuer, raw string) token.Config {
	t.Helper()
	cfg := issuer.Config()
	var claims struct {
		Iss string `json:"iss"`
	}
	if parts := strings.Split(raw, "."); len(parts) == 3 {
		text, err := base64.RawURLEncoding.DecodeString(parts[1])
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &claims))
	}
	if claims.Iss == "" || claims.Iss == cfg.Issuer {
		return cfg
	}
	keys, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: claims.Iss, URLs: []string{issuer.KeysURL()}, HTTPClient: issuer.Client()})
	require.NoError(t, err)
	cfg.Issuer, cfg.Keys, cfg.HTTPClient = claims.Iss, keys, nil
	return cfg
}
