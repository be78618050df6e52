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
// starts the services again afterwards, so that a person can be the owner, in a
// browser, or a client, at a shell. It prints where they are, a token, and each
// decision of the three services that check tokens; -decisions says which. A page
// shows them too, with every check and what came of it. Everything is for
// demonstration and reachable from this machine only.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/postern-go/postern/examples/photos/internal/live"
	"github.com/postern-go/postern/examples/photos/internal/story"
)

// decisions are the values of the flag of that name.
var decisions = map[string]func(live.Decision) bool{
	"all":     func(live.Decision) bool { return true },
	"refused": func(d live.Decision) bool { return !d.Allowed() },
	"none":    func(live.Decision) bool { return false },
}

func main() {
	keepServing := flag.Bool("serve", false, "serve to a browser and a shell after the story")
	which := flag.String("decisions", "all", "which `decisions` to print with -serve: all, refused or none")
	flag.Parse()
	wanted, ok := decisions[*which]
	if !ok || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if !*keepServing {
		wanted = nil
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ok, err := run(ctx, os.Stdout, wanted)
	if err != nil {
		fmt.Fprintln(os.Stderr, "photos:", err)
	}
	if err != nil || !ok {
		stop()
		os.Exit(1)
	}
}

// run plays the story and reports whether everything went as told. If it did and
// wanted is not nil, it goes on to serve, and prints the decisions that are
// wanted.
func run(ctx context.Context, out io.Writer, wanted func(live.Decision) bool) (ok bool, err error) {
	report, err := story.Play(ctx, out)
	if err != nil || !report.OK() || wanted == nil {
		return report.OK(), err
	}
	return true, story.Show(ctx, out, wanted)
}
