package mtls

import (
	"context"
	"crypto/subtle"
	"strconv"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/token"
)

// Checker is the token.ConfirmationChecker for tokens that are bound to a client
// certificate. It is immutable and may be used concurrently. The zero Checker and
// nil are those of the zero Config.
type Checker struct {
	config Config
	field  string // its name, or "" for none
}

// New makes a Checker. The error matches token.ErrConfig. It does not block.
func New(cfg Config) (*Checker, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Checker{config: cfg.clone(), field: cfg.Header.name()}, nil
}

// method is the member of cnf (RFC 8705 §3.1).
const method = "x5t#S256"

// Method implements token.ConfirmationChecker. It is "x5t#S256".
func (c *Checker) Method() string { return method }

// Check implements token.ConfirmationChecker. Where a trusted proxy passes the
// certificate on, it sends a Vary field with the response (RFC 9440 §2.4). It does
// not block. The error matches token.ErrRequest if Config.Header is there more than
// once, and otherwise token.ErrBinding.
func (c *Checker) Check(_ context.Context, t *token.Token, p token.Presentation) error {
	want, _ := t.Confirmation(method)
	if want == "" {
		return &rejection.Error{Reason: token.ErrBinding, Claim: "cnf " + method, Want: "a thumbprint in a string"}
	}
	presented, err := c.presented(p)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(presented.thumbprint), []byte(want)) != 1 {
		refused := &rejection.Error{
			Reason: token.ErrBinding, Claim: method + " of the client's certificate", Got: presented.thumbprint,
			Want: printable.Value(strconv.QuoteToASCII(want)) + ", as the token has it",
		}
		if len(presented.chain) > 0 {
			refused.Cause = described{presented.chain[0]}
		}
		return refused
	}
	return c.checkChain(presented)
}

// presented is the certificate that the caller has proved to have the key of, to
// this process or to a proxy.
func (c *Checker) presented(p token.Presentation) (client, error) {
	r := p.Request()
	if c == nil || c.field == "" {
		return ofConnection(r)
	}
	if err := c.trusts(r); err != nil {
		if c.config.AcceptDirect && len(r.Certificates) > 0 {
			return ofConnection(r)
		}
		return client{}, err
	}
	p.Respond("Vary", c.field)
	return c.ofField(r.Fields)
}

func (c *Checker) checkChain(presented client) error {
	if c == nil || c.config.Roots == nil {
		return nil
	}
	refused := &rejection.Error{Reason: token.ErrBinding, Claim: "chain of the client's certificate", Got: presented.thumbprint, Setting: "mtls.Config.Roots"}
	if len(presented.chain) == 0 {
		refused.Want = "Cert in the field, since a hash has no chain"
		return refused
	}
	if err := c.verify(presented.chain, c.config.Roots, c.config.Intermediates); err != nil {
		refused.Want, refused.Cause = "one that ends in a root", err
		return refused
	}
	return nil
}
