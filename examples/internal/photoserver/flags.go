package photoserver

import (
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/postern-go/postern/examples/internal/cli"
	"github.com/postern-go/postern/token/settings"
)

// options is what the command line says.
type options struct {
	listen     string
	grpcListen string
	settings   *settings.File
	bound      bound
}

const usage = `Usage: PROGRAM -listen ADDR -grpc-listen ADDR -issuer URL -audience URI [flags]
       PROGRAM -listen ADDR -grpc-listen ADDR -settings FILE

The photo service alone, for trying postern against any issuer.

` + cli.Usage + `
Flags:
`

// parse reads the command line of a program. What is wrong with it is written to
// out.
func parse(p Program, args []string, out io.Writer) (options, error) {
	var o options
	var issuers cli.Issuers
	set := flag.NewFlagSet(p.Name, flag.ContinueOnError)
	set.SetOutput(out)
	set.Usage = func() {
		fmt.Fprint(out, strings.ReplaceAll(usage, "PROGRAM", p.Name))
		set.PrintDefaults()
	}
	set.StringVar(&o.listen, "listen", "127.0.0.1:8080", "`address` to serve HTTP on")
	set.StringVar(&o.grpcListen, "grpc-listen", "127.0.0.1:8081", "`address` to serve gRPC on; empty serves none")
	issuers.Register(set)
	o.bound.register(set)
	if p.Flags != nil {
		p.Flags(set)
	}
	if err := set.Parse(args); err != nil {
		return options{}, err
	}
	o.bound.store = p.Store
	var err error
	if o.settings, err = finish(&issuers, set.Args()); err == nil {
		err = o.bound.validate()
	}
	if err == nil && p.Check != nil {
		err = p.Check(o.bound.mode != "")
	}
	if err != nil {
		fmt.Fprintln(out, p.Name+":", err)
	}
	return o, err
}

func finish(issuers *cli.Issuers, rest []string) (*settings.File, error) {
	if len(rest) > 0 {
		return nil, fmt.Errorf("%w: unexpected %q", cli.ErrUsage, rest[0])
	}
	return issuers.File()
}
