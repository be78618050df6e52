package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/postern-go/postern/examples/internal/marks"
	"github.com/postern-go/postern/token"
)

// options is what the command line says.
type options struct {
	listen     string
	grpcListen string
	issuers    []issuerOptions
}

// issuerOptions is one issuer and all that is particular to it.
type issuerOptions struct {
	issuer   string
	audience []string
	jwksURL  string
	profile  token.Profile
}

var (
	errFlags = errors.New("photoservice: invalid flags")
	usage    = `Usage: photoservice -listen ADDR -grpc-listen ADDR -issuer URL -audience URI [flags]

The photo service alone, for trying postern against any issuer.

An issuer and what belongs to it stand together. Each -issuer begins a new one,
and the flags marked with * speak of the issuer they stand next to:

  photoservice -issuer https://a.example -audience https://photos.example \
               -issuer https://b.example -audience photos -type JWT -scope-claim scp

Flags:
`
)

// parse reads the command line. What is wrong with it is written to out.
func parse(args []string, out io.Writer) (options, error) {
	var o options
	p := parser{}
	set := flag.NewFlagSet("photoservice", flag.ContinueOnError)
	set.SetOutput(out)
	set.Usage = func() {
		fmt.Fprint(out, usage)
		set.PrintDefaults()
	}
	set.StringVar(&o.listen, "listen", "127.0.0.1:8080", "`address` to serve HTTP on")
	set.StringVar(&o.grpcListen, "grpc-listen", "127.0.0.1:8081", "`address` to serve gRPC on; empty serves none")
	p.register(set)
	if err := set.Parse(args); err != nil {
		return options{}, err
	}
	var err error
	if o.issuers, err = p.finish(set.Args()); err != nil {
		fmt.Fprintln(out, err)
	}
	return o, err
}

// parser gathers issuers as their flags come along.
type parser struct{ issuers []issuerOptions }

func (p *parser) register(set *flag.FlagSet) {
	set.Func("issuer", "* `URL` of the authorization server, exactly as in the iss claim", p.issuer)
	set.Func("audience", "* `URI` that stands for this service in the aud claim; may be repeated", func(v string) error {
		return appendValue(&p.current().audience, v)
	})
	set.Func("jwks", "* `URL` of the issuer's JWK Set, instead of discovery", func(v string) error {
		p.current().jwksURL = v
		return nil
	})
	set.Func("type", "* accepted `typ` of access tokens; may be repeated (default at+jwt, RFC 9068)", func(v string) error {
		return appendValue(&p.current().profile.Types, v)
	})
	set.BoolFunc("allow-missing-type", "* accept access tokens without typ", func(string) error {
		p.current().profile.AllowMissingType = true
		return nil
	})
	set.Func("scope-claim", "* `claim` with the scopes (default scope)", func(v string) error {
		p.current().profile.ScopeClaim = v
		return nil
	})
	set.BoolFunc("scope-list", "* the scope claim is an array, not a string", func(string) error {
		p.current().profile.ScopeList = true
		return nil
	})
	set.Func("client-id-claim", "* `claim` with the client id, such as azp (default client_id)", func(v string) error {
		p.current().profile.ClientIDClaim = v
		return nil
	})
	set.Func("user", "* `mark` of users: "+marks.Usage+"; may be repeated", func(v string) error {
		return marks.AppendTo(&p.current().profile.Users)(v)
	})
	set.Func("client", "* `mark` of clients that act for themselves, as for -user", func(v string) error {
		return marks.AppendTo(&p.current().profile.Clients)(v)
	})
	set.Func("required", "* `claims` a token must have besides iss, aud and exp, separated by commas; empty for none\n"+
		"(default sub, the client id, iat and jti, RFC 9068)", func(v string) error {
		p.current().profile.Required = commaSeparated(v)
		return nil
	})
}

// current is the issuer that a flag speaks of: the last one begun, or the
// first one if its -issuer is still to come.
func (p *parser) current() *issuerOptions {
	if len(p.issuers) == 0 {
		p.issuers = append(p.issuers, issuerOptions{})
	}
	return &p.issuers[len(p.issuers)-1]
}

func (p *parser) issuer(url string) error {
	if url == "" {
		return errors.New("empty")
	}
	if p.current().issuer != "" {
		p.issuers = append(p.issuers, issuerOptions{})
	}
	p.current().issuer = url
	return nil
}

func (p *parser) finish(rest []string) ([]issuerOptions, error) {
	if len(rest) > 0 {
		return nil, fmt.Errorf("%w: unexpected %q", errFlags, rest[0])
	}
	if len(p.issuers) == 0 {
		return nil, fmt.Errorf("%w: -issuer and -audience are required", errFlags)
	}
	seen := make(map[string]bool)
	for _, i := range p.issuers {
		switch {
		case i.issuer == "":
			return nil, fmt.Errorf("%w: -issuer is required", errFlags)
		case len(i.audience) == 0:
			return nil, fmt.Errorf("%w: -issuer %s has no -audience next to it", errFlags, i.issuer)
		case seen[i.issuer]:
			return nil, fmt.Errorf("%w: -issuer %s is given twice", errFlags, i.issuer)
		}
		seen[i.issuer] = true
	}
	return p.issuers, nil
}

func appendValue(list *[]string, v string) error {
	if v == "" {
		return errors.New("empty")
	}
	*list = append(*list, v)
	return nil
}

func commaSeparated(v string) []string {
	list := []string{} // not nil, which would mean the default
	for part := range strings.SplitSeq(v, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}
