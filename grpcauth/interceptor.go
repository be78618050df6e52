package grpcauth

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/postern-go/postern/internal/challenge"
	"github.com/postern-go/postern/internal/guard"
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
	domain   string
	trace    Trace
	statuses sync.Map // statusKey -> *status.Status
}

var errNoAuth = fmt.Errorf("grpcauth: %w: the authenticator is nil, or a nil pointer in an interface", token.ErrConfig)

// New returns an Interceptor that asks auth about tokens and holds each method
// against its policy. Both maps and settings are copied. A nil cfg means the
// zero Config.
//
// It panics with an error that matches token.ErrConfig if auth is nil or a nil
// pointer, or if policies or cfg are not valid, since they are literals in most programs; run
// what comes from elsewhere through Policies.Validate and Config.Validate
// first. It makes no request.
func New(auth token.Authenticator, policies Policies, cfg *Config) *Interceptor {
	if guard.IsNil(auth) {
		panic(errNoAuth)
	}
	if err := errors.Join(cfg.Validate(), policies.Validate()); err != nil {
		panic(err)
	}
	table, _ := challenge.New(cfg.challenges())
	config := cfg.orZero()
	config.Hide = slices.Clone(config.Hide)
	return &Interceptor{
		auth:     auth,
		guard:    guard.New(auth),
		policies: maps.Clone(policies),
		table:    table,
		config:   config,
		domain:   cfg.domain(),
		trace:    cfg.trace(),
	}
}

// Unary is a grpc.UnaryServerInterceptor. It guards unary methods and leaves
// streaming ones open: install it together with Stream, by NewServer or
// ServerOptions. It is exported for transports other than grpc.Server.
//
// A panic in the Authenticator, in a rule of a policy, in a hook of the Trace or
// in the handler goes through it, and lets no call through. grpc-go ends the
// process then, unless an interceptor in front recovers it.
func (i *Interceptor) Unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if info.FullMethod == probeUnary && i.answers(ctx) {
		return nil, errProbed
	}
	admitted, _, err := i.admit(ctx, info.FullMethod)
	if err != nil {
		answer := i.refuse(ctx, err)
		// Fails only outside of a server, where there is nobody to tell.
		_ = grpc.SetTrailer(ctx, answer.trailer)
		return nil, answer.status.Err()
	}
	return handler(admitted, req)
}

// admit decides on a call. The context is the one for its handler.
func (i *Interceptor) admit(ctx context.Context, method string) (context.Context, *token.Token, error) {
	policy := i.policies[method]
	if policy.IsPublic() {
		return i.withoutCredentials(ctx), nil, nil
	}
	fields := metadata.ValueFromIncomingContext(ctx, keyAuthorization)
	t, err := i.guard.Decide(ctx, policy, fields, func(p token.Presentation) token.Presentation {
		return complete(p, ctx, method)
	})
	inner := i.withoutCredentials(ctx)
	if t != nil {
		inner = token.NewContext(inner, t)
	}
	i.trace.decided(inner, i.call(ctx, method), err)
	return inner, t, err
}
