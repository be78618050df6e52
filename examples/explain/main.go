// Command explain shows an operator everything that is wrong with one access
// token: it makes every check that a service with the same settings would make,
// prints each with its verdict, and goes on after the first that fails.
//
//	go run ./examples/explain -issuer https://login.example.com \
//	    -audience https://orders.example.com < token
//
// or with -settings issuers.yaml, the file of the service; see docs/settings.md.
//
// With -propose it prints the smallest token.Profile with which this access token
// would be accepted.
//
// With -dpop accept it judges a token that is bound to a key (RFC 9449) as a service
// with a dpop.Checker does, and with -mtls one that is bound to a certificate
// (RFC 8705) as a service with an mtls.Checker does. It says what calls with the token
// need besides.
//
// The token is read from standard input, so that it stands in no history of a
// shell and no list of processes, and is not printed. Its header and claims
// are: mind where the output goes.
//
// The exit code is 0 for a good token, 1 for one that is refused, 2 if the
// command was given wrongly, and 3 if the token could not be judged, because
// the issuer's keys are out of reach.
package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"os/signal"

	"github.com/postern-go/postern/token"
)

// The exit codes.
const (
	exitGood = iota
	exitRefused
	exitUsage
	exitUnjudged
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, in io.Reader, out, problems io.Writer) int {
	o, err := parse(args, problems)
	if errors.Is(err, flag.ErrHelp) {
		return exitGood
	}
	if err != nil {
		return exitUsage
	}
	if err := o.check(); err != nil {
		return usageError(problems, err)
	}
	raw, err := read(in)
	if err != nil {
		return usageError(problems, err)
	}
	code, err := o.judge(ctx, raw, out)
	if err != nil {
		return usageError(problems, err)
	}
	return code
}

// check refuses settings that a service would refuse for every token.
func (o *options) check() error {
	if err := o.loadFiles(); err != nil {
		return err
	}
	_, err := o.settings.Configs()
	return err
}

func (o *options) judge(ctx context.Context, raw string, out io.Writer) (int, error) {
	cfg, err := o.choose(raw, out)
	if errors.Is(err, token.ErrIssuer) {
		return o.explainStranger(ctx, raw, out)
	}
	if err != nil {
		return exitUsage, err
	}
	if o.propose {
		cfg.Confirmations = o.bound.anyToken().checkers()
		defer printBinding(out, cfg, raw)
		return o.proposeFor(ctx, cfg, raw, out)
	}
	cfg.Confirmations = o.bound.checkers()
	e, err := newExplanation(cfg)
	if err != nil {
		return exitUsage, err
	}
	return e.explain(ctx, raw, out), nil
}
