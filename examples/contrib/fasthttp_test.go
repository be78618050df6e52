package contrib_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttpadaptor"

	"github.com/postern-go/postern/examples/contrib"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

// The adaptor of fasthttp, which fiber uses as well, is not fit for a guard.
// These tests hold the reasons that docs/recipes.md gives: if one fails with a
// newer release, that page has to change.

// Of several Authorization fields the adaptor keeps the last, so that a proxy in
// front may have judged another token than the service.
func TestFasthttpHidesSeveralFields(t *testing.T) {
	t.Parallel()
	issuer, auth := newAuth(t)
	handler := fasthttpadaptor.NewFastHTTPHandler(contrib.PosternMux(auth))
	admitted := map[string]bool{}
	for _, r := range refusals.Run(t.Context(), issuer, sendable(fasthttpTarget(handler)), &refusals.Config{Scopes: []string{"orders:read"}}) {
		if r.Answer.Admitted && r.Err != nil {
			admitted[r.Attack.Name] = true
		}
	}
	assert.Equal(t, map[string]bool{
		"two Authorization fields with good tokens":  true,
		"good token after a field of another scheme": true,
	}, admitted)
}

func fasthttpTarget(h fasthttp.RequestHandler) tokentest.Target {
	return func(_ context.Context, c tokentest.Credentials) tokentest.Answer {
		var ctx fasthttp.RequestCtx
		ctx.Init(&fasthttp.Request{}, nil, nil)
		ctx.Request.SetRequestURI("http://api.example.com/orders/7?" + c.Query.Encode())
		for _, value := range c.Authorization {
			ctx.Request.Header.Add("Authorization", value)
		}
		for name, values := range c.Fields {
			ctx.Request.Header.Add(name, values[0])
		}
		h(&ctx)
		var challenges []string
		for _, value := range ctx.Response.Header.PeekAll("WWW-Authenticate") {
			challenges = append(challenges, string(value))
		}
		status := ctx.Response.StatusCode()
		return tokentest.Answer{Admitted: status < 400, Status: status, Challenge: challenges}
	}
}

// The fields that the adaptor hands over lie in a buffer for the next request:
// what is kept of a token turns into what the next caller sends.
func TestFasthttpReusesTheToken(t *testing.T) {
	t.Parallel()
	issuer, auth := newAuth(t)
	var kept *token.Token
	h := fasthttpadaptor.NewFastHTTPHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if verified, err := auth.Check(r, scope.Authenticated); err == nil && kept == nil {
			kept = verified
		}
	}))
	first, second := issuer.Token(tokentest.Subject("alice")), issuer.Token(tokentest.Subject("carol"))
	conn := fasthttpConn(t, h)
	for _, raw := range []string{first, second} {
		_, err := conn.WriteString("GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + raw + "\r\n\r\n")
		require.NoError(t, err)
		require.NoError(t, conn.Flush())
		resp, err := http.ReadResponse(conn.Reader, nil)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
	}
	require.NotNil(t, kept)
	assert.NotEqual(t, first, kept.Raw())
}

func fasthttpConn(t *testing.T, h fasthttp.RequestHandler) *bufio.ReadWriter {
	t.Helper()
	here, there := net.Pipe()
	t.Cleanup(func() { _ = here.Close() })
	go func() { _ = (&fasthttp.Server{Handler: h}).ServeConn(there) }()
	return bufio.NewReadWriter(bufio.NewReader(here), bufio.NewWriter(here))
}
