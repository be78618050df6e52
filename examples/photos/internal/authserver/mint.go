package authserver

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// accessClaims are those of RFC 9068 §2.2.
type accessClaims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	Expiry   int64  `json:"exp"`
	IssuedAt int64  `json:"iat"`
	ID       string `json:"jti"`
	ClientID string `json:"client_id"`
	Scope    string `json:"scope,omitempty"`
	AuthTime int64  `json:"auth_time,omitempty"`

	Confirmation *confirmation `json:"cnf,omitempty"`
}

// confirmation is the key that a token is bound to (RFC 9449 §6.1).
type confirmation struct {
	Thumbprint string `json:"jkt"`
}

// idClaims are those of OpenID Connect Core §2.
type idClaims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	Expiry   int64  `json:"exp"`
	IssuedAt int64  `json:"iat"`
	AuthTime int64  `json:"auth_time"`
	Nonce    string `json:"nonce,omitempty"`
}

// accessToken is a token for g's resource. A scope of another resource that
// the client was granted besides, such as openid, stays out of it: a right
// means nothing to a service that does not know it, or something else.
func (s *Server) accessToken(g grant) (string, error) {
	now := s.cfg.now()
	var bound *confirmation
	if g.boundTo != "" {
		bound = &confirmation{g.boundTo}
	}
	return s.sign("at+jwt", accessClaims{
		Issuer: s.cfg.Issuer, Subject: g.subject, Audience: g.resource.ID,
		IssuedAt: now.Unix(), Expiry: now.Add(s.cfg.tokenLifetime()).Unix(),
		ID: rand.Text(), ClientID: g.clientID,
		Scope:    strings.Join(scopesOf(g.resource, g.scopes), " "),
		AuthTime: unixOrZero(g.authTime), Confirmation: bound,
	})
}

// idToken tells the client, and nobody else, who signed in.
func (s *Server) idToken(g grant) (string, error) {
	now := s.cfg.now()
	return s.sign("JWT", idClaims{
		Issuer: s.cfg.Issuer, Subject: g.subject, Audience: g.clientID,
		IssuedAt: now.Unix(), Expiry: now.Add(s.cfg.tokenLifetime()).Unix(),
		AuthTime: unixOrZero(g.authTime), Nonce: g.nonce,
	})
}

func (s *Server) sign(typ string, claims any) (string, error) {
	key, err := s.keys.current()
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("authserver: %w", err)
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: key.alg, Key: jose.JSONWebKey{Key: key.private, KeyID: key.id}},
		(&jose.SignerOptions{}).WithType(jose.ContentType(typ)))
	if err != nil {
		return "", fmt.Errorf("authserver: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("authserver: %w", err)
	}
	return signed.CompactSerialize()
}

// scopesOf are those of the scopes that r knows.
func scopesOf(r Resource, scopes []string) []string {
	var known []string
	for _, name := range scopes {
		if _, ok := r.scope(name); ok {
			known = append(known, name)
		}
	}
	return known
}

func unixOrZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
