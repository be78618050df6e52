package dpop

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
)

// Attempt is the credentials of one attempt to send a request. Client.Attempt makes
// it. Printing it shows neither the token nor the proof.
type Attempt struct {
	authorization, proof, nonce string

	last *atomic.Pointer[string] // the nonce of its origin
}

// Authorization is the value of the Authorization field.
func (a *Attempt) Authorization() string { return a.authorization }

// Proof is the value of the DPoP field.
func (a *Attempt) Proof() string { return a.proof }

// Learn keeps the nonce that the response came with, for further attempts at the
// same origin, in place of any other (RFC 9449 §8.2). It takes all values of the
// DPoP-Nonce field, and keeps nothing if there is not exactly one or if that is no
// nonce. It reports whether it has kept one that this attempt did not have: only
// then can another attempt succeed where this one failed for its nonce.
func (a *Attempt) Learn(values ...string) bool {
	if len(values) != 1 || !isNonce(values[0]) {
		return false
	}
	a.last.Store(&values[0])
	return values[0] != a.nonce
}

// String says nothing of the credentials.
func (a Attempt) String() string { return "credentials with a DPoP proof" }

// Format implements fmt.Formatter, so that no verb shows the credentials.
func (a Attempt) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, a.String()) }

// maxNonce is the longest nonce that is kept, in bytes: servers limit the proof that
// it becomes a part of.
const maxNonce = 1024

// isNonce reports whether s is a nonce of RFC 9449 §8.1.
func isNonce(s string) bool {
	other := func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }
	return s != "" && len(s) <= maxNonce && !strings.ContainsFunc(s, other)
}
