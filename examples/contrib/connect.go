package contrib

import (
	"context"
	"net/http"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// The procedures of the Connect service.
const (
	Greet = "/greet.v1.GreetService/Greet"
	Watch = "/greet.v1.GreetService/Watch"
)

// Connect is a service with a unary and a server-streaming procedure, which
// speaks the protocols of Connect, gRPC and gRPC-Web. The middleware decides
// before a message is read or decoded. An interceptor of Connect would run
// after that.
func Connect(auth *middleware.Middleware) http.Handler {
	mux := auth.NewMux()
	mux.Handle(Greet, scope.All("orders:read"), connect.NewUnaryHandler(Greet, greet))
	mux.Handle(Watch, scope.All("orders:read"), connect.NewServerStreamHandler(Watch, watch))
	return mux
}

func greet(ctx context.Context, req *connect.Request[wrapperspb.StringValue]) (*connect.Response[wrapperspb.StringValue], error) {
	return connect.NewResponse(wrapperspb.String(req.Msg.GetValue() + ", " + subject(ctx))), nil
}

func watch(ctx context.Context, req *connect.Request[wrapperspb.StringValue], stream *connect.ServerStream[wrapperspb.StringValue]) error {
	for range 3 {
		if err := stream.Send(wrapperspb.String(req.Msg.GetValue() + ", " + subject(ctx))); err != nil {
			return err
		}
	}
	return nil
}

func subject(ctx context.Context) string {
	t, ok := token.FromContext(ctx)
	if !ok {
		return "nobody"
	}
	return t.Subject()
}
