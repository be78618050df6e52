package contrib_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/contrib"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

type connectCall = func(ctx context.Context, authorization ...string) error

// connectCalls are calls of both kinds over each protocol.
func connectCalls(t *testing.T, h http.Handler) map[string]connectCall {
	t.Helper()
	srv := newServer(t, h)
	calls := map[string]connectCall{}
	for name, row := range map[string]struct {
		client *http.Client
		opts   []connect.ClientOption
	}{
		"Connect":  {srv.Client(), nil},
		"gRPC":     {overHTTP2(t), []connect.ClientOption{connect.WithGRPC()}},
		"gRPC-Web": {srv.Client(), []connect.ClientOption{connect.WithGRPCWeb()}},
	} {
		greeter := connect.NewClient[text, text](row.client, srv.URL+contrib.Greet, row.opts...)
		watcher := connect.NewClient[text, text](row.client, srv.URL+contrib.Watch, row.opts...)
		calls[name] = func(ctx context.Context, authorization ...string) error {
			_, err := unaryCall(ctx, greeter, authorization...)
			return err
		}
		calls[name+", stream"] = func(ctx context.Context, authorization ...string) error {
			_, err := streamCall(ctx, watcher, authorization...)
			return err
		}
	}
	return calls
}

// The codes are the same with both guards. The challenge, and when to come back,
// reach the client with refusals in its protocol.
func TestConnectRefusalsReachTheClient(t *testing.T) {
	t.Parallel()
	issuer, auth := newAuth(t)
	good := "Bearer " + issuer.Token(tokentest.Scope("orders:read"), tokentest.Key(issuer.ForeignKey("ES256", "unknown")))
	for name, call := range connectCalls(t, contrib.ConnectInProtocol(auth)) {
		t.Run(name, func(t *testing.T) {
			issuer.ComeUp()
			require.NoError(t, call(t.Context(), "Bearer "+issuer.Token(tokentest.Scope("orders:read"))))
			err := call(t.Context())
			assert.Equal(t, connect.CodeUnauthenticated, connect.CodeOf(err))
			assert.Equal(t, `Bearer realm="api"`, metaOf(t, err).Get("WWW-Authenticate"))
			err = call(t.Context(), "Bearer "+issuer.Token())
			assert.Equal(t, connect.CodePermissionDenied, connect.CodeOf(err))
			assert.Contains(t, metaOf(t, err).Get("WWW-Authenticate"), `scope="orders:read"`)
			issuer.GoDown()
			err = call(t.Context(), good)
			assert.Equal(t, connect.CodeUnavailable, connect.CodeOf(err))
			assert.NotEmpty(t, metaOf(t, err).Get("Retry-After"))
		})
	}
}

func metaOf(t *testing.T, err error) http.Header {
	t.Helper()
	var failed *connect.Error
	require.ErrorAs(t, err, &failed)
	return failed.Meta()
}

// The suite, as clients of Connect see it.
func TestConnectInProtocolRefusals(t *testing.T) {
	t.Parallel()
	issuer, auth := newAuth(t)
	for name, call := range connectCalls(t, contrib.ConnectInProtocol(auth)) {
		t.Run(name, func(t *testing.T) {
			refusals.Test(t, issuer, sendable(connectTarget(call)), &refusals.Config{Scopes: []string{"orders:read"}})
		})
	}
}

func connectTarget(call connectCall) tokentest.Target {
	return func(ctx context.Context, c tokentest.Credentials) tokentest.Answer {
		if len(c.Query) > 0 {
			return tokentest.Answer{Unsent: true}
		}
		err := call(context.WithValue(ctx, fieldsKey{}, c.Fields), c.Authorization...)
		answer := tokentest.Answer{Admitted: err == nil}
		if err != nil {
			answer.Code = uint32(connect.CodeOf(err))
			answer.Challenge = err.(*connect.Error).Meta().Values("WWW-Authenticate")
		}
		return answer
	}
}

// Clients show the code of an HTTP answer. An outage is never a refusal.
func TestConnectOutage(t *testing.T) {
	t.Parallel()
	issuer, auth := newAuth(t)
	issuer.GoDown()
	for name, call := range connectCalls(t, contrib.Connect(auth)) {
		err := call(t.Context(), "Bearer "+issuer.Token(tokentest.Scope("orders:read")))
		assert.Equal(t, connect.CodeUnavailable, connect.CodeOf(err), name)
		assert.False(t, strings.Contains(err.Error(), "issuer"), name)
	}
}
