// Package grpcauthtest helps to test gRPC services that enforce access tokens
// with package grpcauth. It connects them with the attacks of package
// token/tokentest, and serves them in memory:
//
//	issuer := tokentest.NewIssuer(t, nil)
//	conn := grpcauthtest.Serve(t, newServer(issuer)) // the server as it goes into production
//	client := pb.NewOrdersClient(conn)
//	tokentest.TestRefusals(t, issuer, grpcauthtest.Target(
//		func(ctx context.Context, opts ...grpc.CallOption) error {
//			_, err := client.List(ctx, &pb.ListRequest{}, opts...)
//			return err
//		}), &tokentest.RefusalConfig{Scopes: []string{"orders:read"}})
//
// This package imports testing and is for tests: no program that serves should
// link it.
package grpcauthtest
