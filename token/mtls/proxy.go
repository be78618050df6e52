package mtls

import (
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/token"
)

// Proxy says which peers of a connection are proxies that may set Config.Header.
// There are rules about where a peer is, Addresses and UnixSocket, and rules about
// its own certificate, Thumbprints and Roots. A peer must fit one rule of each
// kind that is set, and at least one rule is required.
type Proxy struct {
	// Addresses are the networks that proxies connect from. The address is that of
	// the connection. Over HTTP it is taken from http.Request.RemoteAddr, so that
	// nothing in front of the guard may change it: a middleware that puts the value
	// of X-Forwarded-For there lets callers choose it. An IPv6 address with a zone is
	// in no network.
	Addresses []netip.Prefix
	// UnixSocket trusts connections of a Unix socket. Every process that
	// may open its file can then set the field.
	UnixSocket bool
	// Thumbprints are those of certificates that proxies present to this service,
	// as Thumbprint makes them.
	Thumbprints []string
	// Roots are the authorities of certificates that proxies present to this
	// service. It needs Names, since such an authority certifies others too. The
	// chain is checked at every call.
	Roots *x509.CertPool
	// Names are the DNS names or URIs of proxies, one of which a certificate from
	// Roots must have among its subject alternative names. URIs, which have a colon,
	// are compared exactly, and DNS names in any case. A certificate for many names,
	// such as *.example.com, has none of them: others than proxies hold those.
	Names []string
}

func (p Proxy) isZero() bool {
	return len(p.Addresses) == 0 && !p.UnixSocket && len(p.Thumbprints) == 0 && p.Roots == nil && len(p.Names) == 0
}

func (p Proxy) validate() error {
	if p.isZero() {
		return fmt.Errorf("mtls: %w: Proxy is empty, want who may set Header: any caller could send it", token.ErrConfig)
	}
	for _, network := range p.Addresses {
		switch {
		case !network.IsValid():
			return fmt.Errorf("mtls: %w: Proxy.Addresses has an invalid network", token.ErrConfig)
		case network.Bits() == 0:
			return fmt.Errorf("mtls: %w: Proxy.Addresses has %v, which is everyone", token.ErrConfig, network)
		case network.Addr().Is4In6():
			return fmt.Errorf("mtls: %w: Proxy.Addresses has %v, which contains no address: write it as IPv4", token.ErrConfig, network)
		}
	}
	for _, thumbprint := range p.Thumbprints {
		if sum, err := base64.RawURLEncoding.Strict().DecodeString(thumbprint); err != nil || len(thumbprint) != sumLength {
			return fmt.Errorf("mtls: %w: Proxy.Thumbprints has %+q, of %d bytes, want a SHA-256 hash in base64url without padding", token.ErrConfig, thumbprint, len(sum))
		}
	}
	if (p.Roots == nil) != (len(p.Names) == 0) {
		return fmt.Errorf("mtls: %w: Proxy.Roots and Proxy.Names need each other", token.ErrConfig)
	}
	for _, name := range p.Names {
		if name == "" {
			return fmt.Errorf("mtls: %w: Proxy.Names has an empty name", token.ErrConfig)
		}
		if _, err := netip.ParseAddr(name); err == nil {
			return fmt.Errorf("mtls: %w: Proxy.Names has the address %+q, want a DNS name or a URI", token.ErrConfig, name)
		}
	}
	return nil
}

// sumLength is the length of a SHA-256 hash in base64url.
const sumLength = 43

// trusts is nil if the peer of r may set the field.
func (c *Checker) trusts(r token.Request) error {
	p := c.config.Proxy
	if len(p.Addresses) > 0 || p.UnixSocket {
		if err := p.trustsPlace(r); err != nil {
			return err
		}
	}
	if len(p.Thumbprints) > 0 || p.Roots != nil {
		return c.trustsCertificate(r.Certificates)
	}
	return nil
}

func (p Proxy) trustsPlace(r token.Request) error {
	if r.UnixSocket && p.UnixSocket {
		return nil
	}
	for _, network := range p.Addresses {
		if network.Contains(r.Peer) {
			return nil
		}
	}
	seen := ""
	switch {
	case r.UnixSocket:
		seen = "a Unix socket"
	case r.Peer.IsValid():
		seen = r.Peer.String()
	}
	return &rejection.Error{
		Reason: token.ErrBinding, Claim: "address of the peer", Got: seen, Want: "that of a proxy, to read the client's certificate from its field",
		Setting: "mtls.Config.Proxy.Addresses",
	}
}

// trustsCertificate is about the certificate of the proxy itself. The handshake
// has proved that it has the key.
func (c *Checker) trustsCertificate(chain []*x509.Certificate) error {
	if len(chain) == 0 || chain[0] == nil {
		return &rejection.Error{
			Reason: token.ErrBinding, Claim: "certificate of the peer", Want: "that of a proxy, to read the client's certificate from its field",
			Setting: "mtls.Config.Proxy",
		}
	}
	seen := []byte(Thumbprint(chain[0]))
	for _, known := range c.config.Proxy.Thumbprints {
		if subtle.ConstantTimeCompare(seen, []byte(known)) == 1 {
			return nil
		}
	}
	refused := &rejection.Error{
		Reason: token.ErrBinding, Claim: "x5t#S256 of the peer's certificate", Got: string(seen), Want: "that of a proxy", Cause: described{chain[0]},
		Setting: "mtls.Config.Proxy.Thumbprints",
	}
	if c.config.Proxy.Roots == nil {
		return refused
	}
	refused.Setting = "mtls.Config.Proxy.Roots and Names"
	if err := c.verify(chain, c.config.Proxy.Roots, nil); err != nil {
		refused.Cause = err
		return refused
	}
	if !c.config.Proxy.names(chain[0]) {
		refused.Want = "that of a proxy named " + strings.Join(c.config.Proxy.Names, " or ")
		return refused
	}
	return nil
}

// names reports whether a certificate has one of the names.
func (p Proxy) names(cert *x509.Certificate) bool {
	for _, name := range p.Names {
		if !strings.Contains(name, ":") {
			if slices.ContainsFunc(cert.DNSNames, func(own string) bool { return strings.EqualFold(own, name) }) {
				return true
			}
			continue
		}
		for _, uri := range cert.URIs {
			if uri.String() == name {
				return true
			}
		}
	}
	return false
}
