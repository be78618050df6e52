package middleware

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
)

// register adds a route to http.ServeMux. The error names the line of the
// program that asked for it.
func (x *Mux) register(r registered) (err error) {
	defer func() {
		if said := recover(); said != nil {
			err = x.refusal(r, said)
		}
	}()
	x.inner.Handle(r.Pattern, routed{x.m.Require(r.Policy)(r.handler)})
	return nil
}

// registered is a route and the line of the program that registered it.
type registered struct {
	Route
	where   string
	handler http.Handler
}

// refusal says why http.ServeMux rejected r. The message of ServeMux itself
// names this package as the place of both routes.
func (x *Mux) refusal(r registered, said any) error {
	held := x.held()
	if conflict(r.Pattern) {
		held = nil // it is wrong by itself
	}
	for _, other := range held {
		switch {
		case other.Pattern == r.Pattern:
			return r.wrong("is registered already, at " + other.where)
		case conflict(other.Pattern, r.Pattern):
			return r.wrong(fmt.Sprintf("conflicts with route %q, registered at %s: there are calls that both match, and neither is more specific", other.Pattern, other.where))
		}
	}
	return r.wrong(printable.Line(fmt.Sprint("cannot be registered: ", said)))
}

func (r registered) wrong(why string) error {
	return fmt.Errorf("middleware: %w: route %q at %s %s", token.ErrConfig, r.Pattern, r.where, why)
}

// conflict reports whether http.ServeMux refuses to hold these patterns and no
// others.
func conflict(patterns ...string) (refused bool) {
	defer func() { refused = recover() != nil }()
	mux := http.NewServeMux()
	for _, pattern := range patterns {
		mux.Handle(pattern, http.NotFoundHandler())
	}
	return false
}

// caller is the line of the program that called this package.
func caller() string {
	const here = "github.com/postern-go/postern/middleware."
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		frame, more := frames.Next()
		if !strings.HasPrefix(frame.Function, here) {
			return fmt.Sprintf("%s:%d", frame.File, frame.Line)
		}
		if !more {
			return "an unknown line"
		}
	}
}

// Audit names every route with a policy that no good token of the Authenticator
// can ever meet, such as one for users if the issuer's profile has no way to
// tell users from clients. It also names a metadata document that challenges
// point to and the Mux does not serve there, as it has none or another route gets
// the requests for it, see HandleMetadata and Config.MetadataElsewhere, and what
// Resource.Audit finds. Call it once the routes are registered, and do not
// serve if it fails. The error has one line for each finding and matches
// token.ErrConfig. It does not block and makes no request.
func (x *Mux) Audit() error {
	var wrong []error
	if err := x.auditMetadata(); err != nil {
		wrong = append(wrong, err)
	}
	if err := x.m.config.Resource.Audit(x.m.auth); err != nil {
		wrong = append(wrong, fmt.Errorf("middleware: %w", err))
	}
	for _, r := range x.held() {
		if err := r.Policy.NeverMet(x.m.auth); err != nil {
			wrong = append(wrong, r.wrong("can never be served: "+printable.Line(err.Error())))
		}
	}
	return errors.Join(wrong...)
}

var errNotDescribed = fmt.Errorf("middleware: %w: challenges name a metadata document that the Mux does not serve: call HandleMetadata, or set Config.MetadataElsewhere", token.ErrConfig)
