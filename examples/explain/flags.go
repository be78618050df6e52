package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/postern-go/postern/examples/internal/marks"
	"github.com/postern-go/postern/token"
)

// options is what the command line says.
type options struct {
	issuer     string
	audience   []string
	jwksURL    string
	jwksFile   string
	legacy     bool
	types      []string
	scopeClaim string
	scopeList  bool
	clientID   string
	users      []token.Mark
	clients    []token.Mark
	algorithms []string
	leeway     time.Duration
}

const usage = `Usage: explain -issuer URL -audience URI [flags] < token

Makes every check that a service with these settings would make of the access
token on standard input, and prints each with its verdict.

Exit code: 0 good, 1 refused, 2 wrong usage, 3 could not be judged.

Flags:
`

var errUsage = errors.New("explain: wrong usage")

// parse reads the command line. What is wrong with it is written to out.
func parse(args []string, out io.Writer) (options, error) {
	var o options
	set := flag.NewFlagSet("explain", flag.ContinueOnError)
	set.SetOutput(out)
	set.Usage = func() {
		fmt.Fprint(out, usage)
		set.PrintDefaults()
	}
	o.register(set)
	if err := set.Parse(args); err != nil {
		return options{}, err
	}
	if err := o.validate(set); err != nil {
		usageError(out, err)
		return options{}, err
	}
	return o, nil
}

func (o *options) register(set *flag.FlagSet) {
	set.StringVar(&o.issuer, "issuer", "", "`URL` of the authorization server, exactly as in the iss claim")
	set.Func("audience", "`URI` that stands for the service in the aud claim; may be repeated", appendTo(&o.audience))
	set.StringVar(&o.jwksURL, "jwks", "", "`URL` of the issuer's JWK Set, instead of discovery")
	set.StringVar(&o.jwksFile, "jwks-file", "", "`file` with the issuer's JWK Set, instead of discovery")
	set.BoolVar(&o.legacy, "legacy", false, "the issuer predates RFC 9068: typ may be JWT or missing, and few claims are required")
	set.Func("type", "accepted `typ` of access tokens; may be repeated (default at+jwt)", appendTo(&o.types))
	set.StringVar(&o.scopeClaim, "scope-claim", "", "`name` of the claim with the scopes (default scope)")
	set.BoolVar(&o.scopeList, "scope-list", false, "the scopes are an array instead of one string")
	set.StringVar(&o.clientID, "client-id-claim", "", "`name` of the claim with the client id (default client_id)")
	set.Func("user", "`mark` of users: "+marks.Usage+"; may be repeated", marks.AppendTo(&o.users))
	set.Func("client", "`mark` of clients that act for themselves; may be repeated", marks.AppendTo(&o.clients))
	set.Func("algorithms", "accepted signature algorithms, such as `RS256,ES256` (default as in token.Config)", func(value string) error {
		o.algorithms = strings.Split(value, ",")
		return nil
	})
	set.DurationVar(&o.leeway, "leeway", 0, "how far clocks may differ; negative for not at all (default 30s)")
}

func appendTo(list *[]string) func(string) error {
	return func(value string) error {
		*list = append(*list, value)
		return nil
	}
}

func (o *options) validate(set *flag.FlagSet) error {
	switch {
	case set.NArg() > 0:
		// It may be the token. It is not repeated, and stands in too many
		// places already.
		return fmt.Errorf("%w: the token is read from standard input, and nothing is expected after the flags", errUsage)
	case o.issuer == "" || len(o.audience) == 0:
		return fmt.Errorf("%w: -issuer and -audience are needed", errUsage)
	case o.jwksURL != "" && o.jwksFile != "":
		return fmt.Errorf("%w: -jwks and -jwks-file are one too many", errUsage)
	}
	return nil
}

func (o *options) profile() token.Profile {
	p := token.Profile{}
	if o.legacy {
		p = token.LegacyProfile()
	}
	if o.types != nil {
		p.Types = o.types
	}
	p.ScopeClaim, p.ScopeList, p.ClientIDClaim = o.scopeClaim, o.scopeList, o.clientID
	p.Users, p.Clients = o.users, o.clients
	return p
}

// usageError says what is wrong and is the exit code for it.
func usageError(out io.Writer, err error) int {
	fmt.Fprintln(out, err)
	return exitUsage
}
