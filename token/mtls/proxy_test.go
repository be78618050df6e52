package mtls_test

import (
	"crypto/x509"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/mtls"
	"github.com/postern-go/postern/token/tokentest"
)

func at(networks ...string) (all []netip.Prefix) {
	for _, network := range networks {
		all = append(all, netip.MustParsePrefix(network))
	}
	return all
}

// The peers of a service, and the field with the certificate of the client.
func TestProxies(t *testing.T) {
	t.Parallel()
	me := tokentest.NewCertificate(t, nil)
	root := tokentest.NewCertificate(t, &tokentest.CertificateOptions{CommonName: "root", Authority: true})
	proxy := tokentest.NewCertificate(t, &tokentest.CertificateOptions{
		CommonName: "proxy", DNSNames: []string{"proxy.internal"}, URIs: []string{"spiffe://example.com/proxy"}, SignedBy: root,
	})
	late := tokentest.NewCertificate(t, &tokentest.CertificateOptions{DNSNames: []string{"proxy.internal"}, SignedBy: root, Expired: true})
	neighbour := tokentest.NewCertificate(t, &tokentest.CertificateOptions{CommonName: "proxy.internal", DNSNames: []string{"shop.internal"}, URIs: []string{"spiffe://example.com/shop"}, SignedBy: root})
	imitation := tokentest.NewCertificate(t, &tokentest.CertificateOptions{DNSNames: []string{"proxy.internal"}})
	wildcard := tokentest.NewCertificate(t, &tokentest.CertificateOptions{DNSNames: []string{"*.internal"}, SignedBy: root})
	capitals := tokentest.NewCertificate(t, &tokentest.CertificateOptions{DNSNames: []string{"Proxy.INTERNAL"}, SignedBy: root})
	places := mtls.Proxy{Addresses: at("192.0.2.0/29", "2001:db8::/64")}
	socket := mtls.Proxy{UnixSocket: true}
	known := mtls.Proxy{Thumbprints: []string{publishedThumbprint, proxy.Thumbprint()}}
	named := mtls.Proxy{Roots: root.Pool(), Names: []string{"other.internal", "proxy.internal"}}
	spiffe := mtls.Proxy{Roots: root.Pool(), Names: []string{"spiffe://example.com/proxy"}}
	several := mtls.Proxy{Addresses: places.Addresses, UnixSocket: true}
	either := mtls.Proxy{Thumbprints: []string{publishedThumbprint}, Roots: root.Pool(), Names: named.Names}
	both := mtls.Proxy{Addresses: places.Addresses, Thumbprints: known.Thumbprints}
	for name, row := range map[string]struct {
		rule mtls.Proxy
		peer string // "unix", "" or an address
		of   *tokentest.Certificate
		want error
	}{
		"C_9440-4-2 an address of the list":         {places, "192.0.2.7", nil, nil},
		"C_9440-4-2 the next address":               {places, "192.0.2.8", nil, token.ErrBinding},
		"C_9440-4-2 another address":                {places, "203.0.113.9", nil, token.ErrBinding},
		"C_9440-4-2 IPv6":                           {places, "2001:db8::5", nil, nil},
		"C_9440-4-2 with a zone":                    {mtls.Proxy{Addresses: at("fe80::/64")}, "fe80::1%eth0", nil, token.ErrBinding},
		"C_9440-4-2 unknown":                        {places, "", nil, token.ErrBinding},
		"C_9440-4-2 a socket and not the list":      {places, "unix", nil, token.ErrBinding},
		"C_9440-4-2 a socket":                       {socket, "unix", nil, nil},
		"C_9440-4-2 an address and not the socket":  {socket, "192.0.2.7", nil, token.ErrBinding},
		"C_9440-4-2 a socket, or an address":        {several, "unix", nil, nil},
		"C_9440-4-2 an address, or a socket":        {several, "192.0.2.7", nil, nil},
		"C_9440-4-2 neither":                        {several, "203.0.113.9", nil, token.ErrBinding},
		"C_9440-4-2 a certificate of the list":      {known, "203.0.113.9", proxy, nil},
		"C_9440-4-2 another certificate":            {known, "203.0.113.9", neighbour, token.ErrBinding},
		"C_9440-4-2 no certificate":                 {known, "203.0.113.9", nil, token.ErrBinding},
		"C_9440-4-2 the client's own":               {known, "203.0.113.9", me, token.ErrBinding},
		"C_9440-4-2 a name":                         {named, "203.0.113.9", proxy, nil},
		"C_9440-4-2 the name in capitals":           {named, "203.0.113.9", capitals, nil},
		"C_9440-4-2 a name of many":                 {named, "203.0.113.9", wildcard, token.ErrBinding},
		"C_9440-4-2 a URI":                          {spiffe, "203.0.113.9", proxy, nil},
		"C_9440-4-2 another URI":                    {spiffe, "203.0.113.9", neighbour, token.ErrBinding},
		"C_9440-4-2 another name of the authority":  {named, "203.0.113.9", neighbour, token.ErrBinding},
		"C_9440-4-2 the name of another authority":  {named, "203.0.113.9", imitation, token.ErrBinding},
		"C_9440-4-2 the name, expired":              {named, "203.0.113.9", late, token.ErrBinding},
		"C_9440-4-2 a name, without a certificate":  {named, "203.0.113.9", nil, token.ErrBinding},
		"C_9440-4-2 the name, or the list":          {either, "203.0.113.9", proxy, nil},
		"C_9440-4-2 place and certificate":          {both, "192.0.2.7", proxy, nil},
		"C_9440-4-2 the place without certificate":  {both, "192.0.2.7", nil, token.ErrBinding},
		"C_9440-4-2 the certificate from elsewhere": {both, "203.0.113.9", proxy, token.ErrBinding},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, mtls.Config{Header: mtls.Header{Format: mtls.ClientCert}, Proxy: row.rule})
			r := viaProxy("Client-Cert", me.ClientCert())
			r.Peer, r.UnixSocket = netip.Addr{}, row.peer == "unix"
			if row.peer != "" && row.peer != "unix" {
				r.Peer = netip.MustParseAddr(row.peer)
			}
			if row.of != nil {
				r.Certificates = []*x509.Certificate{row.of.X509()}
			}
			assertIs(t, row.want, s.call(t, r, tokentest.BoundToCertificate(me)))
		})
	}
}

// The certificate of the connection is that of the proxy. It is the client's only
// for a peer that is no proxy, and only if the service says so.
func TestProxysOwnCertificate(t *testing.T) {
	t.Parallel()
	proxy, me := tokentest.NewCertificate(t, nil), tokentest.NewCertificate(t, nil)
	for name, row := range map[string]struct {
		accept bool
		from   netip.Addr
		of     *tokentest.Certificate
		field  string
		bound  *tokentest.Certificate
		want   error
	}{
		"C_9440-4-3 the proxy's, and no field":            {false, proxyAt, proxy, "", proxy, token.ErrBinding},
		"C_9440-4-3 the proxy's, and another in it":       {false, proxyAt, proxy, me.ClientCert(), proxy, token.ErrBinding},
		"C_9440-4-3 the client's in the field":            {false, proxyAt, proxy, me.ClientCert(), me, nil},
		"C_9440-4-3 AcceptDirect, and no field":           {true, proxyAt, proxy, "", proxy, token.ErrBinding},
		"C_9440-4-3 AcceptDirect, and a malformed field":  {true, proxyAt, proxy, "x", proxy, token.ErrBinding},
		"C_9440-4-3 AcceptDirect, the client's in it":     {true, proxyAt, proxy, me.ClientCert(), me, nil},
		"a direct client":                                 {false, elsewhere, me, "", me, token.ErrBinding},
		"a direct client with AcceptDirect":               {true, elsewhere, me, "", me, nil},
		"C_9440-4-2 AcceptDirect, and a forged field":     {true, elsewhere, proxy, me.ClientCert(), me, token.ErrBinding},
		"C_9440-4-2 AcceptDirect, its own, and the field": {true, elsewhere, me, proxy.ClientCert(), me, nil},
		"C_9440-4-2 AcceptDirect, the field alone":        {true, elsewhere, nil, me.ClientCert(), me, token.ErrBinding},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := behind(mtls.ClientCert)
			cfg.AcceptDirect = row.accept
			r := viaProxy("Client-Cert", row.field)
			r.Peer = row.from
			if row.of != nil {
				r.Certificates = []*x509.Certificate{row.of.X509()}
			}
			assertIs(t, row.want, newService(t, cfg).call(t, r, tokentest.BoundToCertificate(row.bound)))
		})
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	pool := x509.NewCertPool()
	header := func(h mtls.Header) mtls.Config { return mtls.Config{Header: h, Proxy: trusted} }
	rule := func(p mtls.Proxy) mtls.Config {
		return mtls.Config{Header: mtls.Header{Format: mtls.ClientCert}, Proxy: p}
	}
	for name, cfg := range map[string]mtls.Config{
		"Proxy alone":               {Proxy: trusted},
		"AcceptDirect alone":        {AcceptDirect: true},
		"Intermediates alone":       {Intermediates: pool},
		"Header alone":              {Header: mtls.Header{Format: mtls.ClientCert}},
		"a name alone":              header(mtls.Header{Name: "Client-Cert"}),
		"no such format":            header(mtls.Header{Format: 5, Name: "A"}),
		"no name, PEM":              header(mtls.Header{Format: mtls.EscapedPEM}),
		"no name, DER":              header(mtls.Header{Format: mtls.Base64DER}),
		"an underscore":             header(mtls.Header{Format: mtls.ClientCert, Name: "client_cert"}),
		"a space":                   header(mtls.Header{Format: mtls.ClientCert, Name: "client cert"}),
		"a long name":               header(mtls.Header{Format: mtls.ClientCert, Name: strings.Repeat("a", 101)}),
		"binary metadata":           header(mtls.Header{Format: mtls.ClientCert, Name: "client-cert-bin"}),
		"a hop of no list":          header(mtls.Header{Format: mtls.ClientCert, Hop: 1}),
		"forwarded hops of no list": header(mtls.Header{Format: mtls.ClientCert, ForwardsHops: true}),
		"a negative hop":            header(mtls.Header{Format: mtls.XFCC, Hop: -1}),
		"a hop too far":             header(mtls.Header{Format: mtls.XFCC, Hop: 32}),
		"an invalid network":        rule(mtls.Proxy{Addresses: []netip.Prefix{{}}}),
		"everyone":                  rule(mtls.Proxy{Addresses: at("0.0.0.0/0")}),
		"everyone, IPv6":            rule(mtls.Proxy{Addresses: at("::/0")}),
		"IPv4 as IPv6":              rule(mtls.Proxy{Addresses: at("::ffff:192.0.2.0/120")}),
		"a thumbprint in hex":       rule(mtls.Proxy{Thumbprints: []string{sumInHex(t)}}),
		"a short thumbprint":        rule(mtls.Proxy{Thumbprints: []string{publishedThumbprint[:42]}}),
		"a padded thumbprint":       rule(mtls.Proxy{Thumbprints: []string{publishedThumbprint + "="}}),
		"an ambiguous thumbprint":   rule(mtls.Proxy{Thumbprints: []string{publishedThumbprint[:42] + "t"}}),
		"Roots without Names":       rule(mtls.Proxy{Roots: pool}),
		"Names without Roots":       rule(mtls.Proxy{Names: []string{"a"}}),
		"an address as a name":      rule(mtls.Proxy{Roots: pool, Names: []string{"192.0.2.7"}}),
		"an IPv6 address as a name": rule(mtls.Proxy{Roots: pool, Names: []string{"2001:db8::7"}}),
		"an empty name":             rule(mtls.Proxy{Roots: pool, Names: []string{""}}),
	} {
		checker, err := mtls.New(cfg)
		require.ErrorIs(t, err, token.ErrConfig, name)
		assert.Nil(t, checker, name)
		assert.Regexp(t, `^mtls: [ -~]{1,600}$`, err.Error(), name)
	}
	for name, cfg := range map[string]mtls.Config{
		"a long name that fits": header(mtls.Header{Format: mtls.EscapedPEM, Name: "X-Amzn-Mtls-Clientcert-Leaf"}),
		"the furthest hop":      header(mtls.Header{Format: mtls.XFCC, Hop: 31}),
		"one address":           rule(mtls.Proxy{Addresses: at("192.0.2.1/32")}),
		"Intermediates":         {Roots: pool, Intermediates: pool},
	} {
		require.NoError(t, cfg.Validate(), name)
	}
	for f, want := range map[mtls.Format]string{mtls.ClientCert: "ClientCert", mtls.XFCC: "XFCC", mtls.EscapedPEM: "EscapedPEM", mtls.Base64DER: "Base64DER", 9: "Format(9)"} {
		assert.Equal(t, want, f.String())
	}
}

// What a caller changes after New changes nothing.
func TestConfigIsCopied(t *testing.T) {
	t.Parallel()
	me := tokentest.NewCertificate(t, nil)
	cfg := behind(mtls.ClientCert)
	cfg.Roots = x509.NewCertPool()
	cfg.Proxy.Addresses = at("192.0.2.0/29")
	s := newService(t, cfg)
	cfg.Roots.AddCert(me.X509())
	cfg.Proxy.Addresses[0] = netip.MustParsePrefix("203.0.113.0/24")
	assertIs(t, token.ErrBinding, s.call(t, viaProxy("Client-Cert", me.ClientCert()), tokentest.BoundToCertificate(me)))
	r := viaProxy("Client-Cert", me.ClientCert())
	r.Peer = elsewhere
	err := s.call(t, r, tokentest.BoundToCertificate(me))
	require.ErrorContains(t, err, "address of the peer")
}
