package middleware

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/postern-go/postern/internal/credentials"
	"github.com/postern-go/postern/internal/expiry"
	"github.com/postern-go/postern/internal/guard"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// presented returns the credentials of a call: from its fields, or from the pass of
// an outer guard that has hidden them. A field that the program has set in between
// counts.
func presented(r *http.Request, outer *guard.Pass) (fields, dpop []string) {
	if fields, ok := r.Header["Authorization"]; ok {
		return fields, r.Header["Dpop"]
	}
	return outer.Fields, outer.DPoP
}

// handOn is the request for the handler of an admitted call: without the
// caller's credentials, with the token in its context, which ends with the
// token. It is r itself if nothing has to change. stop must be called when the
// handler returns.
func (m *Middleware) handOn(r *http.Request, p scope.Policy, t *token.Token, c *call, outer *guard.Pass) (_ *http.Request, stop context.CancelFunc) {
	ctx, stop := r.Context(), context.CancelFunc(nothingToStop)
	if t != nil && !m.config.ResponsesOutliveToken && !p.IsRehearsed() {
		ctx, stop = expiry.Context(ctx, t.Deadline())
	}
	ctx = m.withPass(ctx, r, p, c, outer)
	ctx = guard.WithToken(ctx, t)
	header, hidden := r.Header, false
	if !p.IsRehearsed() {
		header, hidden = m.withoutCredentials(r.Header)
	}
	if ctx == r.Context() && !hidden {
		return r, stop
	}
	// The handlers around this one keep their request as it is.
	r = r.WithContext(ctx)
	r.Header = header
	return r, stop
}

func nothingToStop() {}

// withPass leaves a pass for inner guards.
func (m *Middleware) withPass(ctx context.Context, r *http.Request, p scope.Policy, c *call, outer *guard.Pass) context.Context {
	pass := *outer
	pass.Reported = outer.Reported || m.observer.Reports(p)
	_, shown := r.Header["Authorization"]
	hides := shown && !m.config.KeepCredentials && !p.IsRehearsed()
	if hides {
		pass.Fields, pass.DPoP = presented(r, outer)
	}
	spends := c != nil && c.HasSpent()
	if !hides && !spends && pass.Reported == outer.Reported {
		return ctx
	}
	if spends {
		pass.Inherit(&c.Pass)
	}
	return pass.NewContext(ctx, c.release())
}

// withoutCredentials is h, or a copy without the caller's credentials and true
// if it has some.
func (m *Middleware) withoutCredentials(h http.Header) (http.Header, bool) {
	if m.config.KeepCredentials {
		return h, false
	}
	var room [4]string // as many as most calls have
	names := room[:0]
	for name := range h {
		if m.hides(name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 { // no Authorization either, which cookies could repeat
		return h, false
	}
	bare := maps.Clone(h)
	setOrDelete(bare, "Cookie", withoutTokens(h["Cookie"], h["Authorization"]))
	for _, name := range names { // last, as they may have Cookie among them
		delete(bare, name)
	}
	return bare, true
}

func (m *Middleware) hides(name string) bool {
	return credentials.Hidden(name) ||
		slices.ContainsFunc(m.config.Hide, func(own string) bool { return strings.EqualFold(own, name) })
}

// withoutTokens are cookies without those that repeat the token of an
// Authorization field, good or not.
func withoutTokens(cookies, fields []string) []string {
	if len(cookies) == 0 {
		return nil
	}
	for _, field := range fields {
		raw := strings.TrimRight(field, " \t")
		raw = raw[strings.LastIndexAny(raw, " \t")+1:]
		cookies, _ = credentials.WithoutToken(cookies, raw)
	}
	return cookies
}
