// Package bound reads the settings of bound tokens from a command line: tokens that
// are good only with a proof by the client's key (RFC 9449) or with the client's
// certificate (RFC 8705).
package bound

import (
	"cmp"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"net/netip"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/mtls"
)

// ErrUsage is the error of flags that do not go together.
var ErrUsage = errors.New("invalid flags")

// Flags are the flags. The zero value is ready for Register.
type Flags struct {
	dpop            string
	nonces          bool
	nonceKeys       string // file
	certificates    bool
	header          string
	proxies         []netip.Prefix
	tlsCert, tlsKey string // files
}

// headers are the values of -client-cert-header.
var headers = map[string]mtls.Header{
	"rfc9440": {Format: mtls.ClientCert},
	"xfcc":    {Format: mtls.XFCC},
	"pem":     {Format: mtls.EscapedPEM, Name: "X-SSL-Client-Cert"},
}

// Register adds the flags to set.
func (f *Flags) Register(set *flag.FlagSet) {
	set.StringVar(&f.dpop, "dpop", "", "`accept` tokens bound to a key (RFC 9449), or require them")
	set.BoolVar(&f.nonces, "dpop-nonce", false, "demand a nonce of this service in proofs")
	set.StringVar(&f.nonceKeys, "dpop-nonce-keys", "", "`file` with the keys of nonces, for replicas to share: one a line, in base64, of 32 random bytes or more.\n"+
		"The first makes nonces, all check them (default one of this process)")
	set.BoolVar(&f.certificates, "mtls", false, "take tokens bound to the client's certificate (RFC 8705); needs -tls-cert or -client-cert-header")
	set.StringVar(&f.tlsCert, "tls-cert", "", "`file` with the service's certificate in PEM, to serve TLS")
	set.StringVar(&f.tlsKey, "tls-key", "", "`file` with its key")
	set.StringVar(&f.header, "client-cert-header", "", "`format` of the field in which a proxy passes on the client's certificate: rfc9440 (Client-Cert),\n"+
		"xfcc (X-Forwarded-Client-Cert) or pem (X-SSL-Client-Cert)")
	set.Func("trusted-proxy", "`network` of proxies that may set that field, such as 10.0.0.0/8; may be repeated", func(v string) error {
		network, err := netip.ParsePrefix(v)
		f.proxies = append(f.proxies, network)
		return err
	})
}

// Validate refuses flags that do not go together.
func (f *Flags) Validate() error {
	switch {
	case f.dpop != "" && f.dpop != "accept" && f.dpop != "require":
		return fmt.Errorf("%w: -dpop is accept or require", ErrUsage)
	case f.dpop == "" && (f.nonces || f.nonceKeys != ""):
		return fmt.Errorf("%w: nonces need -dpop", ErrUsage)
	case f.nonceKeys != "" && !f.nonces:
		return fmt.Errorf("%w: -dpop-nonce-keys needs -dpop-nonce", ErrUsage)
	case (f.tlsCert == "") != (f.tlsKey == ""):
		return fmt.Errorf("%w: -tls-cert and -tls-key need each other", ErrUsage)
	case !f.certificates && (f.header != "" || f.proxies != nil):
		return fmt.Errorf("%w: -client-cert-header and -trusted-proxy need -mtls", ErrUsage)
	case f.certificates && f.header == "" && f.tlsCert == "":
		return fmt.Errorf("%w: -mtls needs -tls-cert, or a proxy and -client-cert-header: there would be no certificates", ErrUsage)
	case f.header != "" && headers[f.header].Format == 0:
		return fmt.Errorf("%w: -client-cert-header is rfc9440, xfcc or pem", ErrUsage)
	}
	return f.certificateConfig().Validate()
}

func (f *Flags) certificateConfig() mtls.Config {
	return mtls.Config{Header: headers[f.header], Proxy: mtls.Proxy{Addresses: f.proxies}}
}

// TakesProofs reports whether proofs are checked, and a replay store is needed.
func (f *Flags) TakesProofs() bool { return f.dpop != "" }

// LocalNonces reports whether proofs need nonces that no other replica takes.
func (f *Flags) LocalNonces() bool { return f.nonces && f.nonceKeys == "" }

// Confirmations are for token.Config.Confirmations. They may be shared by several
// issuers, so that a proof counts once for all of them. The store remembers the
// proofs that were used; nil means the memory of this process.
func (f *Flags) Confirmations(store dpop.ReplayStore) (all []token.ConfirmationChecker, err error) {
	if f.certificates {
		checker, err := mtls.New(f.certificateConfig())
		if err != nil {
			return nil, err
		}
		all = append(all, checker)
	}
	if f.dpop == "" {
		return all, nil
	}
	cfg := dpop.Config{Required: f.dpop == "require", Store: store}
	if cfg.Nonces, err = f.newNonces(); err != nil {
		return nil, err
	}
	checker, err := dpop.New(cfg)
	return append(all, checker), err
}

func (f *Flags) newNonces() (*dpop.Nonces, error) {
	switch {
	case !f.nonces:
		return nil, nil
	case f.nonceKeys == "":
		return dpop.NewLocalNonces(), nil
	}
	keys, err := readKeys(f.nonceKeys)
	if err != nil {
		return nil, fmt.Errorf("-dpop-nonce-keys: %w", err)
	}
	return dpop.NewNonces(keys...)
}

// TLS is how to serve, or nil for plain connections. Clients are asked for a
// certificate, and not for one of a certain authority: a token names the one that
// counts.
func (f *Flags) TLS() (*tls.Config, error) {
	if f.tlsCert == "" {
		return nil, nil
	}
	cert, err := tls.LoadX509KeyPair(f.tlsCert, f.tlsKey)
	if err != nil {
		return nil, err
	}
	cfg := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	if f.certificates && f.header == "" {
		cfg.ClientAuth = tls.RequestClientCert
	}
	return cfg, nil
}

// Summary says in words what is taken, or "" if only bearer tokens are.
func (f *Flags) Summary() string {
	text := map[string]string{"accept": "DPoP accepted", "require": "DPoP required"}[f.dpop]
	if f.nonces {
		text += ", with nonces"
	}
	if f.certificates {
		from := "the connection"
		if f.header != "" {
			from = "the field of a proxy, " + f.header
		}
		text = cmp.Or(text, "DPoP not taken") + "; certificates of clients from " + from
	}
	return text
}
