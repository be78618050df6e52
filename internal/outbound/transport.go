package outbound

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// errNotHere is the error of a transport where "localhost" is another machine.
var errNotHere = errors.New(`"localhost" does not resolve to this machine`)

// NewTransport returns a transport set up like http.DefaultTransport. It is not
// shared with the rest of the program, which may change that one at any time. It
// connects to "localhost" on this machine only, and asks no proxy for loopback.
func NewTransport() http.RoundTripper {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		t = &http.Transport{Proxy: http.ProxyFromEnvironment}
	}
	t = t.Clone()
	t.Proxy = pastLoopback(t.Proxy)
	t.DialContext = stayHere(t.DialContext)
	return t
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// stayHere is dial, and judges where a connection to "localhost" has led to
// before anything is sent over it.
func stayHere(dial dialFunc) dialFunc {
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil || leadsHere(conn, address) {
			return conn, err
		}
		_ = conn.Close()
		return nil, errNotHere
	}
}

// leadsHere tells whether conn, made for address, is where it must be.
func leadsHere(conn net.Conn, address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil || !strings.EqualFold(host, localhost) {
		return err == nil
	}
	remote, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	return err == nil && remote.Addr().Unmap().IsLoopback()
}

// pastLoopback is proxy, for requests that leave this machine: to hand a
// request for this machine to a proxy is to send it over the network in clear.
func pastLoopback(proxy func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	if proxy == nil {
		return nil
	}
	return func(r *http.Request) (*url.URL, error) {
		if OriginOf(r.URL).IsLoopback() {
			return nil, nil
		}
		return proxy(r)
	}
}
