package grpcauth

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/postern-go/postern/internal/guard"
	"github.com/postern-go/postern/token"
)

const (
	keyAuthorization = "authorization"
	keyDPoP          = "dpop"
)

// call is a call with a token. It becomes the context that tells inner guards
// about this one.
type call struct {
	guard.PassContext
	i        *Interceptor
	method   string
	response guard.Response
}

// passContext is the place for this guard's pass, or nil if the Authenticator
// was not asked.
func (c *call) passContext() *guard.PassContext {
	if c == nil {
		return nil
	}
	return &c.PassContext
}

// respond sends the fields that the Authenticator asked for with the header of
// a call that goes through. grpc-go sends every value of a key that it is given, and
// a client knows of two nonces not which one to use (RFC 9449 §8.2): what a guard
// further out has sent stays as it is.
func (c *call) respond(setHeader func(metadata.MD) error) {
	if c == nil || len(c.response) == 0 {
		return
	}
	more := c.response.Without(c.Responded)
	c.Responded = c.Responded.And(more)
	if md := withFields(nil, more); len(md) > 0 {
		// Fails only outside of a server, where nothing is waiting for an
		// answer.
		_ = setHeader(md)
	}
}

// refused is err with the fields that the Authenticator asked for.
func (c *call) refused(err error) error {
	if c == nil {
		return err
	}
	return c.response.With(err)
}

// Respond implements token.Call.
func (c *call) Respond(f token.Field) bool { return c.response.Add(f) }

// Request implements token.Call.
func (c *call) Request() token.Request {
	r := token.Request{Method: http.MethodPost, URL: c.i.target(c.Context, c.method), DPoP: c.DPoP, Fields: fields(c.Context)}
	p, ok := peer.FromContext(c.Context)
	if !ok {
		return r
	}
	if info, ok := p.AuthInfo.(credentials.TLSInfo); ok {
		r.Certificates = info.State.PeerCertificates
	}
	switch at := p.Addr.(type) {
	case *net.TCPAddr:
		r.Peer = at.AddrPort().Addr().Unmap()
	case *net.UnixAddr:
		r.UnixSocket = true
	case net.Addr: // of grpc.Server.ServeHTTP, which has it as a text
		if parsed, err := netip.ParseAddrPort(at.String()); err == nil && at.Network() == "tcp" {
			r.Peer = parsed.Addr().Unmap()
		}
	}
	return r
}

// target is the URL as the caller addressed it, or nil if that cannot be told.
func (i *Interceptor) target(ctx context.Context, method string) *url.URL {
	u := &url.URL{Scheme: "https", Host: authority(ctx), Path: method}
	if _, known := i.bases.Apply(u); !known {
		return nil
	}
	return u
}

func authority(ctx context.Context) string {
	if values := metadata.ValueFromIncomingContext(ctx, ":authority"); len(values) == 1 {
		return values[0]
	}
	return ""
}

// fields are the metadata of a call, with the names that HTTP has for them.
func fields(ctx context.Context) http.Header {
	md, _ := metadata.FromIncomingContext(ctx)
	h := make(http.Header, len(md))
	for key, values := range md {
		h[http.CanonicalHeaderKey(key)] = values
	}
	return h
}
