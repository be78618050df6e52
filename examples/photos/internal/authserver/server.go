package authserver

import (
	"net/http"
	"sync/atomic"

	"github.com/postern-go/postern/examples/photos/internal/webpage"
	"github.com/postern-go/postern/token/dpop"
)

// Server is the authorization server. It may be used concurrently.
type Server struct {
	cfg      Config
	keys     *KeyRing
	codes    codeStore
	sessions sessionStore
	guesses  guessLimit
	proofs   *dpop.MemoryStore
	decoy    Password
	outage   atomic.Int32
	handler  http.Handler
}

// New makes a server with one ES256 key. It starts nothing: serve its Handler.
func New(cfg Config) (*Server, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	proofs, err := newProofs(cfg.now)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, keys: new(KeyRing), proofs: proofs}
	if _, err := s.keys.SignAtOnce(ES256); err != nil {
		return nil, err
	}
	if len(cfg.Users) > 0 {
		if s.decoy, err = cfg.Users[0].Password.decoy(); err != nil {
			return nil, err
		}
	}
	guarded, err := s.guardUserinfo()
	if err != nil {
		return nil, err
	}
	s.handler = s.outOfOrder(s.routes(guarded))
	return s, nil
}

// Keys is the ring of keys the server signs with.
func (s *Server) Keys() *KeyRing { return s.keys }

// Handler serves every endpoint.
func (s *Server) Handler() http.Handler { return s.handler }

func (s *Server) routes(userinfo http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+rfc8414Path, s.serveMetadata)
	mux.HandleFunc("GET "+openidPath, s.serveMetadata)
	mux.HandleFunc("GET "+jwksPath, s.serveKeys)
	mux.HandleFunc("POST "+tokenPath, s.serveToken)
	mux.Handle("GET "+userinfoPath, userinfo)
	mux.Handle("POST "+userinfoPath, userinfo)
	mux.HandleFunc("GET "+authorizePath, s.serveAuthorize)
	mux.HandleFunc("GET "+signInPath, s.showSignIn)
	mux.HandleFunc("GET "+consentPath, s.showConsent)
	// The forms carry a token of their own against forgery. The headers that
	// browsers add are a second lock on the same door.
	sameOrigin := http.NewCrossOriginProtection()
	mux.Handle("POST "+signInPath, sameOrigin.Handler(http.HandlerFunc(s.takeSignIn)))
	mux.Handle("POST "+consentPath, sameOrigin.Handler(http.HandlerFunc(s.takeConsent)))
	mux.HandleFunc("GET /{$}", s.showHome)
	return mux
}

func (s *Server) showHome(w http.ResponseWriter, _ *http.Request) {
	pages.Write(w, http.StatusOK, webpage.Page{Name: "message.html", Data: messagePage{
		Title: "Authorization server",
		Text:  "Applications send you here to sign in. There is nothing to do without one.",
	}})
}
