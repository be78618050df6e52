// Package grpcauth lets a gRPC service enforce access tokens itself, by the
// same policies and with the same outcomes as package middleware does for HTTP.
//
//	guard := grpcauth.New(verifier, grpcauth.Policies{
//		pb.Orders_List_FullMethodName:        scope.All("orders:read"),
//		healthpb.Health_Check_FullMethodName: scope.Public,
//	}, nil)
//	srv := grpc.NewServer(guard.ServerOptions()...)
//	pb.RegisterOrdersServer(srv, orders)
//	if err := guard.Audit(srv); err != nil {
//		log.Fatal(err) // "grpcauth: /shop.v1.Orders/Cancel has no policy"
//	}
//
// A method that is not listed is refused, health checks and reflection
// included. The handler of a call that went through finds the verified token
// by [token.FromContext]. A stream ends when its token does.
//
// Credentials are read from the metadata key "authorization". A refusal is a
// status with a fixed sentence, google.rpc.ErrorInfo details, and the trailer
// "www-authenticate" with the challenges that HTTP callers get:
//
//	UNAUTHENTICATED (16)    no token, malformed credentials, a bad token, step-up
//	PERMISSION_DENIED (7)   a good token that is not enough, a method not listed
//	UNAVAILABLE (14)        the token cannot be judged now; with RetryInfo
//
// grpc-go decodes the request of a unary call before any interceptor runs.
// Bound what an unauthenticated caller can make it decode by
// grpc.MaxRecvMsgSize.
package grpcauth
