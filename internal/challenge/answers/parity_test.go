package answers_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// TestParity holds both transports to the same rows: whatever an Authenticator
// says, callers over HTTP and over gRPC, unary and streaming, are told the
// same.
func TestParity(t *testing.T) {
	t.Parallel()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			auth := verdict{r.err}
			assertHTTP(t, r, auth)
			assertUnary(t, r, auth)
			assertStream(t, r, auth)
		})
	}
}

// verdict is an Authenticator that says one thing.
type verdict struct{ err error }

func (v verdict) Authenticate(context.Context, token.Presentation) (*token.Token, error) {
	return nil, v.err
}

const method = "/shop.v1.Orders/List"

// resource is what both guards say of the service.
var resource = scope.Resource{Identifier: "https://api.example.com", Metadata: metadataURL}

func guard(auth token.Authenticator) *grpcauth.Interceptor {
	return grpcauth.New(auth, grpcauth.Policies{method: scope.Authenticated},
		&grpcauth.Config{Resource: resource})
}

func assertHTTP(t *testing.T, r row, auth token.Authenticator) {
	t.Helper()
	m := middleware.New(auth, &middleware.Config{Resource: resource})
	req := httptest.NewRequest(http.MethodGet, "/orders", nil)
	req.Header.Set("Authorization", "Bearer x")
	w := httptest.NewRecorder()
	m.Require(scope.Authenticated)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the HTTP handler ran")
	})).ServeHTTP(w, req)

	want := http.Header{"Cache-Control": {"no-store"}, "Content-Length": {"0"}}
	if r.challenge != "" {
		want["Www-Authenticate"] = []string{r.challenge}
	}
	if r.retry != "" {
		want["Retry-After"] = []string{r.retry}
	}
	assert.Equal(t, r.status, w.Code)
	assert.Equal(t, want, w.Header())
	assert.Zero(t, w.Body.Len())
}

func assertUnary(t *testing.T, r row, auth token.Authenticator) {
	t.Helper()
	transport := &trailers{}
	ctx := grpc.NewContextWithServerTransportStream(call(), transport)
	_, err := guard(auth).Unary(ctx, nil, &grpc.UnaryServerInfo{FullMethod: method}, func(context.Context, any) (any, error) {
		t.Error("the unary handler ran")
		return nil, nil
	})
	assertStatus(t, r, err, transport.sent)
}

func assertStream(t *testing.T, r row, auth token.Authenticator) {
	t.Helper()
	ss := &stream{}
	err := guard(auth).Stream(nil, ss, &grpc.StreamServerInfo{FullMethod: method}, func(any, grpc.ServerStream) error {
		t.Error("the stream handler ran")
		return nil
	})
	assertStatus(t, r, err, ss.sent)
}

func assertStatus(t *testing.T, r row, err error, sent metadata.MD) {
	t.Helper()
	st := status.Convert(err)
	assert.EqualValues(t, r.code, st.Code())
	assert.Equal(t, r.message, st.Message())
	assert.Equal(t, lines(r.challenge), sent.Get("www-authenticate"))
	require.NotEmpty(t, st.Details())
	info, ok := st.Details()[0].(*errdetails.ErrorInfo)
	require.True(t, ok)
	assert.Equal(t, r.reason, info.GetReason())
	assert.Equal(t, "api.example.com", info.GetDomain())
	assert.Equal(t, r.metadata, info.GetMetadata())
	assert.Equal(t, r.retry == "5", retryOf(st) == 5, "C_GRPC-5")
}

func retryOf(st *status.Status) int64 {
	for _, detail := range st.Details() {
		if retry, ok := detail.(*errdetails.RetryInfo); ok {
			return retry.GetRetryDelay().GetSeconds()
		}
	}
	return 0
}

func call() context.Context {
	return metadata.NewIncomingContext(context.Background(), metadata.Pairs("authorization", "Bearer x"))
}

// stream is the server's end of a stream, where trailers come out.
type stream struct {
	grpc.ServerStream
	sent metadata.MD
}

func (s *stream) Context() context.Context  { return call() }
func (s *stream) SetTrailer(md metadata.MD) { s.sent = metadata.Join(s.sent, md) }

// trailers is the server's end of a unary call.
type trailers struct{ sent metadata.MD }

func (s *trailers) Method() string               { return method }
func (s *trailers) SetHeader(metadata.MD) error  { return nil }
func (s *trailers) SendHeader(metadata.MD) error { return nil }
func (s *trailers) SetTrailer(md metadata.MD) error {
	s.sent = metadata.Join(s.sent, md)
	return nil
}
