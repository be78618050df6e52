package grpcauth_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/grpcauth/grpcauthtest"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

const (
	metadataURL = "https://api.example.com/.well-known/oauth-protected-resource"
	rm          = `resource_metadata="` + metadataURL + `"`
	plain       = `Bearer realm="api", ` + rm

	unary    = "/grpc.testing.TestService/UnaryCall"
	download = "/grpc.testing.TestService/StreamingOutputCall"
	upload   = "/grpc.testing.TestService/StreamingInputCall"
	duplex   = "/grpc.testing.TestService/FullDuplexCall"
)

func failed(code, text string) string {
	return `Bearer realm="api", error="` + code + `", error_description="` + text + `", ` + rm
}

// service says whose call reached it. Its streams do what a test wants.
type service struct {
	grpc_testing.UnimplementedTestServiceServer
	unary    func(context.Context) error
	download func(grpc_testing.TestService_StreamingOutputCallServer) error
	upload   func(grpc_testing.TestService_StreamingInputCallServer) error
	duplex   func(grpc_testing.TestService_FullDuplexCallServer) error
}

func (s *service) UnaryCall(ctx context.Context, _ *grpc_testing.SimpleRequest) (*grpc_testing.SimpleResponse, error) {
	if s.unary != nil {
		if err := s.unary(ctx); err != nil {
			return nil, err
		}
	}
	return &grpc_testing.SimpleResponse{Username: subject(ctx)}, nil
}

func (s *service) StreamingOutputCall(_ *grpc_testing.StreamingOutputCallRequest, stream grpc_testing.TestService_StreamingOutputCallServer) error {
	if s.download != nil {
		return s.download(stream)
	}
	return stream.Send(say(subject(stream.Context())))
}

func (s *service) StreamingInputCall(stream grpc_testing.TestService_StreamingInputCallServer) error {
	if s.upload != nil {
		return s.upload(stream)
	}
	for {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			return stream.SendAndClose(&grpc_testing.StreamingInputCallResponse{})
		} else if err != nil {
			return err
		}
	}
}

func (s *service) FullDuplexCall(stream grpc_testing.TestService_FullDuplexCallServer) error {
	if s.duplex != nil {
		return s.duplex(stream)
	}
	for {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := stream.Send(say(subject(stream.Context()))); err != nil {
			return err
		}
	}
}

func subject(ctx context.Context) string {
	t, ok := token.FromContext(ctx)
	if !ok {
		return "nobody"
	}
	return t.Subject()
}

func say(text string) *grpc_testing.StreamingOutputCallResponse {
	return &grpc_testing.StreamingOutputCallResponse{Payload: &grpc_testing.Payload{Body: []byte(text)}}
}

// all puts every method of the service under one policy.
func all(p scope.Policy) grpcauth.Policies {
	return grpcauth.Policies{unary: p, download: p, upload: p, duplex: p}
}

// world is a guarded server in memory, with an issuer it trusts.
type world struct {
	*tokentest.Issuer
	guard  *grpcauth.Interceptor
	server *grpc.Server
	conn   *grpc.ClientConn
	client grpc_testing.TestServiceClient
}

type settings struct {
	policies grpcauth.Policies
	config   *grpcauth.Config
	service  *service
	auth     token.Authenticator // nil: a verifier for the issuer
	server   []grpc.ServerOption // before those of the guard
	dial     []grpc.DialOption

	unaudited bool // not served either
}

func newWorld(tb testing.TB, s settings) world {
	tb.Helper()
	w := world{Issuer: tokentest.NewIssuer(tb, nil)}
	if s.auth == nil {
		s.auth = verifierOf(tb, w.Issuer)
	}
	if s.config == nil {
		s.config = &grpcauth.Config{Resource: scope.Resource{Metadata: metadataURL, Identifier: "https://api.example.com"}}
	}
	if s.service == nil {
		s.service = &service{}
	}
	w.guard = grpcauth.New(s.auth, s.policies, s.config)
	w.server = grpc.NewServer(append(s.server, w.guard.ServerOptions()...)...)
	grpc_testing.RegisterTestServiceServer(w.server, s.service)
	if s.unaudited {
		return w
	}
	w.conn = grpcauthtest.Serve(tb, w.server, s.dial...)
	w.client = grpc_testing.NewTestServiceClient(w.conn)
	return w
}

// withRoles says in which claim the issuer's roles are.
var withRoles = token.Profile{Sets: map[string][]token.Source{"roles": {{Path: []string{"realm_access", "roles"}}}}}

func verifierOf(tb testing.TB, issuer *tokentest.Issuer) *token.Verifier {
	tb.Helper()
	cfg := issuer.Config()
	cfg.Profile.Sets = withRoles.Sets
	verifier, err := token.NewVerifier(cfg)
	require.NoError(tb, err)
	return verifier
}

// verified is a token that has passed.
func verified(tb testing.TB, edits ...tokentest.Edit) *token.Token {
	tb.Helper()
	issuer := tokentest.NewIssuer(tb, nil)
	t, err := verifierOf(tb, issuer).Authenticate(context.Background(), token.Bearer(issuer.Token(edits...)))
	require.NoError(tb, err)
	return t
}

// with puts metadata into a call.
func with(ctx context.Context, pairs ...string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, pairs...)
}

func (w world) good(ctx context.Context, edits ...tokentest.Edit) context.Context {
	return with(ctx, "authorization", "Bearer "+w.Token(edits...))
}

// outcome is what a caller gets.
type outcome struct {
	err     error
	said    string
	trailer metadata.MD
}

// calls are the four kinds of methods. Each must be guarded alike.
var calls = map[string]func(context.Context, grpc_testing.TestServiceClient) outcome{
	"unary":    callUnary,
	"download": callDownload,
	"upload":   callUpload,
	"duplex":   callDuplex,
}

func callUnary(ctx context.Context, c grpc_testing.TestServiceClient) (o outcome) {
	resp, err := c.UnaryCall(ctx, &grpc_testing.SimpleRequest{}, grpc.Trailer(&o.trailer))
	o.err, o.said = err, resp.GetUsername()
	return o
}

func callDownload(ctx context.Context, c grpc_testing.TestServiceClient) (o outcome) {
	stream, err := c.StreamingOutputCall(ctx, &grpc_testing.StreamingOutputCallRequest{})
	if err != nil {
		return outcome{err: err}
	}
	resp, err := stream.Recv()
	o.said = string(resp.GetPayload().GetBody())
	if err == nil {
		_, err = stream.Recv()
	}
	o.err, o.trailer = end(err), stream.Trailer()
	return o
}

func callUpload(ctx context.Context, c grpc_testing.TestServiceClient) outcome {
	stream, err := c.StreamingInputCall(ctx)
	if err != nil {
		return outcome{err: err}
	}
	_ = stream.Send(&grpc_testing.StreamingInputCallRequest{})
	_, err = stream.CloseAndRecv()
	return outcome{err: err, said: "alice", trailer: stream.Trailer()}
}

func callDuplex(ctx context.Context, c grpc_testing.TestServiceClient) (o outcome) {
	stream, err := c.FullDuplexCall(ctx)
	if err != nil {
		return outcome{err: err}
	}
	_ = stream.Send(&grpc_testing.StreamingOutputCallRequest{})
	_ = stream.CloseSend()
	resp, err := stream.Recv()
	o.said = string(resp.GetPayload().GetBody())
	if err == nil {
		_, err = stream.Recv()
	}
	o.err, o.trailer = end(err), stream.Trailer()
	return o
}

func end(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// refusal is a status as the specification words it.
type refusal struct {
	code      codes.Code
	reason    string
	message   string
	challenge string
	metadata  map[string]string
}

var missing = refusal{codes.Unauthenticated, "CREDENTIALS_MISSING", "An access token is required", plain, nil}

func invalid(text string) refusal {
	return refusal{codes.Unauthenticated, "INVALID_TOKEN", text, failed("invalid_token", text), nil}
}

func malformed(text string) refusal {
	return refusal{codes.Unauthenticated, "INVALID_REQUEST", text, failed("invalid_request", text), nil}
}

var denied = refusal{codes.PermissionDenied, "ACCESS_DENIED", "Access denied", "", nil}

func assertRefused(tb testing.TB, o outcome, want refusal) {
	tb.Helper()
	assertRefusedFor(tb, o, want, 5)
}

// assertRefusedFor is assertRefused where it is known when to come back.
func assertRefusedFor(tb testing.TB, o outcome, want refusal, retryAfter int) {
	tb.Helper()
	st := status.Convert(o.err)
	assert.Equal(tb, want.code, st.Code(), "%v", o.err)
	assert.Equal(tb, want.message, st.Message())
	var challenges []string
	if want.challenge != "" {
		challenges = []string{want.challenge}
	}
	assert.Equal(tb, challenges, o.trailer.Get("www-authenticate"))
	assertDetails(tb, st, want, retryAfter)
}

func assertDetails(tb testing.TB, st *status.Status, want refusal, retryAfter int) {
	tb.Helper()
	details := st.Details()
	if !assert.NotEmpty(tb, details) {
		return
	}
	info, ok := details[0].(*errdetails.ErrorInfo)
	require.True(tb, ok)
	assert.Equal(tb, want.reason, info.GetReason())
	assert.Equal(tb, "api.example.com", info.GetDomain())
	assert.Equal(tb, want.metadata, info.GetMetadata())
	if want.code != codes.Unavailable {
		assert.Len(tb, details, 1)
		return
	}
	require.Len(tb, details, 2)
	retry, ok := details[1].(*errdetails.RetryInfo)
	require.True(tb, ok)
	assert.EqualValues(tb, retryAfter, retry.GetRetryDelay().GetSeconds())
}

// judge is an Authenticator that says what a test wants it to say.
type judge func(context.Context, token.Presentation) (*token.Token, error)

func (j judge) Authenticate(ctx context.Context, p token.Presentation) (*token.Token, error) {
	return j(ctx, p)
}

func says(t *token.Token, err error) judge {
	return func(context.Context, token.Presentation) (*token.Token, error) { return t, err }
}

// info is the ErrorInfo of a refusal.
func info(tb testing.TB, err error) *errdetails.ErrorInfo {
	tb.Helper()
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info
		}
	}
	require.Fail(tb, "no ErrorInfo")
	return nil
}

// mustNotServe is a service whose handlers must not run.
func mustNotServe(t *testing.T) *service {
	ran := func() error { t.Error("a handler ran"); return nil }
	return &service{
		unary:    func(context.Context) error { return ran() },
		download: func(downloads) error { return ran() },
		upload:   func(uploads) error { return ran() },
		duplex:   func(duplexes) error { return ran() },
	}
}
