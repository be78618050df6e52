package mtls

import (
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"github.com/postern-go/postern/token"
)

// Config says where the certificates of clients come from. The zero Config takes
// that of the TLS connection and nothing else. New copies it.
type Config struct {
	// Header is the field in which a proxy passes on the certificate of the client.
	// It needs Proxy. The certificate of the connection is then that of the proxy
	// and is never taken for the client's. The zero Header means that there is no
	// proxy.
	Header Header
	// Proxy says which proxies may set Header. From any other peer the field is
	// ignored, and its bound tokens are refused.
	Proxy Proxy
	// AcceptDirect takes the certificate of the TLS connection of a peer that is
	// not one of Proxy. It is for services that clients reach both ways. It needs
	// Header.
	AcceptDirect bool
	// Roots are the authorities from which client certificates must come. Their
	// dates and key usage are then checked as well, which costs signatures at every
	// call. Nil means that the thumbprint alone counts (RFC 8705 §6.2).
	Roots *x509.CertPool
	// Intermediates are certificates between Roots and those of clients, besides the
	// ones that a client sends in its TLS handshake. Header carries no more than one
	// certificate, so that behind a proxy they must be here.
	Intermediates *x509.CertPool
	// Time tells the time for Roots and Proxy.Roots. Nil means time.Now.
	Time func() time.Time
}

// Validate reports the first setting that New would refuse. The error matches
// token.ErrConfig.
func (c Config) Validate() error {
	behind := !c.Header.isZero()
	switch {
	case !behind && !c.Proxy.isZero():
		return fmt.Errorf("mtls: %w: Proxy is set without Header, so that no field is read", token.ErrConfig)
	case !behind && c.AcceptDirect:
		return fmt.Errorf("mtls: %w: AcceptDirect is set without Header; the zero Config takes the certificates of direct connections", token.ErrConfig)
	case c.Roots == nil && c.Intermediates != nil:
		return fmt.Errorf("mtls: %w: Intermediates is set without Roots, so that no chain is checked", token.ErrConfig)
	case !behind:
		return nil
	}
	if err := c.Header.validate(); err != nil {
		return err
	}
	return c.Proxy.validate()
}

// clone is c with everything that a caller could change later.
func (c Config) clone() Config {
	c.Proxy.Addresses = slices.Clone(c.Proxy.Addresses)
	c.Proxy.Thumbprints = slices.Clone(c.Proxy.Thumbprints)
	c.Proxy.Names = slices.Clone(c.Proxy.Names)
	for _, pool := range []**x509.CertPool{&c.Roots, &c.Intermediates, &c.Proxy.Roots} {
		if *pool != nil {
			*pool = (*pool).Clone()
		}
	}
	if c.Time == nil {
		c.Time = time.Now
	}
	return c
}
