package authserver

import (
	"net/http"
	"net/url"

	"github.com/postern-go/postern/examples/photos/internal/webpage"
)

// consentPage is what the consent page shows.
type consentPage struct {
	Client   string
	Resource string
	User     string
	Rights   []Scope
	Request  string
	CSRF     string
}

func (s *Server) showConsent(w http.ResponseWriter, r *http.Request) {
	key := r.URL.Query().Get("request")
	browser, req, ok := s.openRequest(r, key)
	if !ok {
		refusePage(w, http.StatusBadRequest, lostText)
		return
	}
	user, ok := s.userBySubject(browser.subject)
	if !ok { // not signed in: there is no one to consent
		http.Redirect(w, r, signInPath+"?request="+url.QueryEscape(key), http.StatusSeeOther)
		return
	}
	pages.Write(w, http.StatusOK, webpage.Page{Name: "consent.html", FormTarget: originOf(req.redirectURI), Data: consentPage{
		Client: req.client.Name, Resource: req.resource.Name, User: user.FullName,
		Rights: s.rights(req), Request: key, CSRF: browser.csrf,
	}})
}

func (s *Server) rights(req authRequest) []Scope {
	var rights []Scope
	for _, name := range req.scopes {
		meaning, _ := s.meaning(req.resource, name)
		rights = append(rights, Scope{name, meaning})
	}
	return rights
}

func (s *Server) takeConsent(w http.ResponseWriter, r *http.Request) {
	form, err := postedForm(w, r)
	if err != nil {
		refusePage(w, http.StatusBadRequest, lostText)
		return
	}
	browser, ok := s.sessions.find(r, s.cfg.now())
	if !ok || browser.subject == "" {
		refusePage(w, http.StatusBadRequest, lostText)
		return
	}
	if !browser.ownForm(form["csrf"]) {
		refusePage(w, http.StatusForbidden, forgedText)
		return
	}
	// Taken, not read: one consent page is good for one answer.
	req, ok := s.sessions.unpark(browser.id, form["request"])
	if !ok {
		refusePage(w, http.StatusBadRequest, lostText)
		return
	}
	if form["decision"] != "allow" { // anything but a clear yes is a no
		s.redirectError(w, r, req, refuse("access_denied", "The user did not allow it."))
		return
	}
	s.allowed(w, r, browser, req)
}

// allowed sends the client a code.
func (s *Server) allowed(w http.ResponseWriter, r *http.Request, browser session, req authRequest) {
	code, ok := s.codes.issue(grant{
		clientID: req.client.ID, redirectURI: req.redirectURI, challenge: req.challenge,
		resource: req.resource, scopes: req.scopes, nonce: req.nonce,
		subject: browser.subject, authTime: browser.authTime,
	}, s.cfg.now())
	if !ok {
		s.redirectError(w, r, req, refuse("temporarily_unavailable", "Too many codes are waiting."))
		return
	}
	s.redirect(w, r, req, url.Values{"code": {code}})
}
