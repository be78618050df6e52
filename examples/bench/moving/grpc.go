package moving

import (
	"context"
	"log/slog"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/auth"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// AuthFunc is a function for the auth interceptors of go-grpc-middleware, with
// golang-jwt told to check all that it can.
func AuthFunc(ctx context.Context, s Settings) (auth.AuthFunc, error) {
	keys, err := keyfunc.NewDefaultOverrideCtx(ctx, []string{s.KeysURL}, keyfunc.Override{Client: s.HTTPClient})
	if err != nil {
		return nil, err
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{"RS256"}),
		jwt.WithIssuer(s.Issuer),
		jwt.WithAudience(s.Audience),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
	)
	return func(ctx context.Context) (context.Context, error) {
		raw, err := auth.AuthFromMD(ctx, "bearer")
		if err != nil {
			return nil, err
		}
		if _, err := parser.Parse(raw, keys.Keyfunc); err != nil {
			return nil, status.Error(codes.Unauthenticated, "invalid token")
		}
		return ctx, nil
	}, nil
}

// BesideGRPC are the options of a server that old guards, with postern rehearsing
// behind it. ServerOptions of the guard would put it in front, where it sees the
// calls that old refuses as well.
func BesideGRPC(old auth.AuthFunc, a token.Authenticator, policies grpcauth.Policies, log *slog.Logger) []grpc.ServerOption {
	rehearsal := grpcauth.New(a, policies, &grpcauth.Config{
		Rehearsal: true,
		Trace:     scope.LogTo(log, nil),
	})
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(auth.UnaryServerInterceptor(old), rehearsal.Unary),
		grpc.ChainStreamInterceptor(auth.StreamServerInterceptor(old), rehearsal.Stream),
	}
}
