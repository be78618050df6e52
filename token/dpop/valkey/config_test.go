package valkey_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop/valkey"
)

func TestConfigRefused(t *testing.T) {
	t.Parallel()
	at := []string{"store:6379"}
	for name, cfg := range map[string]valkey.Config{
		"nothing":                 {},
		"no port":                 {Addresses: []string{"store"}},
		"no host":                 {Addresses: []string{":6379"}},
		"one without port":        {Addresses: []string{"a:1", "b"}},
		"both":                    {URL: "redis://store", Addresses: at},
		"URL and username":        {URL: "redis://store", Username: "u"},
		"URL and password":        {URL: "redis://store", Password: "p"},
		"URL and database":        {URL: "redis://store", Database: 1},
		"no scheme":               {URL: "store:6379"},
		"http":                    {URL: "http://store"},
		"no URL":                  {URL: "redis://hunter2@[::1"},
		"a slash in a password":   {URL: "redis://:hunter2/x@store"},
		"no host in URL":          {URL: "redis:///1"},
		"opaque":                  {URL: "redis:store"},
		"query":                   {URL: "redis://store?db=1"},
		"empty query":             {URL: "redis://store?"},
		"fragment":                {URL: "redis://store#1"},
		"no database":             {URL: "redis://store/x"},
		"negative database":       {URL: "redis://store/-1"},
		"two databases":           {URL: "redis://store/1/2"},
		"TLS without rediss":      {URL: "redis://store", TLS: &tls.Config{}},
		"database":                {Addresses: at, Database: -1},
		"username alone":          {Addresses: at, Username: "u"},
		"two sources of password": {Addresses: at, Password: "hunter2", Credentials: func(context.Context) (string, string, error) { return "", "", nil }},
		"long prefix":             {Addresses: at, Prefix: strings.Repeat("x", 201)},
		"prefix":                  {Addresses: at, Prefix: "a\nb"},
		"short timeout":           {Addresses: at, Timeout: time.Microsecond},
		"long timeout":            {Addresses: at, Timeout: time.Minute},
		"short dial timeout":      {Addresses: at, DialTimeout: time.Millisecond},
		"long dial timeout":       {Addresses: at, DialTimeout: time.Minute},
		"negative timeout":        {Addresses: at, Timeout: -1},
		"negative dial timeout":   {Addresses: at, DialTimeout: -1},
	} {
		s, err := valkey.New(cfg)
		assert.Nil(t, s, name)
		require.ErrorIs(t, err, token.ErrConfig, name)
		require.ErrorIs(t, cfg.Validate(), token.ErrConfig, name)
		assert.NotContains(t, err.Error(), "hunter2", name)
		assert.True(t, printable.Is(err.Error()), name)
	}
}

func TestConfigShowsNoSecrets(t *testing.T) {
	t.Parallel()
	for _, cfg := range []valkey.Config{
		{URL: "redis://user:hunter2@store:1/2"},
		{URL: "redis://user:hunter2@[store"},
		{Addresses: []string{"store:1"}, Username: "user", Password: "hunter2"},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			text := fmt.Sprintf(verb+verb, cfg, &cfg)
			assert.NotContains(t, text, "hunter2")
			assert.NotContains(t, text, "68756e7465723")
			if s, err := valkey.New(cfg); err == nil {
				assert.NotContains(t, fmt.Sprintf(verb, s), "hunter2")
			}
		}
	}
	assert.Equal(t, "replay store without a server", fmt.Sprint(&valkey.Store{}))
	assert.Equal(t, "replay store at store:1", fmt.Sprint(valkey.Config{URL: "redis://user:hunter2@store:1/2"}))
}

// TestURL holds what a URL means, by what reaches the server.
func TestURL(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		url, place string
		said       []string
	}{
		"bare":          {"redis://store", "store:6379", []string{"HELLO 3"}},
		"port":          {"valkey://store:1", "store:1", []string{"HELLO 3"}},
		"IPv6":          {"redis://[::1]", "[::1]:6379", []string{"HELLO 3"}},
		"slash":         {"redis://store/", "store:6379", []string{"HELLO 3"}},
		"password":      {"redis://:a%2Fb@store", "store:6379", []string{"HELLO 3 AUTH default a/b"}},
		"user and more": {"redis://u:p@store/3", "store:6379", []string{"HELLO 3 AUTH u p", "SELECT 3"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.RequireUserAuth("u", "p")
			f.RequireUserAuth("default", "a/b")
			place := ""
			s := newStore(t, valkey.Config{URL: c.url, Timeout: 5 * time.Second, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				place = network + " " + address
				return (&net.Dialer{}).DialContext(ctx, network, f.Addr())
			}})
			_ = s.Ready(t.Context())
			assert.Equal(t, "tcp "+c.place, place)
			assert.Subset(t, f.commands(), c.said)
		})
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.RequireUserAuth("u", "second")
	calls := 0
	s := newStore(t, valkey.Config{Addresses: []string{f.Addr()}, Timeout: 5 * time.Second, Credentials: func(ctx context.Context) (string, string, error) {
		_, limited := ctx.Deadline()
		assert.True(t, limited)
		calls++
		return "u", []string{"", "", "third", "second"}[min(calls, 3)], []error{nil, errors.New("hunter2"), nil, nil}[min(calls, 3)]
	}})
	_, err := s.Use(t.Context(), id(1), ttl)
	require.ErrorIs(t, err, valkey.ErrCredentials)
	assert.NotContains(t, err.Error(), "hunter2")
	assert.NotContains(t, err.Error(), "third")
	require.Eventually(t, func() bool { return s.Ready(t.Context()) == nil }, 10*time.Second, 10*time.Millisecond)
	wrong := newStore(t, valkey.Config{Addresses: []string{f.Addr()}, Username: "u", Password: "hunter2", Timeout: 5 * time.Second})
	_, err = wrong.Use(t.Context(), id(1), ttl)
	require.ErrorIs(t, err, valkey.ErrCredentials)
	assert.NotContains(t, err.Error(), "hunter2")
	none := newStore(t, valkey.Config{Addresses: []string{f.Addr()}, Timeout: 5 * time.Second})
	_, err = none.Use(t.Context(), id(1), ttl)
	assert.ErrorIs(t, err, valkey.ErrCredentials)
}

// FuzzURL holds that no URL panics, and that what is in front of an @ never shows.
func FuzzURL(f *testing.F) {
	for _, seed := range []string{"redis://u:hunter2@store:1/2", "rediss://store", "redis://:hunter2/x@store", "redis://hunter2@[::1", "redis:\x00//hunter2@a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cfg := valkey.Config{URL: text}
		err := cfg.Validate()
		shown := fmt.Sprint(cfg)
		if err != nil {
			shown += err.Error()
			if !errors.Is(err, token.ErrConfig) {
				t.Fatalf("%v does not match ErrConfig", err)
			}
		}
		if !printable.Is(shown) {
			t.Fatalf("not printable: %q", shown)
		}
		before, after, ok := strings.Cut(text, "hunter2")
		if ok && strings.Contains(after, "@") && !strings.Contains(before, "@") && strings.Contains(shown, "hunter2") && !strings.Contains(after[strings.LastIndexByte(after, '@'):], "hunter2") {
			t.Fatalf("%q shows in %q", text, shown)
		}
	})
}
