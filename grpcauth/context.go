package grpcauth

import (
	"context"
	"sync"

	"google.golang.org/grpc/metadata"
)

// ofCaller are the metadata keys whose values let their holder act as the
// caller. The last is what grpc-gateway makes of an HTTP Authorization field.
var ofCaller = []string{keyAuthorization, keyProof, "txn-token", "grpcgateway-authorization"}

// withoutCredentials is ctx with metadata from which the caller's credentials
// are gone.
func (i *Interceptor) withoutCredentials(ctx context.Context) context.Context {
	if i.config.KeepCredentials {
		return ctx
	}
	if incoming == nil {
		return stripped(ctx)
	}
	return &bare{Context: ctx}
}

// stripped copies the metadata, which is why it is put off until somebody asks.
// They are taken out of the copy that metadata.FromIncomingContext gives to
// everyone.
func stripped(ctx context.Context) context.Context {
	md, ok := metadata.FromIncomingContext(ctx)
	if !ok {
		return ctx
	}
	for _, key := range ofCaller {
		delete(md, key)
	}
	return metadata.NewIncomingContext(ctx, md)
}

// bare is a context whose incoming metadata, for whoever asks for them, are
// without the caller's credentials.
type bare struct {
	context.Context
	once sync.Once
	with context.Context // the same, stripped
}

func (c *bare) Value(key any) any {
	if key != incoming {
		return c.Context.Value(key)
	}
	c.once.Do(func() { c.with = stripped(c.Context) })
	return c.with.Value(key)
}

// incoming is the key under which package metadata looks for incoming metadata
// in a context. It is nil if there is not exactly one, so that it cannot be
// known what a handler may ask for.
var incoming = func() any {
	asked := &listener{Context: context.Background()}
	metadata.FromIncomingContext(asked)
	if len(asked.keys) != 1 {
		return nil
	}
	return asked.keys[0]
}()

// Whatever version of grpc-go this is linked with, credentials are seen to be
// hidden before hiding them lazily is relied on.
func init() {
	held := metadata.Pairs(keyAuthorization, "Bearer x", "x", "y")
	shown, _ := metadata.FromIncomingContext(&bare{Context: metadata.NewIncomingContext(context.Background(), held)})
	if len(shown) != 1 || len(shown["x"]) != 1 {
		incoming = nil
	}
}

// listener is a context that holds nothing and notes what it is asked for.
type listener struct {
	context.Context
	keys []any
}

func (l *listener) Value(key any) any {
	l.keys = append(l.keys, key)
	return nil
}
