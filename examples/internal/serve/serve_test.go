package serve_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/postern-go/postern/examples/internal/serve"
)

func TestHTTPLetsACallUnderWayFinish(t *testing.T) {
	t.Parallel()
	ln, err := serve.Loopback()
	require.NoError(t, err)
	entered, release := make(chan struct{}), make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		_, _ = io.WriteString(w, "done")
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve.HTTP(ctx, ln, h) }()

	answers := make(chan string, 1)
	go func() {
		resp, err := http.Get("http://" + ln.Addr().String())
		if err != nil {
			answers <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		answers <- string(body)
	}()
	<-entered
	cancel()
	require.Eventually(t, func() bool { return refuses(ln.Addr().String()) }, 5*time.Second, time.Millisecond)
	require.Empty(t, ended, "the server did not wait for the call")
	close(release)
	assert.Equal(t, "done", <-answers)
	assert.NoError(t, <-ended)
}

func refuses(addr string) bool {
	conn, err := net.Dial("tcp", addr)
	if err == nil {
		_ = conn.Close()
	}
	return err != nil
}

func TestGRPCEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ln, err := serve.Loopback()
	require.NoError(t, err)
	srv := grpc.NewServer()
	healthpb.RegisterHealthServer(srv, health.NewServer())
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve.GRPC(ctx, ln, srv) }()

	conn, err := grpc.NewClient(ln.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()
	_, err = healthpb.NewHealthClient(conn).Check(t.Context(), &healthpb.HealthCheckRequest{})
	require.NoError(t, err)
	cancel()
	assert.NoError(t, <-ended)
}

func TestAllEndsTogether(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	err := serve.All(t.Context(),
		func(context.Context) error { return broken },
		func(ctx context.Context) error { <-ctx.Done(); return nil },
	)
	assert.ErrorIs(t, err, broken)
}
