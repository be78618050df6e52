package authserver

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// authRequest is an authorization request that has passed its checks.
type authRequest struct {
	client      Client
	redirectURI string
	resource    Resource
	scopes      []string
	state       string
	nonce       string
	challenge   string
}

var (
	errTarget = refuse("invalid_target", "The resource is unknown.")
	errScope  = refuse("invalid_scope", "A scope is missing, unknown, or not one the client may have.")
)

// serveAuthorize begins the authorization code flow (RFC 6749 §4.1.1).
func (s *Server) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	client, redirectURI, ok := s.whereTo(query)
	if !ok {
		// An error must not be sent to an address that nobody has vouched
		// for: that would be an open redirector (RFC 6749 §4.1.2.1).
		refusePage(w, http.StatusBadRequest, "This link does not come from an application that is registered here, "+
			"or it would send you back to the wrong place.")
		return
	}
	req, err := s.checkAuthorize(client, redirectURI, query)
	if err != nil {
		s.redirectError(w, r, authRequest{redirectURI: redirectURI, state: query.Get("state")}, err)
		return
	}
	s.askUser(w, r, req)
}

// whereTo is the client and the redirect URI, if they belong together byte for
// byte (RFC 9700 §2.1).
func (s *Server) whereTo(query url.Values) (Client, string, bool) {
	ids, uris := query["client_id"], query["redirect_uri"]
	if len(ids) != 1 || len(uris) != 1 {
		return Client{}, "", false
	}
	client, ok := s.client(ids[0])
	return client, uris[0], ok && slices.Contains(client.RedirectURIs, uris[0])
}

func (s *Server) checkAuthorize(client Client, redirectURI string, query url.Values) (authRequest, error) {
	p, err := single(query)
	if err != nil {
		return authRequest{}, err
	}
	if err := checkFlow(client, p); err != nil {
		return authRequest{}, err
	}
	if err := checkPKCE(p); err != nil {
		return authRequest{}, err
	}
	resource, ok := s.resource(p["resource"])
	if !ok {
		return authRequest{}, errTarget
	}
	scopes := strings.Fields(p["scope"])
	if err := s.checkScopes(client, resource, scopes); err != nil {
		return authRequest{}, err
	}
	return authRequest{
		client: client, redirectURI: redirectURI, resource: resource, scopes: scopes,
		state: p["state"], nonce: p["nonce"], challenge: p["code_challenge"],
	}, nil
}

func checkFlow(client Client, p params) error {
	switch {
	case p["response_type"] == "":
		return refuse("invalid_request", "The response_type is missing.")
	case p["response_type"] != "code":
		return refuse("unsupported_response_type", "Only code is supported.")
	case len(client.Delegated) == 0:
		return refuse("unauthorized_client", "The client may not use this flow.")
	case p["prompt"] == "none":
		return refuse("interaction_required", "The user is always asked here.")
	}
	return nil
}

// checkPKCE insists on S256. The method of a request that names none is plain,
// which hands the verifier to whoever sees the request.
func checkPKCE(p params) error {
	switch {
	case p["code_challenge"] == "":
		return refuse("invalid_request", "The code_challenge is missing: PKCE is required.")
	case p["code_challenge_method"] != "S256":
		return refuse("invalid_request", "The code_challenge_method must be S256.")
	case !validChallenge(p["code_challenge"]):
		return refuse("invalid_request", "The code_challenge is not an S256 one.")
	}
	return nil
}

// checkScopes accepts scopes that the client may ask for and that either the
// resource knows, or that are about the user's account.
func (s *Server) checkScopes(client Client, resource Resource, scopes []string) error {
	if len(scopes) == 0 || !allIn(scopes, client.Delegated) {
		return errScope
	}
	for _, name := range scopes {
		if _, ok := s.meaning(resource, name); !ok {
			return errScope
		}
	}
	return nil
}

// meaning is what a scope allows, in words for the user.
func (s *Server) meaning(resource Resource, name string) (string, bool) {
	if sc, ok := resource.scope(name); ok {
		return sc.Meaning, true
	}
	sc, ok := s.cfg.userinfo().scope(name)
	return sc.Meaning, ok
}

// askUser sends the browser to sign in, or straight to the consent page.
func (s *Server) askUser(w http.ResponseWriter, r *http.Request, req authRequest) {
	now := s.cfg.now()
	browser, ok := s.sessions.find(r, now)
	if !ok {
		if browser, ok = s.sessions.begin(now); !ok {
			refusePage(w, http.StatusServiceUnavailable, "Too many people are signing in. Please try again later.")
			return
		}
		browser.setCookie(w)
	}
	key, ok := s.sessions.park(browser.id, req)
	if !ok {
		refusePage(w, http.StatusBadRequest, "Your session has ended. Please start again.")
		return
	}
	next := consentPath
	if browser.subject == "" {
		next = signInPath
	}
	http.Redirect(w, r, next+"?request="+url.QueryEscape(key), http.StatusSeeOther)
}

// redirectError tells the client what is wrong with its request (RFC 6749
// §4.1.2.1).
func (s *Server) redirectError(w http.ResponseWriter, r *http.Request, req authRequest, err error) {
	e := asOAuthError(err)
	s.redirect(w, r, req, url.Values{"error": {e.Code}, "error_description": {e.Description}})
}

// redirect sends the browser back to the client with an answer, which names
// its issuer, so that a client of several servers cannot be made to mix them
// up (RFC 9207 §2).
func (s *Server) redirect(w http.ResponseWriter, r *http.Request, req authRequest, answer url.Values) {
	to, err := url.Parse(req.redirectURI)
	if err != nil {
		refusePage(w, http.StatusInternalServerError, "The way back to the application is broken.")
		return
	}
	query := to.Query()
	for name, values := range answer {
		query.Set(name, values[0])
	}
	query.Set("iss", s.cfg.Issuer)
	if req.state != "" {
		query.Set("state", req.state)
	}
	to.RawQuery = query.Encode()
	http.Redirect(w, r, to.String(), http.StatusSeeOther)
}
