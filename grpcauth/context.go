package grpcauth

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/grpc/metadata"

	"github.com/postern-go/postern/internal/credentials"
	"github.com/postern-go/postern/internal/guard"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// presented is the credentials of a call: those in its metadata, or those that
// an outer guard has hidden.
type presented struct {
	fields, dpop []string
	outer        guard.Pass
}

func presentedIn(ctx context.Context) presented {
	outer := guard.PassOf(ctx)
	if fields := metadata.ValueFromIncomingContext(ctx, keyAuthorization); fields != nil {
		return presented{fields, metadata.ValueFromIncomingContext(ctx, keyDPoP), outer}
	}
	return presented{outer.Fields, outer.DPoP, outer}
}

// handOn is ctx for the handler of an admitted call: without the caller's
// credentials, with the token, and with a pass for inner guards.
func (i *Interceptor) handOn(ctx context.Context, sent presented, p scope.Policy, t *token.Token, c *call) context.Context {
	inner, shows := ctx, i.config.KeepCredentials || p.IsRehearsed()
	if !shows {
		inner = i.withoutCredentials(ctx)
	}
	pass := sent.outer
	pass.Reported = pass.Reported || i.observer.Reports(p)
	if !shows {
		pass.Fields, pass.DPoP = sent.fields, sent.dpop
	}
	if c != nil {
		pass.Inherit(&c.Pass)
	}
	if pass.Fields != nil || pass.Reported || pass.HasSpent() || pass.Responded != nil {
		inner = pass.NewContext(inner, c.passContext())
	}
	return guard.WithToken(inner, t)
}

// withoutCredentials is ctx with metadata without the caller's credentials. It
// removes them from the copy that metadata.FromIncomingContext makes, so they
// stay in the metadata of the call itself.
func (i *Interceptor) withoutCredentials(ctx context.Context) context.Context {
	if i.config.KeepCredentials {
		return ctx
	}
	md, ok := metadata.FromIncomingContext(ctx)
	if !ok {
		return ctx
	}
	for key := range md {
		if i.hides(key) {
			delete(md, key)
		}
	}
	return metadata.NewIncomingContext(ctx, md)
}

func (i *Interceptor) hides(key string) bool {
	return credentials.HiddenInMetadata(key) ||
		slices.ContainsFunc(i.config.Hide, func(also string) bool { return strings.EqualFold(key, also) })
}
