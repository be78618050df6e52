package grpcauth

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/grpc/metadata"

	"github.com/postern-go/postern/internal/credentials"
)

// withoutCredentials is ctx with metadata from which the caller's credentials
// are gone. They are taken out of the copy that metadata.FromIncomingContext
// makes, and so stay in the metadata of the call itself.
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
