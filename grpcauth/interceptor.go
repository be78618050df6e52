package grpcauth

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/postern-go/postern/internal/challenge"
	"github.com/postern-go/postern/internal/expiry"
	"github.com/postern-go/postern/internal/guard"
	"github.com/postern-go/postern/internal/nilcheck"
	"github.com/postern-go/postern/token"
)

// Interceptor guards the methods of a gRPC server by an Authenticator and
// policies. It never changes and is safe for concurrent use.
type Interceptor struct {
	auth     token.Authenticator
	guard    guard.Guard
	policies Policies
	table    *challenge.Table
	config   Config
	bases    guard.Bases
	observer guard.Observer
	statuses sync.Map // statusKey -> *status.Status
}

var errNoAuth = fmt.Errorf("grpcauth: %w: the authenticator is nil, or a nil pointer in an interface", token.ErrConfig)

// New returns an Interceptor that asks auth about tokens and holds each method
// against its policy. Both maps and settings are copied. A nil cfg means the
// zero Config.
//
// It panics with an error that matches token.ErrConfig if auth is nil or a nil
// pointer, if its schemes cannot stand in a challenge (see token.SchemesOf), or
// if policies or cfg are not valid, since they are literals in most programs;
// run settings from elsewhere through Policies.Validate and Config.Validate
// first. It makes no request.
func New(auth token.Authenticator, policies Policies, cfg *Config) *Interceptor {
	if nilcheck.Is(auth) {
		panic(errNoAuth)
	}
	if err := errors.Join(cfg.Validate(), policies.Validate()); err != nil {
		panic(err)
	}
	schemes, err := token.SchemesOf(auth)
	if err != nil {
		panic(err)
	}
	config := cfg.effective()
	return &Interceptor{
		auth:     auth,
		guard:    guard.New(auth, schemes, guard.Options{Rehearsal: config.Rehearsal, ChallengeScopes: config.Resource.ChallengeScopes}),
		policies: maps.Clone(policies),
		table:    challenge.New(config.Resource, schemes),
		bases:    guard.NewBases(config.Resource),
		config:   config,
		observer: guard.NewObserver(config.Trace),
	}
}

// Unary is a grpc.UnaryServerInterceptor. It guards unary methods and leaves
// streaming ones open: install it together with Stream, by NewServer or
// ServerOptions. It is exported for transports other than grpc.Server.
//
// The context of the handler ends when the token expires, with the cause
// token.ErrExpired, and if the handler returns an error then, the caller gets
// UNAUTHENTICATED with "The access token has expired". A handler that does not
// heed its context is not stopped. Config.CallsOutliveToken turns this off.
//
// A panic in the Authenticator, in a rule of a policy, in a hook or
// in the handler goes through it, and lets no call through. grpc-go ends the
// process then, unless an interceptor in front recovers it.
func (i *Interceptor) Unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if info.FullMethod == probeUnary && i.answers(ctx) {
		return nil, errProbed
	}
	admitted, t, err := i.admit(ctx, info.FullMethod, func(md metadata.MD) error { return grpc.SetHeader(ctx, md) })
	if err != nil {
		return nil, i.refuseUnary(ctx, err)
	}
	inner, stop := i.untilExpiry(admitted, t)
	defer stop()
	resp, err := handler(inner, req)
	// An outer guard reports it, if the context of that guard is the one that
	// ended.
	if err != nil && inner != admitted && hasExpired(inner) {
		i.expired(inner, i.decision(ctx, info.FullMethod))
		return nil, i.refuseUnary(ctx, i.guard.Asking(i.policies[info.FullMethod], token.ErrExpired))
	}
	return resp, err
}

func (i *Interceptor) refuseUnary(ctx context.Context, err error) error {
	answer := i.refuse(ctx, err)
	// Fails only outside of a server, where nothing is waiting for an answer.
	_ = grpc.SetTrailer(ctx, answer.trailer)
	return answer.status.Err()
}

// admit decides on a call. The context is the one for its handler. setHeader
// sends header metadata with the response.
func (i *Interceptor) admit(ctx context.Context, method string, setHeader func(metadata.MD) error) (context.Context, *token.Token, error) {
	policy, presented := i.policies[method], presentedIn(ctx)
	if policy.IsPublic() {
		return i.handOn(ctx, presented, policy, nil, nil), nil, nil
	}
	var c *call
	begun := i.observer.Begin()
	v := i.guard.Decide(ctx, policy, presented.fields, func() token.Call {
		c = &call{PassContext: guard.PassContext{Context: ctx, Pass: guard.Pass{DPoP: presented.dpop}}, i: i, method: method}
		c.Inherit(&presented.outer)
		return c
	})
	if v.Err != nil {
		if i.observer.Wants(v.Err) {
			i.tell(guard.WithToken(i.withoutCredentials(ctx), v.Token), i.decision(ctx, method), v, begun)
		}
		return nil, nil, c.refused(v.Err)
	}
	c.respond(setHeader)
	inner := i.handOn(ctx, presented, policy, v.Token, c)
	if i.observer.Wants(nil) {
		i.tell(inner, i.decision(ctx, method), v, begun)
	}
	if policy.IsRehearsed() {
		return inner, nil, nil // the call outlives its token
	}
	return inner, v.Token, nil
}

// untilExpiry is the context of an admitted call that ends with its token. It
// is ctx itself if there is nothing to watch. stop must be called when the
// handler returns.
func (i *Interceptor) untilExpiry(ctx context.Context, t *token.Token) (_ context.Context, stop context.CancelFunc) {
	if t == nil || i.config.CallsOutliveToken {
		return ctx, func() {}
	}
	return expiry.Context(ctx, t.Deadline())
}

// hasExpired asks for the error first, which compares the clocks, so that the
// cause is up to date.
func hasExpired(ctx context.Context) bool {
	return ctx.Err() != nil && context.Cause(ctx) == token.ErrExpired
}
