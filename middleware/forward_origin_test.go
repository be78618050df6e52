package middleware_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/token"
)

// A host that is not listed does not get to choose what a listed one is asked
// in the caller's name.
func TestForwarderAndRedirectsOfStrangers(t *testing.T) {
	t.Parallel()
	verified := newWorld(t).verified(t)
	const photos, albums, evil = "https://photos.example.com/", "https://albums.example.com/", "https://evil.example/"
	for name, row := range map[string]struct {
		start     string
		redirects map[string]string
		sent      []bool
	}{
		"listed alone":            {photos, nil, []bool{true}},
		"listed to listed":        {photos, map[string]string{"photos.example.com": albums}, []bool{true, true}},
		"stranger to listed":      {evil, map[string]string{"evil.example": photos + "1/delete"}, []bool{false, false}},
		"listed by a stranger":    {photos, map[string]string{"photos.example.com": evil, "evil.example": albums}, []bool{true, false, false}},
		"a stranger, two listed":  {evil, map[string]string{"evil.example": photos, "photos.example.com": albums}, []bool{false, false, false}},
		"same host in clear":      {"http://photos.example.com/", map[string]string{"photos.example.com": photos}, []bool{false, false}},
		"a stranger and no token": {evil, nil, []bool{false}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			net := &network{redirects: row.redirects}
			client := &http.Client{Transport: forwarder(t, net, photos[:len(photos)-1], albums[:len(albums)-1]), CheckRedirect: atMost(len(row.sent) - 1)}
			r := outbound(t, verified, row.start)
			r.Method, r.Body, r.GetBody = http.MethodPost, http.NoBody, func() (io.ReadCloser, error) { return http.NoBody, nil }
			_, err := client.Do(r) //nolint:bodyclose // http.NoBody
			require.NoError(t, err)
			require.Len(t, net.seen, len(row.sent))
			for n, r := range net.seen {
				assert.Equal(t, row.sent[n], r.Header.Get("Authorization") != "", "request %d, to %s", n, r.URL)
			}
		})
	}
}

// A response that does not say what it answers may come from anywhere.
func TestForwarderAndRedirectsOfUnknownOrigin(t *testing.T) {
	t.Parallel()
	var net network
	r := outbound(t, newWorld(t).verified(t), "https://photos.example.com/")
	r.Response = &http.Response{}
	_, err := forwarder(t, &net, "https://photos.example.com").RoundTrip(r) //nolint:bodyclose // http.NoBody
	require.NoError(t, err)
	assert.Equal(t, []string{"photos.example.com "}, net.authorizations())
}

// Two sources of the field are found out here, and not by the service.
func TestForwarderAndSeveralAuthorizations(t *testing.T) {
	t.Parallel()
	verified := newWorld(t).verified(t)
	const listed = "https://photos.example.com/"
	for name, row := range map[string]struct {
		target string
		header http.Header
		token  *token.Token
		err    error
	}{
		"wrong case":                {listed, http.Header{"authorization": {"Bearer own"}}, verified, nil},
		"capitals":                  {listed, http.Header{"AUTHORIZATION": {"Bearer own"}}, verified, nil},
		"wrong case, empty":         {listed, http.Header{"authorization": {}}, verified, nil},
		"two spellings":             {listed, http.Header{"authorization": {"Bearer a"}, "Authorization": {"Bearer b"}}, verified, middleware.ErrSeveralAuthorizations},
		"two spellings, no token":   {listed, http.Header{"authorization": {"Bearer a"}, "Authorization": {"Bearer b"}}, nil, middleware.ErrSeveralAuthorizations},
		"two values":                {listed, http.Header{"Authorization": {"Bearer a", "Bearer b"}}, verified, middleware.ErrSeveralAuthorizations},
		"two spellings, one filled": {listed, http.Header{"authorization": {}, "Authorization": {"Bearer b"}}, verified, nil},
		"two values, elsewhere":     {"https://evil.example/", http.Header{"Authorization": {"Bearer a", "Bearer b"}}, verified, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var net network
			body := &closeRecorder{Reader: strings.NewReader("x")}
			r := outbound(t, row.token, row.target)
			r.Header, r.Body = row.header.Clone(), body
			_, err := forwarder(t, &net, "https://photos.example.com").RoundTrip(r) //nolint:bodyclose // http.NoBody
			require.ErrorIs(t, err, row.err)
			assert.True(t, body.closed)
			if row.err != nil {
				assert.Empty(t, net.seen)
				return
			}
			require.Len(t, net.seen, 1)
			assert.Equal(t, row.header, net.seen[0].Header, "as the program has set it")
		})
	}
}

// Where a transport of the program's own connects to cannot be seen.
func TestLocalhostNeedsTheForwardersOwnTransport(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"http://localhost", "http://localhost:8080", "HTTP://LOCALHOST"} {
		_, err := middleware.NewForwarder(&network{}, origin)
		assert.ErrorIs(t, err, token.ErrConfig, origin)
		_, err = middleware.NewForwarder(nil, origin)
		assert.NoError(t, err, origin)
	}
	for _, origin := range []string{"http://127.0.0.1", "http://[::1]:8080", "https://localhost"} {
		_, err := middleware.NewForwarder(&network{}, origin)
		assert.NoError(t, err, origin)
	}
}
