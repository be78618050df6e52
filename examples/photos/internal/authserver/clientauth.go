package authserver

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/url"
)

var errClient = refuse("invalid_client", "The client is unknown or its secret is wrong.")

// authenticateClient is client_secret_basic (RFC 6749 §2.3.1): both halves are
// form-encoded before they are put into the header.
func (s *Server) authenticateClient(r *http.Request) (Client, error) {
	user, password, ok := r.BasicAuth()
	if !ok {
		return Client{}, errClient
	}
	id, err1 := url.QueryUnescape(user)
	secret, err2 := url.QueryUnescape(password)
	if err1 != nil || err2 != nil {
		return Client{}, errClient
	}
	client, known := s.client(id)
	if !sameSecret(secret, client.Secret) || !known {
		return Client{}, errClient
	}
	return client, nil
}

// sameSecret compares hashes, because the constant-time comparison tells the
// length of what it compares.
func sameSecret(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
