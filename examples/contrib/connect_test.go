package contrib_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/postern-go/postern/examples/contrib"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

type text = wrapperspb.StringValue

// newServer serves HTTP/1.1 and, without TLS, HTTP/2.
func newServer(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.Protocols = new(http.Protocols)
	srv.Config.Protocols.SetHTTP1(true)
	srv.Config.Protocols.SetUnencryptedHTTP2(true)
	srv.Start()
	t.Cleanup(srv.Close)
	return srv
}

// overHTTP2 makes a client that speaks HTTP/2 without TLS.
func overHTTP2(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// TestConnect calls both procedures over each protocol, as a client of Connect
// sees the answers.
func TestConnect(t *testing.T) {
	t.Parallel()
	issuer, auth := newAuth(t)
	srv := newServer(t, contrib.Connect(auth))
	for protocol, row := range map[string]struct {
		client *http.Client
		opts   []connect.ClientOption
	}{
		"Connect":  {srv.Client(), nil},
		"gRPC":     {overHTTP2(t), []connect.ClientOption{connect.WithGRPC()}},
		"gRPC-Web": {srv.Client(), []connect.ClientOption{connect.WithGRPCWeb()}},
	} {
		greeter := connect.NewClient[text, text](row.client, srv.URL+contrib.Greet, row.opts...)
		watcher := connect.NewClient[text, text](row.client, srv.URL+contrib.Watch, row.opts...)
		for _, call := range []struct {
			name, authorization string
			want                connect.Code // 0: none
		}{
			{"good", "Bearer " + issuer.Token(tokentest.Scope("orders:read")), 0},
			{"no token", "", connect.CodeUnauthenticated},
			{"expired", "Bearer " + issuer.Token(tokentest.Scope("orders:read"), tokentest.ExpiresIn(-time.Hour)), connect.CodeUnauthenticated},
			{"not enough", "Bearer " + issuer.Token(), connect.CodePermissionDenied},
			{"malformed", "Bearer", connect.CodeInternal},
		} {
			t.Run(protocol+"/"+call.name, func(t *testing.T) {
				said, err := unaryCall(t.Context(), greeter, call.authorization)
				assertCode(t, call.want, err)
				streamed, err := streamCall(t.Context(), watcher, call.authorization)
				assertCode(t, call.want, err)
				if call.want == 0 {
					assert.Equal(t, "hello, alice", said)
					assert.Equal(t, "hello, alice hello, alice hello, alice", streamed)
				}
			})
		}
	}
}

// fieldsKey is where a call finds further fields to send.
type fieldsKey struct{}

func request(ctx context.Context, authorization []string) *connect.Request[text] {
	req := connect.NewRequest(wrapperspb.String("hello"))
	fields, _ := ctx.Value(fieldsKey{}).(http.Header)
	maps.Copy(req.Header(), fields)
	if len(authorization) > 0 {
		req.Header()["Authorization"] = authorization
	}
	return req
}

func unaryCall(ctx context.Context, c *connect.Client[text, text], authorization ...string) (string, error) {
	resp, err := c.CallUnary(ctx, request(ctx, authorization))
	if err != nil {
		return "", err
	}
	return resp.Msg.GetValue(), nil
}

func streamCall(ctx context.Context, c *connect.Client[text, text], authorization ...string) (string, error) {
	stream, err := c.CallServerStream(ctx, request(ctx, authorization))
	if err != nil {
		return "", err
	}
	defer func() { _ = stream.Close() }()
	var said []string
	for stream.Receive() {
		said = append(said, stream.Msg().GetValue())
	}
	return strings.Join(said, " "), stream.Err()
}

func assertCode(t *testing.T, want connect.Code, err error) {
	t.Helper()
	if want == 0 {
		require.NoError(t, err)
		return
	}
	assert.Equal(t, want, connect.CodeOf(err), "%v", err)
}

// The refusal suite, against the service as HTTP sees it.
func TestConnectRefusals(t *testing.T) {
	t.Parallel()
	issuer, auth := newAuth(t)
	// A message of a stream comes after a byte of flags and its length.
	const framed = "\x00\x00\x00\x00\x07" + `"hello"`
	for name, row := range map[string]struct{ procedure, contentType, body string }{
		"unary":            {contrib.Greet, "application/json", `"hello"`},
		"stream":           {contrib.Watch, "application/connect+json", framed},
		"gRPC-Web":         {contrib.Greet, "application/grpc-web+json", framed},
		"gRPC-Web, stream": {contrib.Watch, "application/grpc-web+json", framed},
	} {
		t.Run(name, func(t *testing.T) {
			refusals.Test(t, issuer, tokentest.HTTPTarget(contrib.Connect(auth), func() *http.Request {
				r := httptest.NewRequest(http.MethodPost, row.procedure, strings.NewReader(row.body))
				r.Header.Set("Content-Type", row.contentType)
				return r
			}), &refusals.Config{Scopes: []string{"orders:read"}})
		})
	}
}

// What a client of grpc-go makes of the answers of the HTTP
// middleware, as behind a proxy that speaks HTTP.
func TestHTTPAnswersAtAGRPCClient(t *testing.T) {
	t.Parallel()
	t.Run("C_GRPC-17", func(t *testing.T) {
		issuer, auth := newAuth(t)
		srv := newServer(t, contrib.Connect(auth))
		conn, err := grpc.NewClient(strings.TrimPrefix(srv.URL, "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()))
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })

		call := func(authorization ...string) (string, codes.Code) {
			ctx := metadata.NewOutgoingContext(t.Context(), metadata.MD{"authorization": authorization})
			var out text
			err := conn.Invoke(ctx, contrib.Greet, wrapperspb.String("hello"), &out)
			return out.GetValue(), status.Code(err)
		}
		said, code := call("Bearer " + issuer.Token(tokentest.Scope("orders:read")))
		assert.Equal(t, codes.OK, code)
		assert.Equal(t, "hello, alice", said)

		_, code = call()
		assert.Equal(t, codes.Unauthenticated, code, "401")
		_, code = call("Bearer " + issuer.Token())
		assert.Equal(t, codes.PermissionDenied, code, "403")
		_, code = call("Bearer")
		assert.Equal(t, codes.Internal, code, "400")

		issuer.GoDown()
		defer issuer.ComeUp()
		_, code = call("Bearer " + issuer.Token(tokentest.Scope("orders:read"), tokentest.Key(issuer.ForeignKey("ES256", "unknown"))))
		assert.Equal(t, codes.Unavailable, code, "503")
	})
}
