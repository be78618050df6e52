// Package photoserver is the photo service alone, over HTTP and gRPC, as the
// programs photoservice and photoservice-valkey run it.
package photoserver

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/postern-go/postern/examples/internal/bound"
	"github.com/postern-go/postern/token/dpop"
)

// Program is a command that runs the service.
type Program struct {
	// Name is that of the command.
	Name string
	// Flags adds flags of the program's own. Nil adds none.
	Flags func(*flag.FlagSet)
	// Check refuses flags of the program's own, which may depend on those for bound
	// tokens. Nil refuses none.
	Check func(*bound.Flags) error
	// Store opens the store of used proofs, if proofs are checked, and returns what
	// closes it. Nil, or a nil store, means a store in the memory of the process.
	Store func() (store dpop.ReplayStore, closing func(), err error)
}

// Main runs the program until it is told to end, and returns its exit code.
func (p Program) Main() int {
	o, err := p.Parse(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := Run(ctx, o, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
