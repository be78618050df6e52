package seams_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

const method = "/shop.v1.Orders/List"

// judge is an Authenticator of the user's own.
type judge func(context.Context, token.Presentation) (*token.Token, error)

func (j judge) Authenticate(ctx context.Context, p token.Presentation) (*token.Token, error) {
	return j(ctx, p)
}

// setup is a service that both guards describe in the same way.
type setup struct {
	auth     token.Authenticator
	policy   scope.Policy
	resource scope.Resource
	trace    *scope.Trace

	rehearsal bool
	dpop      []string // values of the DPoP field of a call
}

// reply is what a caller gets over one of the transports.
type reply struct {
	admitted   bool
	status     int         // HTTP
	err        error       // gRPC
	challenges []string    // values of WWW-Authenticate
	fields     http.Header // header, or header metadata and trailer, by canonical names

	handlers    context.Context // of the handler
	credentials []string        // that it sees
}

// handle is what the handler of an admitted call notes.
func (r *reply) handle(ctx context.Context, credentials []string) {
	r.admitted, r.handlers, r.credentials = true, ctx, credentials
}

// transports call a service with Authorization values.
var transports = map[scope.Transport]func(*testing.T, setup, ...string) reply{
	scope.HTTP: overHTTP, "unary": overUnary, "stream": overStream,
}

func overHTTP(t *testing.T, s setup, authorization ...string) (got reply) {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.example.com"+method, nil)
	for _, value := range authorization {
		r.Header.Add("Authorization", value)
	}
	for _, proof := range s.dpop {
		r.Header.Add("DPoP", proof)
	}
	w := httptest.NewRecorder()
	middleware.New(s.auth, &middleware.Config{Resource: s.resource, Trace: s.trace, Rehearsal: s.rehearsal}).
		Require(s.policy)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got.handle(r.Context(), r.Header["Authorization"]) })).ServeHTTP(w, r)
	got.status, got.fields, got.challenges = w.Code, w.Header(), w.Header()["Www-Authenticate"]
	return got
}

func (s setup) interceptor() *grpcauth.Interceptor {
	policies := grpcauth.Policies{}
	if !s.policy.IsZero() {
		policies[method] = s.policy
	}
	return grpcauth.New(s.auth, policies, &grpcauth.Config{Resource: s.resource, Trace: s.trace, Rehearsal: s.rehearsal})
}

func incoming(t *testing.T, s setup, authorization []string) context.Context {
	return metadata.NewIncomingContext(t.Context(), metadata.MD{"authorization": authorization, "dpop": s.dpop, ":authority": {"api.example.com"}})
}

func overUnary(t *testing.T, s setup, authorization ...string) (got reply) {
	sent := &sent{header: metadata.MD{}, trailer: metadata.MD{}}
	ctx := grpc.NewContextWithServerTransportStream(incoming(t, s, authorization), sent)
	_, got.err = s.interceptor().Unary(ctx, nil, &grpc.UnaryServerInfo{FullMethod: method}, func(ctx context.Context, _ any) (any, error) {
		got.handle(ctx, metadata.ValueFromIncomingContext(ctx, "authorization"))
		return nil, nil
	})
	return sent.in(got)
}

func overStream(t *testing.T, s setup, authorization ...string) (got reply) {
	sent := &sent{header: metadata.MD{}, trailer: metadata.MD{}}
	stream := &stream{sent: sent, ctx: grpc.NewContextWithServerTransportStream(incoming(t, s, authorization), sent)}
	got.err = s.interceptor().Stream(nil, stream, &grpc.StreamServerInfo{FullMethod: method}, func(_ any, ss grpc.ServerStream) error {
		got.handle(ss.Context(), metadata.ValueFromIncomingContext(ss.Context(), "authorization"))
		return nil
	})
	return sent.in(got)
}

// sent is the metadata that a call was answered with.
type sent struct{ header, trailer metadata.MD }

func (s *sent) Method() string                  { return method }
func (s *sent) SetHeader(md metadata.MD) error  { s.header = metadata.Join(s.header, md); return nil }
func (s *sent) SendHeader(md metadata.MD) error { return s.SetHeader(md) }
func (s *sent) SetTrailer(md metadata.MD) error { s.trailer = metadata.Join(s.trailer, md); return nil }

// in adds to a reply what was sent: header metadata if the call was admitted,
// the trailer if not.
func (s *sent) in(got reply) reply {
	from := s.trailer
	if got.admitted {
		from = s.header
	}
	got.fields, got.challenges = http.Header{}, from["www-authenticate"]
	for key, values := range from {
		got.fields[http.CanonicalHeaderKey(key)] = values
	}
	return got
}

type stream struct {
	grpc.ServerStream
	*sent
	ctx context.Context
}

func (s *stream) Context() context.Context        { return s.ctx }
func (s *stream) SetHeader(md metadata.MD) error  { return s.sent.SetHeader(md) }
func (s *stream) SendHeader(md metadata.MD) error { return s.sent.SendHeader(md) }
func (s *stream) SetTrailer(md metadata.MD)       { _ = s.sent.SetTrailer(md) }

// verified is a token of alice's that has passed.
func verified(t *testing.T) *token.Token {
	t.Helper()
	issuer := tokentest.NewIssuer(t, nil)
	verifier, err := token.NewVerifier(issuer.Config())
	if err != nil {
		t.Fatal(err)
	}
	good, err := verifier.Authenticate(t.Context(), token.Bearer(issuer.Token(tokentest.Scope("read"))))
	if err != nil {
		t.Fatal(err)
	}
	return good
}
