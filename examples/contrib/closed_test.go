package contrib_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/examples/contrib"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
)

// The routers of this package with their open health check: behind
// RequireDecision it is the one route that does not answer.
func TestRequireDecisionAroundRouters(t *testing.T) {
	t.Parallel()
	for name, router := range map[string]func(*middleware.Middleware) http.Handler{
		"net/http": contrib.NetHTTP, "chi": contrib.Chi, "alice": contrib.Alice, "gorilla": contrib.Gorilla, "gin": contrib.Gin, "echo": contrib.Echo,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, auth := newAuth(t)
			url := serve(t, auth.RequireDecision(router(auth)))
			resp, text := send(t, url+"/healthz", "GET", "")
			assert.Equal(t, http.StatusInternalServerError, resp.StatusCode)
			assert.Empty(t, text)
			resp, _ = send(t, url+"/orders/7", "GET", "")
			assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
		})
	}
}

// Unknown routes of the closed router tell a stranger nothing.
func TestClosedAndUnknownRoutes(t *testing.T) {
	t.Parallel()
	issuer, auth := newAuth(t)
	url := serve(t, contrib.Closed(auth))
	for _, row := range []struct {
		method, path, raw string
		status            int
	}{
		{"GET", "/absent", "", 401},
		{"DELETE", "/healthz", "", 401},
		{"GET", "/absent", issuer.Token(), 404},
		{"GET", "/healthz", "", 200},
	} {
		resp, _ := send(t, url+row.path, row.method, row.raw)
		assert.Equal(t, row.status, resp.StatusCode, "%s %s", row.method, row.path)
	}
}

// Frameworks wrap the writer of RequireDecision in one of their own, and ask it
// for more than the rest does: gin's Stream wants http.CloseNotifier.
func TestStreamsBehindRequireDecision(t *testing.T) {
	t.Parallel()
	issuer, auth := newAuth(t)
	engine := gin.New()
	engine.Use(func(c *gin.Context) {
		r, done := auth.Admit(c.Writer, c.Request, scope.Authenticated)
		defer done()
		if r != nil {
			c.Request = r
			c.Next()
		} else {
			c.Abort()
		}
	})
	engine.GET("/", func(c *gin.Context) {
		left := 2
		c.Stream(func(w io.Writer) bool {
			_, _ = io.WriteString(w, "more ")
			left--
			return left > 0
		})
	})
	e := echo.New()
	e.Use(echo.WrapMiddleware(auth.Require(scope.Authenticated)))
	e.GET("/", func(c echo.Context) error {
		for range 2 {
			_, _ = io.WriteString(c.Response(), "more ")
			c.Response().Flush()
		}
		return nil
	})
	for name, h := range map[string]http.Handler{"gin": engine, "echo": e} {
		resp, text := send(t, serve(t, auth.RequireDecision(h)), "GET", issuer.Token())
		assert.Equal(t, http.StatusOK, resp.StatusCode, name)
		assert.Equal(t, "more more ", text, name)
	}
}
