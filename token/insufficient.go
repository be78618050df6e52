package token

import (
	"strconv"
	"strings"
	"time"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/internal/zerocopy"
)

// ScopeError is the ErrScope that names what the call needs.
type ScopeError struct {
	// Need lists the scopes that together are enough for the call. They go
	// into the challenge, so that the client knows what to ask for.
	Need []string
	// Token is the token that lacks them, or nil. Error says which scopes it
	// has; no caller is told.
	Token *Token
}

// Error is one line for operators, put together when it is asked for.
func (e *ScopeError) Error() string {
	text := ErrScope.Error()
	if len(e.Need) > 0 {
		text += ": need " + printable.Line(strings.Join(e.Need, " "))
	}
	if !e.Token.IsZero() {
		text += "; " + e.Token.scopesInWords()
	}
	return printable.Line(text)
}

// Unwrap returns ErrScope.
func (e *ScopeError) Unwrap() error { return ErrScope }

// StepUpError is the ErrStepUp that names the authentication the call needs
// (RFC 9470 §3). A policy returns it.
type StepUpError struct {
	// ACRValues lists acceptable authentication contexts in order of
	// preference. Empty: any will do.
	ACRValues []string
	// MaxAge is how long ago the user may have authenticated, in whole
	// seconds on the wire, at least one. Zero: any time ago.
	MaxAge time.Duration
	// Need lists the scopes the call needs, where those are short too.
	Need []string
	// Token is the token that lacks the scopes, or nil. Callers may be told which it
	// has; see scope.Resource.RepeatGranted.
	Token *Token
}

// Error is one line for operators, put together when it is asked for.
func (e *StepUpError) Error() string {
	var needs []string
	if len(e.ACRValues) > 0 {
		needs = append(needs, "need acr "+strings.Join(e.ACRValues, " or "))
	}
	if e.MaxAge != 0 {
		needs = append(needs, "need authentication at most "+e.MaxAge.String()+" ago")
	}
	if len(e.Need) > 0 {
		needs = append(needs, "need scope "+strings.Join(e.Need, " "))
	}
	if len(needs) == 0 {
		return ErrStepUp.Error()
	}
	return printable.Line(ErrStepUp.Error() + ": " + strings.Join(needs, ", "))
}

// Unwrap returns ErrStepUp.
func (e *StepUpError) Unwrap() error { return ErrStepUp }

// scopesInWords says which scopes a token has, and if it has none, where they
// may be.
func (t *Token) scopesInWords() string {
	if len(t.set.Scopes) > 0 {
		return "the token has " + printable.Value(strconv.QuoteToASCII(strings.Join(t.set.Scopes, " ")))
	}
	return t.set.WhereScopes(zerocopy.String(t.payload()))
}
