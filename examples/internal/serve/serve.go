// Package serve runs the servers of the examples: with timeouts, and with an
// end that lets the calls under way finish.
package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"

	"google.golang.org/grpc"
)

// grace is how long calls under way may take to finish at the end.
const grace = 5 * time.Second

// Loopback opens a TCP port of the machine's own choice that nobody else can
// reach.
func Loopback() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }

// HTTP serves h on ln until ctx ends. It blocks, and returns nil if the end
// was an orderly one.
func HTTP(ctx context.Context, ln net.Listener, h http.Handler) error {
	return HTTPS(ctx, ln, h, nil)
}

// HTTPS is HTTP over TLS. Without settings it is HTTP.
func HTTPS(ctx context.Context, ln net.Listener, h http.Handler, settings *tls.Config) error {
	srv := &http.Server{
		TLSConfig:         settings,
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    32 << 10, // twice the longest access token
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { stopped <- shutDown(srv) })
	begin := srv.Serve
	if settings != nil {
		begin = func(ln net.Listener) error { return srv.ServeTLS(ln, "", "") }
	}
	if err := begin(ln); !errors.Is(err, http.ErrServerClosed) {
		stop()
		return err
	}
	return <-stopped
}

func shutDown(srv *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := srv.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return srv.Close() // somebody would not leave
}

// GRPC serves srv on ln until ctx ends. It blocks, and returns nil if the end
// was an orderly one.
func GRPC(ctx context.Context, ln net.Listener, srv *grpc.Server) error {
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		stopGRPC(srv)
	})
	err := srv.Serve(ln)
	if !stop() {
		<-done
	}
	if errors.Is(err, grpc.ErrServerStopped) { // the end came before the beginning
		return nil
	}
	return err
}

func stopGRPC(srv *grpc.Server) {
	late := time.AfterFunc(grace, srv.Stop) // streams may never end by themselves
	defer late.Stop()
	srv.GracefulStop()
}

// All runs the functions at the same time, each with a context that ends when
// ctx does or when one of them returns. It returns when all have, with what
// went wrong.
func All(ctx context.Context, run ...func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan error)
	for _, f := range run {
		go func() { results <- f(ctx) }()
	}
	var errs []error
	for range run {
		errs = append(errs, <-results)
		cancel()
	}
	return errors.Join(errs...)
}
