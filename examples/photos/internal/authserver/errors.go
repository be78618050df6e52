package authserver

import (
	"encoding/json"
	"errors"
	"net/http"
)

// oauthError is an error answer of RFC 6749 §4.1.2.1 and §5.2. Its text goes
// to the client, so it never repeats what the client sent.
type oauthError struct {
	Code        string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

func (e *oauthError) Error() string { return e.Code + ": " + e.Description }

func refuse(code, description string) error { return &oauthError{code, description} }

// asOAuthError is what to tell the client of err: a fault of the server's own
// is none of its business.
func asOAuthError(err error) *oauthError {
	var known *oauthError
	if errors.As(err, &known) {
		return known
	}
	return &oauthError{"server_error", "The authorization server failed."}
}

// writeError answers at the token endpoint (RFC 6749 §5.2).
func writeError(w http.ResponseWriter, err error) {
	e := asOAuthError(err)
	status := http.StatusBadRequest
	switch e.Code {
	case "invalid_client":
		status = http.StatusUnauthorized
		w.Header().Set("WWW-Authenticate", `Basic realm="token endpoint"`)
	case "server_error":
		status = http.StatusInternalServerError
	}
	writeJSON(w, status, e)
}

// writeJSON answers with something that must not be stored.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client has gone; nobody is left to tell
}
