package main

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/postern-go/postern/examples/internal/asking"
	"github.com/postern-go/postern/examples/internal/bound"
	"github.com/postern-go/postern/examples/internal/cli"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token/settings"
)

// options is what the command line says.
type options struct {
	listen     string
	grpcListen string
	resource   scope.Resource
	settings   *settings.File
	bound      bound.Flags
	asking     asking.Flags
}

const usage = `Usage: photoservice -listen ADDR -grpc-listen ADDR -issuer URL -audience URI [flags]
       photoservice -listen ADDR -grpc-listen ADDR -settings FILE
       photoservice -listen ADDR -grpc-listen ADDR -issuer URL -resource URL -metadata
       photoservice ... -dpop accept|require [-dpop-nonce] [-base-url URL]
       photoservice ... -mtls -tls-cert FILE -tls-key FILE
       photoservice ... ` + asking.Usage + `
       photoservice ... -mtls -client-cert-header FORMAT -trusted-proxy NETWORK

The photo service alone, for trying postern against any issuer.

` + cli.Usage + `
Flags:
`

// parse reads the command line. What is wrong with it is written to out.
func parse(args []string, out io.Writer) (options, error) {
	o := options{resource: scope.Resource{Realm: "photos"}}
	var issuers cli.Issuers
	set := flag.NewFlagSet("photoservice", flag.ContinueOnError)
	set.SetOutput(out)
	set.Usage = func() {
		fmt.Fprint(out, usage)
		set.PrintDefaults()
	}
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
	issuers.Register(set)
	if err := set.Parse(args); err != nil {
		return options{}, err
	}
	issuers.DefaultAudience = o.resource.Identifier
	err := errors.Join(o.resource.Validate(), o.bound.Validate(), o.asking.Validate())
	if err == nil {
		o.settings, err = finish(&issuers, set.Args())
	}
	if err != nil {
		fmt.Fprintln(out, "photoservice:", err)
	}
	return o, err
}

func finish(issuers *cli.Issuers, rest []string) (*settings.File, error) {
	if len(rest) > 0 {
		return nil, fmt.Errorf("%w: unexpected %q", cli.ErrUsage, rest[0])
	}
	return issuers.File()
}
