package authserver

import (
	"net/http"
	"slices"
	"strings"
)

// tokenAnswer is the good answer of the token endpoint (RFC 6749 §5.1).
type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"`
	Scope       string `json:"scope"`
	IDToken     string `json:"id_token,omitempty"`
}

func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	answer, err := s.exchange(w, r)
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

func (s *Server) exchange(w http.ResponseWriter, r *http.Request) (tokenAnswer, error) {
	form, err := postedForm(w, r)
	if err != nil {
		return tokenAnswer{}, err
	}
	client, err := s.authenticateClient(r)
	if err != nil {
		return tokenAnswer{}, err
	}
	boundTo, err := s.boundTo(r)
	if err != nil {
		return tokenAnswer{}, err
	}
	switch form["grant_type"] {
	case "authorization_code":
		return s.exchangeCode(client, form, boundTo)
	case "client_credentials":
		return s.ownToken(client, form, boundTo)
	case "":
		return tokenAnswer{}, refuse("invalid_request", "The grant_type is missing.")
	default:
		return tokenAnswer{}, refuse("unsupported_grant_type", "Only authorization_code and client_credentials are known.")
	}
}

// exchangeCode answers a code (RFC 6749 §4.1.3, RFC 7636 §4.6).
func (s *Server) exchangeCode(client Client, form params, boundTo string) (tokenAnswer, error) {
	g, ok := s.codes.take(form["code"], s.cfg.now())
	switch {
	case !ok:
		return tokenAnswer{}, refuse("invalid_grant", "The code is unknown, used or expired.")
	case g.clientID != client.ID:
		return tokenAnswer{}, refuse("invalid_grant", "The code was issued to another client.")
	case g.redirectURI != form["redirect_uri"]:
		return tokenAnswer{}, refuse("invalid_grant", "The redirect_uri is not the one the code was sent to.")
	case !verifierFits(form["code_verifier"], g.challenge):
		return tokenAnswer{}, refuse("invalid_grant", "The code_verifier does not fit the code_challenge.")
	case form["resource"] != "" && form["resource"] != g.resource.ID:
		return tokenAnswer{}, refuse("invalid_target", "The code was granted for another resource.")
	}
	g.boundTo = boundTo
	return s.answer(g)
}

// ownToken answers a client that acts for itself (RFC 6749 §4.4). Its subject
// is the client (RFC 9068 §2.2).
func (s *Server) ownToken(client Client, form params, boundTo string) (tokenAnswer, error) {
	if len(client.Own) == 0 {
		return tokenAnswer{}, refuse("unauthorized_client", "The client may not act on its own behalf.")
	}
	resource, ok := s.resource(form["resource"])
	if !ok {
		return tokenAnswer{}, errTarget
	}
	scopes := strings.Fields(form["scope"])
	if len(scopes) == 0 || !allIn(scopes, client.Own) || len(scopesOf(resource, scopes)) != len(scopes) {
		return tokenAnswer{}, errScope
	}
	return s.answer(grant{clientID: client.ID, subject: client.ID, resource: resource, scopes: scopes, boundTo: boundTo})
}

func (s *Server) answer(g grant) (tokenAnswer, error) {
	access, err := s.accessToken(g)
	if err != nil {
		return tokenAnswer{}, err
	}
	answer := tokenAnswer{
		AccessToken: access,
		TokenType:   "Bearer",
		ExpiresIn:   int(s.cfg.tokenLifetime().Seconds()),
		Scope:       strings.Join(g.scopes, " "),
	}
	if g.boundTo != "" {
		answer.TokenType = "DPoP"
	}
	if slices.Contains(g.scopes, "openid") {
		answer.IDToken, err = s.idToken(g)
	}
	return answer, err
}

func allIn(some, all []string) bool {
	for _, s := range some {
		if !slices.Contains(all, s) {
			return false
		}
	}
	return true
}
