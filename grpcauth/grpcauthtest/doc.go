// Package grpcauthtest helps to test gRPC services that enforce access tokens
// with package grpcauth. It connects them with the suites below
// package token/tokentest, and serves them in memory:
//
//	issuer := tokentest.NewIssuer(t, nil)
//	conn := grpcauthtest.Serve(t, newServer(issuer)) // the server as it goes into production
//	client := pb.NewOrdersClient(conn)
//	refusals.Test(t, issuer, grpcauthtest.Target(
//		func(ctx context.Context, opts ...grpc.CallOption) error {
//			_, err := client.List(ctx, &pb.ListRequest{}, opts...)
//			return err
//		}), &refusals.Config{Scopes: []string{"orders:read"}})
//
// This package imports testing and is for tests: a program that serves
// should not link it.
package grpcauthtest
