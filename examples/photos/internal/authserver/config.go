package authserver

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/postern-go/postern/scope"
)

// Config says who a Server knows and what it may issue.
type Config struct {
	// Issuer is the server's own URL, without a slash at the end. Required.
	Issuer string
	// Users are the people who can sign in.
	Users []User
	// Clients are the applications that may ask for tokens.
	Clients []Client
	// Resources are the services that tokens are for. The server adds its own
	// userinfo endpoint, which is also what a token is for when the client
	// names no resource.
	Resources []Resource
	// TokenLifetime is how long an access token is good. Zero means 10 minutes.
	TokenLifetime time.Duration
	// KeyLifetime is the max-age that the JWK Set is served with. Zero means
	// 5 minutes.
	KeyLifetime time.Duration
	// Time tells the time. Nil means time.Now.
	Time func() time.Time
	// Trace observes the decisions of the userinfo endpoint. Nil observes
	// nothing.
	Trace *scope.Trace
}

// User is somebody who can sign in.
type User struct {
	Name     string // to sign in with
	Password Password
	Subject  string // the sub claim of tokens
	FullName string
	Email    string
}

// Client is an application that may ask for tokens. Every client is
// confidential: it authenticates with its secret, and uses PKCE besides.
type Client struct {
	ID     string
	Secret string
	Name   string // shown on the consent page
	// RedirectURIs are where codes may be sent, each compared byte for byte.
	RedirectURIs []string
	// Delegated are the scopes the client may ask a user for. Empty: the
	// client may not use the authorization code flow.
	Delegated []string
	// Own are the scopes the client may have on its own behalf. Empty: the
	// client may not use the client credentials grant.
	Own []string
}

// Resource is a service that tokens are for.
type Resource struct {
	ID     string // the aud claim and the resource parameter (RFC 8707)
	Name   string // shown on the consent page
	Scopes []Scope
}

// Scope is a right that a Resource knows.
type Scope struct {
	Name    string
	Meaning string // shown on the consent page
}

func (r Resource) scope(name string) (Scope, bool) {
	i := slices.IndexFunc(r.Scopes, func(s Scope) bool { return s.Name == name })
	if i < 0 {
		return Scope{}, false
	}
	return r.Scopes[i], true
}

func (c Config) tokenLifetime() time.Duration {
	if c.TokenLifetime == 0 {
		return 10 * time.Minute
	}
	return c.TokenLifetime
}

func (c Config) keyLifetime() time.Duration {
	if c.KeyLifetime == 0 {
		return 5 * time.Minute
	}
	return c.KeyLifetime
}

func (c Config) now() time.Time {
	if c.Time == nil {
		return time.Now()
	}
	return c.Time()
}

// userinfo is the resource that the server itself is.
func (c Config) userinfo() Resource {
	return Resource{
		ID:   c.Issuer + userinfoPath,
		Name: "Your account",
		Scopes: []Scope{
			{"openid", "know that it is you"},
			{"profile", "see your name"},
			{"email", "see your e-mail address"},
		},
	}
}

var errConfig = errors.New("authserver: invalid configuration")

func (c Config) validate() error {
	if u, err := url.Parse(c.Issuer); err != nil || u.Host == "" || u.Path != "" {
		return fmt.Errorf("%w: issuer %q is not a URL without a path", errConfig, c.Issuer)
	}
	for _, client := range c.Clients {
		if client.ID == "" || client.Secret == "" {
			return fmt.Errorf("%w: a client lacks its id or secret", errConfig)
		}
		if len(client.Delegated) > 0 && len(client.RedirectURIs) == 0 {
			return fmt.Errorf("%w: client %q has nowhere to send a code", errConfig, client.ID)
		}
	}
	return nil
}

func (s *Server) client(id string) (Client, bool) {
	i := slices.IndexFunc(s.cfg.Clients, func(c Client) bool { return c.ID == id })
	if i < 0 {
		return Client{}, false
	}
	return s.cfg.Clients[i], true
}

func (s *Server) user(name string) (User, bool) {
	i := slices.IndexFunc(s.cfg.Users, func(u User) bool { return u.Name == name })
	if i < 0 {
		return User{}, false
	}
	return s.cfg.Users[i], true
}

func (s *Server) userBySubject(subject string) (User, bool) {
	i := slices.IndexFunc(s.cfg.Users, func(u User) bool { return u.Subject == subject })
	if i < 0 {
		return User{}, false
	}
	return s.cfg.Users[i], true
}

// resource is the resource of that id, or userinfo if id is empty.
func (s *Server) resource(id string) (Resource, bool) {
	own := s.cfg.userinfo()
	if id == "" || id == own.ID {
		return own, true
	}
	i := slices.IndexFunc(s.cfg.Resources, func(r Resource) bool { return r.ID == id })
	if i < 0 {
		return Resource{}, false
	}
	return s.cfg.Resources[i], true
}

// userinfoPolicy is what the userinfo endpoint asks of a token (OpenID Connect
// Core §5.3).
var userinfoPolicy = scope.All("openid")
