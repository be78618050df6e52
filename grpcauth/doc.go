// Package grpcauth lets a gRPC service enforce access tokens itself, by the
// same policies and with the same outcomes as package middleware does for HTTP.
//
//	guard := grpcauth.New(verifier, grpcauth.Policies{
//		pb.Orders_List_FullMethodName:        scope.All("orders:read"),
//		healthpb.Health_Check_FullMethodName: scope.Public,
//	}, nil)
//	srv, err := guard.NewServer(func(s *grpc.Server) {
//		pb.RegisterOrdersServer(s, orders)
//		healthpb.RegisterHealthServer(s, health.NewServer())
//	}, grpc.Creds(creds))
//	if err != nil {
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
// grpc-go reads header fields, and the request of a unary call, before any
// interceptor runs, and holds much of both for a caller without a token unless
// told otherwise. [Interceptor.NewServer] sets limits. On a server made
// otherwise, [Interceptor.Audit] tells whether the guard is there at all.
//
// A gateway that calls the service directly, as one does that was registered with
// RegisterXHandlerServer of grpc-gateway, passes every interceptor by: guard its
// routes over HTTP. One that dials the server is guarded here, and [WriteHTTP]
// answers for it.
//
// A panic in a handler, in a rule of a policy or in a hook ends a grpc-go
// server, where net/http would end the one call. This package recovers none of
// them. Install an interceptor that does, behind the guard for handlers, and
// in front of it for all else.
package grpcauth
