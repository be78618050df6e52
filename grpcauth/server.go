package grpcauth

import (
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/token"
)

var errNoRegister = fmt.Errorf("grpcauth: %w: register is nil, want a func that registers the services", token.ErrConfig)

// NewServer returns a server that is guarded, limited and audited. Use it
// unless other code has to make the server:
//
//	srv, err := guard.NewServer(func(s *grpc.Server) {
//		pb.RegisterOrdersServer(s, orders)
//	}, grpc.Creds(creds))
//
// The options of ServerOptions come first, then limits on what a connection
// can cost before a token is looked at, and then opts, which replace limits that
// they set too. grpc-go's own limits let one connection without a token hold
// hundreds of mebibytes. These are
//
//	grpc.MaxHeaderListSize      64 KiB, for tokens of up to about 48 KiB
//	grpc.MaxConcurrentStreams   100 calls at a time on one connection; more wait
//	grpc.MaxRecvMsgSize         1 MiB
//	grpc.ConnectionTimeout      10 s for TLS and the first frames of HTTP/2
//	grpc.KeepaliveParams        connections end after 15 min without calls, and
//	                            are asked to end after 1 h, within 1 h more
//
// How many connections there may be is not limited.
//
// register is called once, with the server. It must not be nil, and must
// register every service: a later one would not be audited. NewServer makes no
// request and returns an error that matches token.ErrConfig and names
// everything that Audit finds wrong. The server is nil then.
func (i *Interceptor) NewServer(register func(*grpc.Server), opts ...grpc.ServerOption) (*grpc.Server, error) {
	if register == nil {
		return nil, errNoRegister
	}
	srv := grpc.NewServer(append(append(i.ServerOptions(), limits()...), opts...)...)
	register(srv)
	if err := i.Audit(srv); err != nil {
		srv.Stop()
		return nil, err
	}
	return srv, nil
}

func limits() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.MaxHeaderListSize(64 << 10),
		grpc.MaxConcurrentStreams(100),
		grpc.MaxRecvMsgSize(1 << 20),
		grpc.ConnectionTimeout(10 * time.Second),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionIdle:     15 * time.Minute,
			MaxConnectionAge:      time.Hour,
			MaxConnectionAgeGrace: time.Hour,
		}),
	}
}

// ServerOptions installs the Interceptor on a grpc.Server, for unary and
// streaming methods together, and for methods the server does not know: they
// are refused like others that are not listed, so that a stranger cannot tell
// by UNIMPLEMENTED which methods there are. Use it where NewServer does not
// fit, set limits as NewServer does, and call Audit.
//
// Interceptors run in the order of the options that install them, after one
// that grpc.UnaryInterceptor or grpc.StreamInterceptor installs. Put these
// options before others, except for interceptors that are to see refused
// calls. One that recovers panics belongs behind the guard, for handlers, and
// may stand in front too, for hooks, rules of policies and Authenticators. A
// grpc.UnknownServiceHandler of your own comes after, and is guarded too.
func (i *Interceptor) ServerOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(i.Unary),
		grpc.ChainStreamInterceptor(i.Stream),
		grpc.UnknownServiceHandler(unimplemented),
	}
}

func unimplemented(any, grpc.ServerStream) error {
	return status.Error(codes.Unimplemented, "unknown method")
}
