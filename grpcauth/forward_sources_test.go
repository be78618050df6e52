package grpcauth_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// own is a service's own credentials, such as those of package oauth.
type own string

func (o own) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"Authorization": string(o)}, nil
}

func (own) RequireTransportSecurity() bool { return true }

// A call has several possible sources of an authorization value. At most one
// value is sent, and each row says which.
func TestSourcesOfAuthorization(t *testing.T) {
	t.Parallel()
	caller := verified(t)
	forwarded, mine := []string{"Bearer " + caller.Raw()}, []string{"Bearer own"}
	forwarder, self := grpcauth.NewForwarder().DialOptions(), grpc.WithPerRPCCredentials(own("Bearer own"))
	forCall := []grpc.CallOption{grpc.PerRPCCredentials(own("Bearer own"))}
	for name, row := range map[string]struct {
		dial  []grpc.DialOption
		call  []grpc.CallOption
		pairs metadata.MD
		want  []string // nil: an error
	}{
		"the Forwarder alone":                     {forwarder, nil, nil, forwarded},
		"on the connection, before":               {append([]grpc.DialOption{self}, forwarder...), nil, nil, forwarded},
		"on the connection, after":                {append(slices.Clone(forwarder), self), nil, nil, mine},
		"for the call":                            {forwarder, forCall, nil, nil},
		"for every call":                          {append(slices.Clone(forwarder), grpc.WithDefaultCallOptions(forCall...)), nil, nil, nil},
		"in the metadata":                         {forwarder, nil, metadata.MD{"authorization": mine}, mine},
		"in the metadata, in upper case":          {forwarder, nil, metadata.MD{"AUTHORIZATION": mine}, nil},
		"in the metadata, twice":                  {forwarder, nil, metadata.MD{"authorization": {"Bearer a", "Bearer b"}}, nil},
		"in the metadata, in two cases":           {forwarder, nil, metadata.MD{"authorization": mine, "Authorization": mine}, nil},
		"in the metadata under a name like it":    {forwarder, nil, metadata.MD{"x-authorization": mine}, forwarded},
		"other options of the call do not matter": {forwarder, []grpc.CallOption{grpc.WaitForReady(true)}, nil, forwarded},
	} {
		for kind, call := range calls {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				seen := [][]string{}
				w := newWorld(t, noting(t, &seen, row.dial))
				ctx := token.NewContext(metadata.NewOutgoingContext(t.Context(), row.pairs), caller)
				err := call(ctx, clientWith{w.client, row.call}).err
				if row.want == nil {
					assert.Equal(t, codes.Internal, status.Code(err), "%v", err)
					assert.Empty(t, seen)
					return
				}
				require.NoError(t, err)
				assert.Equal(t, [][]string{row.want}, seen)
			})
		}
	}
}

// noting is a server over TLS that notes the authorization values of calls.
func noting(t *testing.T, seen *[][]string, dial []grpc.DialOption) settings {
	note := func(ctx context.Context) {
		*seen = append(*seen, metadata.ValueFromIncomingContext(ctx, "authorization"))
	}
	s := overTLS(t, settings{policies: all(scope.Public)})
	s.server = append(s.server,
		grpc.UnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			note(ctx)
			return handler(ctx, req)
		}),
		grpc.StreamInterceptor(func(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			note(ss.Context())
			return handler(srv, ss)
		}))
	s.dial = append(s.dial, dial...)
	return s
}
