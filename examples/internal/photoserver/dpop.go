package photoserver

import (
	"flag"
	"fmt"

	"github.com/postern-go/postern/examples/internal/cli"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/settings"
)

// bound is what the flags say about tokens that are bound to a key (RFC 9449).
type bound struct {
	mode     string // "accept", "require" or ""
	nonce    bool
	baseURLs []string
	store    func() (dpop.ReplayStore, func(), error)
}

func (b *bound) register(set *flag.FlagSet) {
	set.StringVar(&b.mode, "dpop", "", "`mode` for tokens that are bound to a key (RFC 9449): accept or require; empty checks no proofs")
	set.BoolVar(&b.nonce, "dpop-nonce", false, "demand a nonce of this process in each proof; needs -dpop")
	set.Func("base-url", "`URL` under which callers reach the service, which proofs must name; may be repeated", func(v string) error {
		b.baseURLs = append(b.baseURLs, v)
		return nil
	})
}

func (b *bound) validate() error {
	switch b.mode {
	case "accept", "require":
	case "":
		if b.nonce {
			return fmt.Errorf("%w: -dpop-nonce needs -dpop", cli.ErrUsage)
		}
	default:
		return fmt.Errorf("%w: -dpop is accept or require", cli.ErrUsage)
	}
	return b.resource().Validate()
}

func (b *bound) resource() scope.Resource {
	return scope.Resource{Realm: "photos", BaseURLs: b.baseURLs}
}

func (o options) resource() scope.Resource { return o.bound.resource() }

// apply gives all issuers one checker of proofs, and returns what closes its store.
func (b *bound) apply(f *settings.File) (closing func(), err error) {
	closing = func() {}
	if b.mode == "" {
		return closing, nil
	}
	cfg := dpop.Config{Required: b.mode == "require"}
	if b.nonce {
		cfg.Nonces = dpop.NewLocalNonces()
	}
	if b.store != nil {
		if cfg.Store, closing, err = b.store(); err != nil {
			return nil, err
		}
		if closing == nil {
			closing = func() {}
		}
	}
	checker, err := dpop.New(cfg)
	if err != nil {
		closing()
		return nil, err
	}
	for i := range f.Issuers {
		f.Issuers[i].Config.Confirmations = []token.ConfirmationChecker{checker}
	}
	return closing, nil
}
