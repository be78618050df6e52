package hostname_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/internal/hostname"
)

func TestPlain(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"": "", "as.example.com": "as.example.com", "AS.Example.COM.": "as.example.com", "as.example.com..": "as.example.com.",
		"127.0.0.1": "127.0.0.1", "127.0.0.1.": "127.0.0.1", "::ffff:127.0.0.1": "127.0.0.1", "FD00:0::1": "fd00::1", "fe80::1%eth0": "fe80::1%eth0",
		"BAN\u212a.example.com": "ban\u212a.example.com",
	} {
		assert.Equal(t, want, hostname.Plain(host), host)
	}
}

func TestIsLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost.": true, "127.0.0.1": true, "127.9.8.7": true, "::1": true, "0:0::1": true, "::ffff:127.0.0.1": true,
		"": false, ".": false, "localhost..": false, "localhost.example.com": false, "127.0.0.1.example.com": false, "0.0.0.0": false, "::": false,
		"10.0.0.1": false, "127.1": false, "[::1]": false, "localhost:80": false,
	} {
		assert.Equal(t, want, hostname.IsLoopback(host), host)
	}
}
