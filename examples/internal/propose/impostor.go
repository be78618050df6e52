package propose

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

// impostors are ID tokens as the issuer might make them, with all claims of the
// token but for those that ID tokens lack, and without the nonce that would give
// them away. They are signed with a key of their own, since only the profile is
// on trial.
func (c *candidate) impostors(key ed25519.PrivateKey) (list []string) {
	claims := maps.Clone(c.claims)
	for _, name := range c.lacking() {
		delete(claims, name)
	}
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
	if typ, _ := c.header["typ"].(string); !strings.EqualFold(strings.TrimPrefix(strings.ToLower(typ), "application/"), "at+jwt") {
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

// lacking are the claims of the token that ID tokens lack. Those of one issuer at
// least have a client_id, and no jti and no scope.
func (c *candidate) lacking() []string {
	if c.claims["jti"] != nil || c.scopeClaim != "" {
		return accessOnly
	}
	return slices.DeleteFunc(slices.Clone(accessOnly), func(name string) bool { return name == "client_id" })
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
