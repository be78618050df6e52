package middleware_test

import (
	"net"
	"net/http"
	"sync/atomic"
)

// connectionCount counts the connections of a server.
type connectionCount struct{ n atomic.Int64 }

func (c *connectionCount) observe(_ net.Conn, state http.ConnState) {
	if state == http.StateNew {
		c.n.Add(1)
	}
}
