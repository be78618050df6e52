package valkey

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
)

// Config says where the server is. URL or Addresses is required; the zero value of
// each other field is a good choice. Printing a Config does not show its secrets.
type Config struct {
	// URL is the server with its credentials and database:
	//
	//	redis://[[USER][:PASSWORD]@]HOST[:PORT][/DATABASE]
	//
	// With rediss the connection uses TLS. valkey and valkeys mean the same. The
	// port is 6379 if there is none. A URL takes the place of Addresses, Username,
	// Password and Database.
	URL string
	// Addresses are the places of the server as HOST:PORT, several if a replica may
	// take over: the first that answers as a primary is used.
	Addresses []string
	// Username and Password authenticate the store. No Username means the user
	// named default, and no Password none.
	Username, Password string
	// Credentials returns username and password for each connection, for those that
	// change. It may block until ctx ends. Nil means Username and Password.
	Credentials func(ctx context.Context) (username, password string, err error)
	// Database is the number of the database.
	Database int
	// TLS makes connections use TLS. It is cloned. Without a ServerName the host of
	// the address is verified. Nil means no TLS with Addresses, and for a URL of
	// scheme rediss TLS 1.2 or later and the certificate authorities of the system.
	TLS *tls.Config

	// Prefix begins each key. Services that share a server and have different
	// prefixes do not meet. Empty means "postern:dpop:".
	Prefix string
	// AfterRestart is what happens to calls after the server has forgotten proofs.
	// Zero means RefuseAll.
	AfterRestart AfterRestart

	// Timeout is how long one question may take, connecting included; a context that
	// ends before ends it too. Zero means 200 milliseconds; the range is a
	// millisecond to 10 seconds.
	Timeout time.Duration
	// DialTimeout is how long connecting to an address may take, and then
	// preparing the connection. Zero means 500 milliseconds; the range is 10
	// milliseconds to 10 seconds.
	DialTimeout time.Duration
	// Dial connects to an address. Nil means net.Dialer.DialContext.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// Trace has hooks for operators. Nil means none.
	Trace *Trace
}

// AfterRestart is what a Store does with a server that may have forgotten proofs: it
// has restarted, is new, was emptied, or has taken over from another.
type AfterRestart uint8

// The choices.
const (
	// RefuseAll refuses all calls until every proof that may be forgotten has
	// expired: for one ttl, which is 95 seconds with the defaults of dpop.Config.
	RefuseAll AfterRestart = iota
	// RefuseEarlier refuses proofs that were made before, by their iat or by their
	// nonce, so that calls go on at once. A proof of a client whose clock is ahead
	// may seem to be made since: used shortly before the restart, it can be used
	// once more. With dpop.Config.Nonces that is true only of a nonce by a replica
	// whose clock is ahead of the others, by dpop.Config.ReplicaSkew at the most.
	RefuseEarlier
	// TrustServer refuses nothing, so that proofs that were forgotten can be used
	// once more. It is for a server that forgets nothing, such as one with appendfsync
	// always and no replicas.
	TrustServer
)

// Validate checks the settings without using them, for those that come from a
// file. New calls it. The error matches token.ErrConfig and shows no secrets.
func (c Config) Validate() error {
	_, err := c.complete()
	return err
}

// Format implements fmt.Formatter, so that no verb shows the credentials.
func (c Config) Format(s fmt.State, _ rune) {
	places := strings.Join(c.Addresses, " ")
	if at, err := c.complete(); err == nil {
		places = strings.Join(at.Addresses, " ")
	}
	_, _ = io.WriteString(s, printable.Line("replay store at "+places))
}

// complete is c with the URL in fields of its own and the defaults filled in.
func (c Config) complete() (Config, error) {
	if c.URL != "" {
		var err error
		if c, err = c.withURL(); err != nil {
			return c, err
		}
	}
	c.Addresses = append([]string(nil), c.Addresses...)
	c.TLS = c.TLS.Clone()
	if c.Prefix == "" {
		c.Prefix = "postern:dpop:"
	}
	if c.Timeout == 0 {
		c.Timeout = 200 * time.Millisecond
	}
	if c.DialTimeout == 0 {
		c.DialTimeout = 500 * time.Millisecond
	}
	if c.Dial == nil {
		c.Dial = (&net.Dialer{}).DialContext
	}
	return c, c.validate()
}

func (c Config) validate() error {
	if len(c.Addresses) == 0 {
		return badConfig("URL or Addresses is required")
	}
	for _, address := range c.Addresses {
		if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" {
			return badConfig("one of Addresses is not HOST:PORT")
		}
	}
	switch {
	case c.Database < 0:
		return badConfig("Database is %d", c.Database)
	case c.Username != "" && c.Password == "":
		return badConfig("Username needs a Password")
	case c.Credentials != nil && c.Password != "":
		return badConfig("Credentials and Password are both set")
	case c.AfterRestart > TrustServer:
		return badConfig("AfterRestart has the unknown value %d", c.AfterRestart)
	case len(c.Prefix) > 200 || !printable.Is(c.Prefix):
		return badConfig("Prefix is not at most 200 bytes of printable ASCII")
	case c.Timeout < time.Millisecond || c.Timeout > 10*time.Second:
		return badConfig("Timeout of %v is not from 1ms to 10s", c.Timeout)
	case c.DialTimeout < 10*time.Millisecond || c.DialTimeout > 10*time.Second:
		return badConfig("DialTimeout of %v is not from 10ms to 10s", c.DialTimeout)
	}
	return nil
}

func badConfig(format string, args ...any) error {
	return fmt.Errorf("dpop/valkey: %w: %s", token.ErrConfig, printable.Line(fmt.Sprintf(format, args...)))
}
