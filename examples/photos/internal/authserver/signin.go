package authserver

import (
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/postern-go/postern/examples/photos/internal/webpage"
)

// signInPage is what the sign-in page shows.
type signInPage struct {
	Client  string
	Request string
	CSRF    string
	Name    string
	Wrong   bool
}

const (
	lostText   = "This sign-in was not begun in this browser, or too long ago. Please go back to the application and start again."
	forgedText = "This form was not sent from the page it belongs to. Nothing has been done."
)

func (s *Server) showSignIn(w http.ResponseWriter, r *http.Request) {
	key := r.URL.Query().Get("request")
	browser, req, ok := s.openRequest(r, key)
	if !ok {
		refusePage(w, http.StatusBadRequest, lostText)
		return
	}
	pages.Write(w, http.StatusOK, webpage.Page{Name: "signin.html", Data: signInPage{Client: req.client.Name, Request: key, CSRF: browser.csrf}})
}

// openRequest is the browser's session and the request it wants to go on with.
func (s *Server) openRequest(r *http.Request, key string) (session, authRequest, bool) {
	browser, ok := s.sessions.find(r, s.cfg.now())
	if !ok {
		return session{}, authRequest{}, false
	}
	req, ok := s.sessions.parked(browser.id, key)
	return browser, req, ok
}

func (s *Server) takeSignIn(w http.ResponseWriter, r *http.Request) {
	form, err := postedForm(w, r)
	if err != nil {
		refusePage(w, http.StatusBadRequest, lostText)
		return
	}
	browser, req, ok := s.openRequest(r, form["request"])
	if !ok {
		refusePage(w, http.StatusBadRequest, lostText)
		return
	}
	if !browser.ownForm(form["csrf"]) {
		refusePage(w, http.StatusForbidden, forgedText)
		return
	}
	user, ok := s.checkPassword(form["username"], form["password"])
	if !ok {
		pages.Write(w, http.StatusUnauthorized, webpage.Page{Name: "signin.html", Data: signInPage{
			Client: req.client.Name, Request: form["request"], CSRF: browser.csrf, Name: form["username"], Wrong: true,
		}})
		return
	}
	fresh, ok := s.sessions.signIn(browser.id, user.Subject, s.cfg.now())
	if !ok {
		refusePage(w, http.StatusBadRequest, lostText)
		return
	}
	fresh.setCookie(w)
	http.Redirect(w, r, consentPath+"?request="+url.QueryEscape(form["request"]), http.StatusSeeOther)
}

// checkPassword takes the same time whether the name exists or not, and
// refuses to guess along with somebody who guesses fast.
func (s *Server) checkPassword(name, plain string) (User, bool) {
	user, known := s.user(name)
	if !known {
		s.decoy.matches(plain)
		return User{}, false
	}
	if !s.guesses.allow(name) {
		return User{}, false
	}
	return user, user.Password.matches(plain)
}

// guessLimit bounds the attempts at each user's password. Only names that
// exist get an entry, so it does not grow with what strangers type.
type guessLimit struct {
	mu    sync.Mutex
	users map[string]*rate.Limiter
}

const (
	guessEvery = 6 * time.Second
	guessBurst = 10
)

func (g *guessLimit) allow(name string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.users == nil {
		g.users = make(map[string]*rate.Limiter)
	}
	if g.users[name] == nil {
		g.users[name] = rate.NewLimiter(rate.Every(guessEvery), guessBurst)
	}
	return g.users[name].Allow()
}
