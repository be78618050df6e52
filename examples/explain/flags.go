package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"

	"github.com/postern-go/postern/examples/internal/cli"
	"github.com/postern-go/postern/token/settings"
)

// options is what the command line says.
type options struct {
	settings *settings.File
	dir      string // of the files that the settings name
	as       string
	propose  bool
	bound    binding
	given    []settings.Issuer // those of settings, before files were read for them
}

const usage = `Usage: explain -issuer URL -audience URI [flags] < token
       explain -settings FILE [-as URL] < token
       explain -propose -issuer URL -audience URI [flags] < token

Makes every check that a service with these settings would make of the access
token on standard input, and prints each with its verdict. With several issuers
the settings are those of the issuer that the token names, as in a service.

With -propose it prints the smallest token.Profile with which a service would
accept this access token, and says what that relaxes and what tells ID tokens
apart. Flags about the profile do not count then. It proposes nothing for an ID
token, nor where nothing would tell one apart.

` + cli.Usage + `
Exit code: 0 good, 1 refused, 2 wrong usage, 3 could not be judged.

Flags:
`

var errUsage = errors.New("explain: wrong usage")

// parse reads the command line. What is wrong with it is written to out.
func parse(args []string, out io.Writer) (options, error) {
	var o options
	var issuers cli.Issuers
	set := flag.NewFlagSet("explain", flag.ContinueOnError)
	set.SetOutput(out)
	set.Usage = func() {
		fmt.Fprint(out, usage)
		set.PrintDefaults()
	}
	set.StringVar(&o.as, "as", "", "`URL` of the issuer whose settings to use, in place of the one that the token names")
	set.BoolVar(&o.propose, "propose", false, "print the smallest profile for this token instead")
	o.bound.register(set)
	issuers.Register(set)
	if err := set.Parse(args); err != nil {
		return options{}, err
	}
	err := o.finish(&issuers, set.NArg())
	if err != nil {
		usageError(out, err)
	}
	return o, err
}

func (o *options) finish(issuers *cli.Issuers, rest int) (err error) {
	if rest > 0 {
		// It may be the token. It is not repeated, and stands in too many
		// places already.
		return fmt.Errorf("%w: the token is read from standard input, and nothing is expected after the flags", errUsage)
	}
	if err := o.bound.validate(); err != nil {
		return err
	}
	o.dir = issuers.Dir()
	if o.settings, err = issuers.File(); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	o.given = slices.Clone(o.settings.Issuers)
	return nil
}

// usageError says what is wrong and is the exit code for it.
func usageError(out io.Writer, err error) int {
	fmt.Fprintln(out, err)
	return exitUsage
}
