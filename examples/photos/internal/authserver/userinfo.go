package authserver

import (
	"net/http"
	"slices"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// guardUserinfo protects the userinfo endpoint as any service is protected: it
// accepts access tokens that are for it, and no others, though this server
// issued them all.
func (s *Server) guardUserinfo() (http.Handler, error) {
	verifier, err := token.NewVerifier(token.Config{
		Issuer:   s.cfg.Issuer,
		Audience: []string{s.cfg.userinfo().ID},
		Keys:     s.keys,
		Time:     s.cfg.Time,
	})
	if err != nil {
		return nil, err
	}
	auth := middleware.New(verifier, &middleware.Config{Resource: scope.Resource{Realm: "userinfo"}, Trace: s.cfg.Trace})
	return auth.Require(userinfoPolicy)(http.HandlerFunc(s.serveUserinfo)), nil
}

// userinfo is the answer of OpenID Connect Core §5.3.2.
type userinfo struct {
	Subject string `json:"sub"`
	Name    string `json:"name,omitempty"`
	Email   string `json:"email,omitempty"`
}

func (s *Server) serveUserinfo(w http.ResponseWriter, r *http.Request) {
	t, _ := token.FromContext(r.Context())
	user, ok := s.userBySubject(t.Subject())
	if !ok {
		http.Error(w, "no such user", http.StatusNotFound)
		return
	}
	answer := userinfo{Subject: user.Subject}
	if slices.Contains(t.Scopes(), "profile") {
		answer.Name = user.FullName
	}
	if slices.Contains(t.Scopes(), "email") {
		answer.Email = user.Email
	}
	writeJSON(w, http.StatusOK, answer)
}
