package photoserver

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/postern-go/postern/examples/internal/asking"
	"github.com/postern-go/postern/examples/internal/bound"
	"github.com/postern-go/postern/examples/internal/cli"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/settings"
)

// Options is what the command line says.
type Options struct {
	listen     string
	grpcListen string
	resource   scope.Resource
	settings   *settings.File
	bound      bound.Flags
	asking     asking.Flags
	store      func() (store dpop.ReplayStore, closing func(), err error) // nil: in memory
}

const usage = `Usage: PROGRAM -listen ADDR -grpc-listen ADDR -issuer URL -audience URI [flags]
       PROGRAM -listen ADDR -grpc-listen ADDR -settings FILE
       PROGRAM -listen ADDR -grpc-listen ADDR -issuer URL -resource URL -metadata
       PROGRAM ... -dpop accept|require [-dpop-nonce] [-base-url URL]
       PROGRAM ... -mtls -tls-cert FILE -tls-key FILE
       PROGRAM ... ` + asking.Usage + `
       PROGRAM ... -mtls -client-cert-header FORMAT -trusted-proxy NETWORK

The photo service alone, for trying postern against any issuer.

` + cli.Usage + `
Flags:
`

// Parse reads the command line. What is wrong with it is written to out.
func (p Program) Parse(args []string, out io.Writer) (Options, error) {
	o := Options{resource: scope.Resource{Realm: "photos"}, store: p.Store}
	var issuers cli.Issuers
	set := flag.NewFlagSet(p.Name, flag.ContinueOnError)
	set.SetOutput(out)
	set.Usage = func() {
		fmt.Fprint(out, strings.ReplaceAll(usage, "PROGRAM", p.Name))
		set.PrintDefaults()
	}
	o.register(set)
	issuers.Register(set)
	if p.Flags != nil {
		p.Flags(set)
	}
	if err := set.Parse(args); err != nil {
		return Options{}, err
	}
	issuers.DefaultAudience = o.resource.Identifier
	err := errors.Join(o.resource.Validate(), o.bound.Validate(), o.asking.Validate())
	if err == nil && p.Check != nil {
		err = p.Check(&o.bound)
	}
	if err == nil {
		o.settings, err = finish(&issuers, set.Args())
	}
	if err != nil {
		fmt.Fprintln(out, p.Name+":", err)
	}
	return o, err
}

func (o *Options) register(set *flag.FlagSet) {
	set.StringVar(&o.listen, "listen", "127.0.0.1:8080", "`address` to serve HTTP on")
	set.StringVar(&o.grpcListen, "grpc-listen", "127.0.0.1:8081", "`address` to serve gRPC on; empty serves none")
	set.StringVar(&o.resource.Identifier, "resource", "", "`URL` that identifies the service; -audience defaults to it")
	set.BoolVar(&o.resource.PublishesMetadata, "metadata", false, "publish metadata about the service (RFC 9728), and name it in challenges; needs -resource")
	set.Func("base-url", "`URL` at which clients reach the service, as proofs name it; may be repeated", func(v string) error {
		o.resource.BaseURLs = append(o.resource.BaseURLs, v)
		return nil
	})
	o.bound.Register(set)
	o.asking.Register(set)
}

func finish(issuers *cli.Issuers, rest []string) (*settings.File, error) {
	if len(rest) > 0 {
		return nil, fmt.Errorf("%w: unexpected %q", cli.ErrUsage, rest[0])
	}
	return issuers.File()
}
