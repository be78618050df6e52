package propose

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

// impostors are ID tokens as the issuer might make them, with all claims of the
// token but for those that ID tokens lack, and without the nonce that would give
// them away. They are signed with a key of their own, since only the profile is
// on trial.
func (c *candidate) impostors(key ed25519.PrivateKey) (list []string) {
	claims := maps.Clone(c.claims)
	for _, name := range c.apartBy() {
		delete(claims, name)
	}
	delete(claims, "cnf") // ID tokens are not bound, and must be refused for what they are
	for _, kind := range kinds {
		if _, ok := claims[kind.claim]; ok {
			claims[kind.claim] = kind.id
		}
	}
	if _, ok := claims["azp"]; !ok {
		claims["azp"] = c.clientID
	}
	claims["sub"] = "someone"
	claims["iat"] = c.at.Unix()
	types := []any{"JWT", nil}
	if typ, _ := c.header["typ"].(string); !c.isTypedAccess() {
		types = append(types, typ)
	}
	for _, typ := range types {
		header := map[string]any{"alg": "EdDSA"}
		if typ != nil {
			header["typ"] = typ
		}
		list = append(list, sign(key, header, claims))
	}
	return list
}

func sign(key ed25519.PrivateKey, header, claims map[string]any) string {
	encode := func(v map[string]any) string {
		text, _ := json.Marshal(v) // it was JSON before
		return base64.RawURLEncoding.EncodeToString(text)
	}
	signed := encode(header) + "." + encode(claims)
	return signed + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(signed)))
}

// refusesImpostors reports whether a service with this profile refuses them all.
func (c *candidate) refusesImpostors(ctx context.Context, p token.Profile) bool {
	seed := sha256.Sum256([]byte("impostor"))
	key := ed25519.NewKeyFromSeed(seed[:])
	own := *c
	own.config.Keys = jwks.Static{{Algorithm: "EdDSA", Public: key.Public()}}
	own.config.HTTPClient, own.config.RootCAs = nil, nil
	own.config.Algorithms, own.config.RequireKeyID = nil, false
	v, err := own.verifier(p)
	if err != nil {
		return false
	}
	for _, raw := range c.impostors(key) {
		if _, err := v.Authenticate(ctx, token.Bearer(raw)); err == nil {
			return false
		}
	}
	return true
}
