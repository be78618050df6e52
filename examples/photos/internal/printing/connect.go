package printing

import (
	"crypto/subtle"
	"net/http"

	"golang.org/x/oauth2"
)

// connect sends the owner to her authorization server (RFC 6749 §4.1.1), with
// a challenge whose answer only this service knows (RFC 7636 §4.3).
func (s *Service) connect(w http.ResponseWriter, r *http.Request) {
	v, ok := s.visitors.begin()
	if !ok {
		s.message(w, http.StatusServiceUnavailable, "Too many visitors", "Please try again later.")
		return
	}
	v.setCookie(w)
	http.Redirect(w, r, s.oauth.AuthCodeURL(v.state, oauth2.S256ChallengeOption(v.verifier),
		oauth2.SetAuthURLParam("resource", s.cfg.Resource)), http.StatusSeeOther)
}

// callback is where the authorization server sends the owner back to.
func (s *Service) callback(w http.ResponseWriter, r *http.Request) {
	v, ok := s.visitors.find(r)
	query := r.URL.Query()
	if !ok || !v.asked(query.Get("state")) || query.Get("iss") != s.cfg.Issuer {
		s.message(w, http.StatusBadRequest, "This did not work", "The answer does not belong to a question asked in this browser.")
		return
	}
	if query.Get("error") != "" {
		s.visitors.called(v)
		s.refused(w, query.Get("error"))
		return
	}
	tok, err := s.oauth.Exchange(s.withClient(r.Context()), query.Get("code"), oauth2.VerifierOption(v.verifier))
	if err != nil {
		s.visitors.called(v)
		s.message(w, http.StatusBadGateway, "This did not work", "The authorization server did not give us access.")
		return
	}
	if s.cfg.GotToken != nil {
		s.cfg.GotToken(tok)
	}
	s.visitors.keepToken(v, tok)
	// On to a page without the code in its URL.
	http.Redirect(w, r, "/prints", http.StatusSeeOther)
}

// asked reports whether state is that of the authorization this browser began,
// so that nobody can slip it the answer to one of his own (RFC 6749 §10.12).
func (v visitor) asked(state string) bool {
	return v.state != "" && subtle.ConstantTimeCompare([]byte(v.state), []byte(state)) == 1
}

func (s *Service) refused(w http.ResponseWriter, code string) {
	if code == "access_denied" {
		s.message(w, http.StatusForbidden, "No photos, no prints", "You did not allow us to look at your photos. We have not seen any.")
		return
	}
	s.message(w, http.StatusBadGateway, "This did not work", "The authorization server did not give us access.")
}
