package middleware

import (
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/postern-go/postern/token"
)

// FromSubprotocol returns a wrapper for the guard of a WebSocket endpoint that
// browsers use. A script cannot set the Authorization field of a handshake, only
// the list of subprotocols (RFC 6455 §4.1), so it offers the token as one, behind
// a prefix, together with the subprotocol that it wants to speak:
//
//	new WebSocket(url, ["orders.v1", "bearer." + token])
//
// The wrapper moves the token to the Authorization field of a copy of the
// request, and everything after that is as with any other token:
//
//	middleware.FromSubprotocol("bearer.")(auth.Require(scope.Authenticated)(events))
//
// The handler sees the other subprotocols only, so that it cannot send the token
// back. It must accept one of them, or the browser fails the connection, and must
// check Origin. A call with a token in both places, or with two of them, is
// malformed (400). A call that is no WebSocket handshake is left as it is.
//
// Take this only where browsers need it: access logs show Sec-WebSocket-Protocol
// more often than Authorization. It panics with an error that matches
// token.ErrConfig if the prefix is empty or cannot be part of a subprotocol.
func FromSubprotocol(prefix string) func(http.Handler) http.Handler {
	if !isFieldName(prefix) { // both are a token of RFC 9110 §5.6.2
		panic(fmt.Errorf("middleware: %w: %q cannot be the prefix of a subprotocol", token.ErrConfig, prefix))
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, withMovedToken(r, prefix))
		})
	}
}

const subprotocols = "Sec-Websocket-Protocol"

// withMovedToken is r, or a copy with the tokens among its subprotocols in the
// Authorization field. Several of them make several values, which no guard
// accepts.
func withMovedToken(r *http.Request, prefix string) *http.Request {
	if !lists(r.Header["Upgrade"], "websocket") {
		return r
	}
	var tokens, others []string
	for _, name := range elements(r.Header[subprotocols]) {
		if raw, ok := strings.CutPrefix(name, prefix); ok {
			tokens = append(tokens, "Bearer "+raw)
		} else {
			others = append(others, name)
		}
	}
	if len(tokens) == 0 {
		return r
	}
	header := maps.Clone(r.Header)
	header["Authorization"] = append(tokens, r.Header["Authorization"]...)
	setOrDelete(header, subprotocols, others)
	r = r.WithContext(r.Context())
	r.Header = header
	return r
}

// elements are those of a list in fields (RFC 9110 §5.6.1).
func elements(fields []string) (all []string) {
	for _, field := range fields {
		for name := range strings.SplitSeq(field, ",") {
			if name = strings.Trim(name, " \t"); name != "" {
				all = append(all, name)
			}
		}
	}
	return all
}

// lists reports whether a list in fields has the element, in any case.
func lists(fields []string, element string) bool {
	for _, name := range elements(fields) {
		if strings.EqualFold(name, element) {
			return true
		}
	}
	return false
}
