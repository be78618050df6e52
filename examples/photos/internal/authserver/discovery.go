package authserver

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// Paths of the endpoints.
const (
	authorizePath = "/authorize"
	signInPath    = "/signin"
	consentPath   = "/consent"
	tokenPath     = "/token"
	userinfoPath  = "/userinfo"
	jwksPath      = "/jwks"
	rfc8414Path   = "/.well-known/oauth-authorization-server"
	openidPath    = "/.well-known/openid-configuration"
)

// metadata is the document of RFC 8414 §2 and OpenID Connect Discovery §3.
type metadata struct {
	Issuer                string   `json:"issuer"`
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	TokenEndpoint         string   `json:"token_endpoint"`
	UserinfoEndpoint      string   `json:"userinfo_endpoint"`
	JWKSURI               string   `json:"jwks_uri"`
	ScopesSupported       []string `json:"scopes_supported"`
	ResponseTypes         []string `json:"response_types_supported"`
	ResponseModes         []string `json:"response_modes_supported"`
	GrantTypes            []string `json:"grant_types_supported"`
	TokenAuthMethods      []string `json:"token_endpoint_auth_methods_supported"`
	ChallengeMethods      []string `json:"code_challenge_methods_supported"`
	SubjectTypes          []string `json:"subject_types_supported"`
	IDTokenAlgorithms     []string `json:"id_token_signing_alg_values_supported"`
	ProofAlgorithms       []string `json:"dpop_signing_alg_values_supported"`
	IssInResponse         bool     `json:"authorization_response_iss_parameter_supported"`
}

func (s *Server) metadata() metadata {
	return metadata{
		Issuer:                s.cfg.Issuer,
		AuthorizationEndpoint: s.cfg.Issuer + authorizePath,
		TokenEndpoint:         s.cfg.Issuer + tokenPath,
		UserinfoEndpoint:      s.cfg.Issuer + userinfoPath,
		JWKSURI:               s.cfg.Issuer + jwksPath,
		ScopesSupported:       s.allScopes(),
		ResponseTypes:         []string{"code"},
		ResponseModes:         []string{"query"},
		GrantTypes:            []string{"authorization_code", "client_credentials"},
		TokenAuthMethods:      []string{"client_secret_basic"},
		ChallengeMethods:      []string{"S256"},
		SubjectTypes:          []string{"public"},
		IDTokenAlgorithms:     []string{ES256, EdDSA, PS256, RS256},
		ProofAlgorithms:       []string{ES256, PS256, EdDSA},
		IssInResponse:         true,
	}
}

func (s *Server) allScopes() []string {
	var names []string
	seen := make(map[string]bool)
	for _, r := range append([]Resource{s.cfg.userinfo()}, s.cfg.Resources...) {
		for _, sc := range r.Scopes {
			if !seen[sc.Name] {
				seen[sc.Name] = true
				names = append(names, sc.Name)
			}
		}
	}
	return names
}

func (s *Server) serveMetadata(w http.ResponseWriter, _ *http.Request) {
	s.writeShared(w, s.metadata())
}

func (s *Server) serveKeys(w http.ResponseWriter, _ *http.Request) {
	s.writeShared(w, s.keys.set())
}

// writeShared answers with something that may be kept for a while.
func (s *Server) writeShared(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", fmt.Sprintf("public, max-age=%.0f", s.cfg.keyLifetime().Seconds()))
	_ = json.NewEncoder(w).Encode(v) // the client has gone; nobody is left to tell
}
