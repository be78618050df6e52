package valkey

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	valkeygo "github.com/valkey-io/valkey-go"
)

// connect makes a session with the first address that has a primary.
func (c Config) connect(ctx context.Context) (s *session, err error) {
	for _, address := range c.Addresses {
		if s, err = c.connectTo(ctx, address); err == nil {
			return s, nil
		}
	}
	return nil, err
}

func (c Config) connectTo(ctx context.Context, address string) (*session, error) {
	options, conn, err := c.options(ctx, address)
	if err != nil {
		return nil, err
	}
	client, err := valkeygo.NewClient(options)
	if client == nil {
		return nil, faultOf(err)
	}
	s := &session{client: client, address: address, over: conn.close}
	if err == nil {
		err = s.inspect(ctx, c)
	}
	if err != nil {
		s.close()
		return nil, faultOf(err)
	}
	return s, nil
}

// options are those of a client with one connection that it does not make again.
// Commands are always pipelined: otherwise a caller that gives up would break the
// connection for all. Nothing is repeated, since a repeated SET NX would call a
// proof a replay of itself.
func (c Config) options(ctx context.Context, address string) (valkeygo.ClientOption, *single, error) {
	username, password, err := c.credentials(ctx)
	if err != nil {
		return valkeygo.ClientOption{}, nil, &fault{reason: ErrCredentials, seen: "valkey.Config.Credentials returned an error", cause: err}
	}
	conn := &single{config: c, address: address}
	return valkeygo.ClientOption{
		InitAddress:         []string{address},
		ForceSingleClient:   true,
		Username:            username,
		Password:            password,
		SelectDB:            c.Database,
		ClientSetInfo:       valkeygo.DisableClientSetInfo,
		DialCtxFn:           conn.dial,
		Dialer:              net.Dialer{Timeout: c.DialTimeout, KeepAlive: time.Second}, // also how often it pings
		ConnWriteTimeout:    500 * time.Millisecond,                                     // for the answer to a ping
		PipelineMultiplex:   -1,                                                         // one connection
		AlwaysPipelining:    true,
		DisableRetry:        true,
		DisableCache:        true,
		ReadBufferEachConn:  64 << 10,
		WriteBufferEachConn: 64 << 10,
	}, conn, nil
}

func (c Config) credentials(ctx context.Context) (username, password string, err error) {
	if c.Credentials == nil {
		return c.Username, c.Password, nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.DialTimeout)
	defer cancel()
	return c.Credentials(ctx)
}

// single connects once.
type single struct {
	config  Config
	address string
	used    atomic.Bool
	conn    atomic.Pointer[net.Conn]
}

func (s *single) close() {
	if conn := s.conn.Load(); conn != nil {
		_ = (*conn).Close()
	}
}

func (s *single) dial(ctx context.Context, _ string, _ *net.Dialer, _ *tls.Config) (net.Conn, error) {
	if !s.used.CompareAndSwap(false, true) {
		return nil, errOver
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.DialTimeout)
	defer cancel()
	conn, err := s.config.Dial(ctx, "tcp", s.address)
	if err != nil {
		return nil, err
	}
	if conn == nil {
		return nil, errors.New("valkey.Config.Dial returned no connection")
	}
	if s.config.TLS != nil {
		if conn, err = s.secured(ctx, conn); err != nil {
			return nil, err
		}
	}
	s.conn.Store(&conn)
	return conn, nil
}

func (s *single) secured(ctx context.Context, conn net.Conn) (net.Conn, error) {
	cfg := s.config.TLS.Clone()
	if cfg.ServerName == "" {
		cfg.ServerName, _, _ = net.SplitHostPort(s.address)
	}
	secure := tls.Client(conn, cfg)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return secure, nil
}
