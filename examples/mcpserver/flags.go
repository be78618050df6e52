package main

import (
	"flag"
	"fmt"
	"io"

	"github.com/postern-go/postern/examples/internal/cli"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token/settings"
)

// options is what the command line says.
type options struct {
	listen   string
	resource scope.Resource
	settings *settings.File
}

const usage = `Usage: mcpserver -listen ADDR -issuer URL -resource URL [flags]

An MCP server with photos, guarded tool by tool.

` + cli.Usage + `
Flags:
`

// parse reads the command line. What is wrong with it is written to out.
func parse(args []string, out io.Writer) (options, error) {
	o := options{resource: scope.Resource{
		Realm: "photos", PublishesMetadata: true, ChallengeScopes: true,
		// Clients of older protocol versions ask for exactly what a challenge names.
		RepeatGranted: true,
	}}
	var issuers cli.Issuers
	set := flag.NewFlagSet("mcpserver", flag.ContinueOnError)
	set.SetOutput(out)
	set.Usage = func() {
		fmt.Fprint(out, usage)
		set.PrintDefaults()
	}
	set.StringVar(&o.listen, "listen", "127.0.0.1:8080", "`address` to serve HTTP on")
	set.StringVar(&o.resource.Identifier, "resource", "", "`URL` that identifies the server; -audience defaults to it")
	issuers.Register(set)
	if err := set.Parse(args); err != nil {
		return options{}, err
	}
	issuers.DefaultAudience = o.resource.Identifier
	err := o.resource.Validate()
	if err == nil {
		o.settings, err = finish(&issuers, set.Args())
	}
	if err != nil {
		fmt.Fprintln(out, "mcpserver:", err)
	}
	return o, err
}

func finish(issuers *cli.Issuers, rest []string) (*settings.File, error) {
	if len(rest) > 0 {
		return nil, fmt.Errorf("%w: unexpected %q", cli.ErrUsage, rest[0])
	}
	return issuers.File()
}
