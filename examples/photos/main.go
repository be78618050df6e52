// Command photos plays the photo story: an owner lets a stranger's printing
// service see her photos, and every service on the way enforces her access
// token by itself.
//
//	go run ./examples/photos
//
// It starts an authorization server, a public API, a photo service (HTTP), an
// album service (gRPC) and the printing service on loopback ports, plays the
// story step by step, prints what was asked, who decided and why, and exits 1
// if any step went otherwise than told.
//
//	go run ./examples/photos -serve
//
// keeps the services running afterwards and prints their URLs, so that a
// person can be the owner, in a browser. Everything is for demonstration and
// reachable from this machine only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/postern-go/postern/examples/photos/internal/story"
)

func main() {
	keepServing := flag.Bool("serve", false, "keep the services running after the story, for a browser")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ok, err := run(ctx, *keepServing, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "photos:", err)
	}
	if err != nil || !ok {
		stop()
		os.Exit(1)
	}
}

// run plays the story and reports whether everything went as told.
func run(ctx context.Context, keepServing bool, out io.Writer) (ok bool, err error) {
	town, err := story.NewTown()
	if err != nil {
		return false, err
	}
	serving, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- town.Serve(serving) }()
	report, err := story.Play(serving, town, out)
	if keepServing && err == nil && report.OK() {
		fmt.Fprint(out, town.Guide())
		<-ctx.Done()
	}
	stop()
	return report.OK(), errors.Join(err, <-ended)
}
