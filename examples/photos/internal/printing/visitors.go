package printing

import (
	"crypto/rand"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// Bounds of the visitor store.
const (
	visitLength = time.Hour
	maxVisitors = 1000
)

// The cookie's name says whose it is, since cookies do not tell ports apart.
const visitCookie = "printing_session"

// visitor is one browser. It never sees its tokens: they stay here.
type visitor struct {
	id       string
	state    string // of the authorization under way
	verifier string // PKCE, of the same
	token    *oauth2.Token
	until    time.Time
}

type visitorStore struct {
	mu       sync.Mutex
	visitors map[string]visitor
}

// begin forgets who the browser was and remembers a new authorization.
func (s *visitorStore) begin() (visitor, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropLeft()
	if len(s.visitors) >= maxVisitors {
		return visitor{}, false
	}
	if s.visitors == nil {
		s.visitors = make(map[string]visitor)
	}
	v := visitor{
		id: rand.Text(), state: rand.Text(), verifier: oauth2.GenerateVerifier(), until: time.Now().Add(visitLength),
	}
	s.visitors[v.id] = v
	return v, true
}

// find returns the visitor whom the request's cookie names.
func (s *visitorStore) find(r *http.Request) (visitor, bool) {
	cookie, err := r.Cookie(visitCookie)
	if err != nil {
		return visitor{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.visitors[cookie.Value]
	return v, ok && time.Now().Before(v.until)
}

// called ends an authorization: a state is good for one answer.
func (s *visitorStore) called(v visitor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v.state, v.verifier = "", ""
	s.visitors[v.id] = v
}

func (s *visitorStore) keepToken(v visitor, tok *oauth2.Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v.state, v.verifier, v.token = "", "", tok
	s.visitors[v.id] = v
}

func (s *visitorStore) dropLeft() {
	now := time.Now()
	for id, v := range s.visitors {
		if !now.Before(v.until) {
			delete(s.visitors, id)
		}
	}
}

func (v visitor) setCookie(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{
		Name: visitCookie, Value: v.id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
