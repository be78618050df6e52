// Command mcpserver is a Model Context Protocol server with photos, for trying
// clients and authorization servers:
//
//	cd examples/mcpserver
//	go run . -listen 127.0.0.1:8080 -issuer https://login.example.com -resource https://photos.example.com/mcp
//
// It serves MCP at the path of the resource, /mcp here, with these tools:
//
//	list_photos   needs photos:read
//	add_photo     needs photos:write
//	delete_album  needs photos:write, and a login not older than five minutes
//
// and the resource photos://album/{album}, which needs photos:read. Its metadata
// (RFC 9728) is at /.well-known/oauth-protected-resource/mcp. A client finds it
// in the answer to its first call, and in it the issuer and the scopes.
//
// Clients of protocol version 2026-07-28 are served without sessions, and older
// ones with them. The tokens' audience is the resource unless -audience names
// others. The issuer must put auth_time into access tokens for delete_album
// (RFC 9470 §6).
//
// It keeps its photos in memory. It starts whether the issuer can be reached or
// not; until it can, calls are answered 503. Serve it on loopback, or put TLS in
// front.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() { os.Exit(command()) }

// command is main with an exit code.
func command() int {
	o, err := parse(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// run serves until ctx ends. It says on out where, and on log why it refuses
// calls.
func run(ctx context.Context, o options, out, log io.Writer) error {
	auth, err := o.settings.Authenticator()
	if err != nil {
		return err
	}
	h, err := newHandler(auth, o.resource, new(library), log)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", o.listen)
	if err != nil {
		return err
	}
	fmt.Fprint(out, h.rules)
	fmt.Fprintf(out, "MCP on http://%s%s\n", ln.Addr(), strings.TrimSuffix(h.path, "{$}"))
	return serve(ctx, ln, h)
}

// serve has no limit on the time of answers: streams end with their tokens.
func serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 32 << 10}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
