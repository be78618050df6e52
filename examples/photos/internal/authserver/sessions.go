package authserver

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"sync"
	"time"
)

// Bounds of the session store.
const (
	sessionLifetime = time.Hour
	maxSessions     = 1000
	maxPending      = 8 // authorization requests open in one browser
)

// The cookie's name says whose it is: cookies do not tell ports apart, and on
// one machine every service of the story shares a host name.
const sessionCookie = "authserver_session"

// session is one browser, signed in or not yet.
type session struct {
	id       string
	csrf     string
	subject  string // "" until signed in
	authTime time.Time
	expires  time.Time
	pending  map[string]authRequest
}

type sessionStore struct {
	mu       sync.Mutex
	sessions map[string]*session
}

// begin opens a session that knows nothing yet. It reports false if there are
// too many of them.
func (s *sessionStore) begin(now time.Time) (session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropExpired(now)
	if len(s.sessions) >= maxSessions {
		return session{}, false
	}
	if s.sessions == nil {
		s.sessions = make(map[string]*session)
	}
	fresh := &session{
		id: rand.Text(), csrf: rand.Text(), expires: now.Add(sessionLifetime),
		pending: make(map[string]authRequest),
	}
	s.sessions[fresh.id] = fresh
	return *fresh, true
}

// find returns the session that the request's cookie names.
func (s *sessionStore) find(r *http.Request, now time.Time) (session, bool) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return session{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.sessions[cookie.Value]
	if !ok || !now.Before(found.expires) {
		return session{}, false
	}
	return *found, true
}

// signIn notes who the browser belongs to and gives the session a new id and
// a new form token: whoever planted the old ones must not share the result.
func (s *sessionStore) signIn(id, subject string, now time.Time) (session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, ok := s.sessions[id]
	if !ok {
		return session{}, false
	}
	delete(s.sessions, id)
	fresh := *old
	fresh.id, fresh.csrf = rand.Text(), rand.Text()
	fresh.subject, fresh.authTime = subject, now
	fresh.expires = now.Add(sessionLifetime)
	s.sessions[fresh.id] = &fresh
	return fresh, true
}

// park keeps an authorization request until its user has decided.
func (s *sessionStore) park(id string, req authRequest) (key string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.sessions[id]
	if !ok {
		return "", false
	}
	if len(found.pending) >= maxPending {
		clear(found.pending) // what was begun and left lying about
	}
	key = rand.Text()
	found.pending[key] = req
	return key, true
}

// parked returns the authorization request that is kept under key.
func (s *sessionStore) parked(id, key string) (authRequest, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.sessions[id]
	if !ok {
		return authRequest{}, false
	}
	req, ok := found.pending[key]
	return req, ok
}

// unpark is parked, once.
func (s *sessionStore) unpark(id, key string) (authRequest, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.sessions[id]
	if !ok {
		return authRequest{}, false
	}
	req, ok := found.pending[key]
	delete(found.pending, key)
	return req, ok
}

func (s *sessionStore) dropExpired(now time.Time) {
	for id, kept := range s.sessions {
		if !now.Before(kept.expires) {
			delete(s.sessions, id)
		}
	}
}

// ownForm reports whether a posted form came from a page made for this
// session.
func (s session) ownForm(token string) bool {
	return s.csrf != "" && subtle.ConstantTimeCompare([]byte(s.csrf), []byte(token)) == 1
}

// setCookie hands the session to the browser. Lax keeps the cookie away from
// forms on other sites and lets it come along when a client sends the user
// here. There is no Secure attribute, because loopback has no TLS; a real
// server sets it.
func (s session) setCookie(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie, Value: s.id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
