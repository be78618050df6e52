package contrib

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
)

// Gin is the shop on an engine of gin.
func Gin(auth *middleware.Middleware) http.Handler {
	engine := gin.New()
	engine.GET("/healthz", gin.WrapF(healthy))
	engine.GET("/orders/:id", ginGuard(auth, scope.All("orders:read")), gin.WrapF(showOrder))
	engine.POST("/orders", ginGuard(auth, scope.All("orders:write")), gin.WrapF(placeOrder))
	return engine
}

// ginGuard is Require for gin. The handlers behind it find the token in the
// context of c.Request.
func ginGuard(auth *middleware.Middleware, p scope.Policy) gin.HandlerFunc {
	return func(c *gin.Context) {
		r, done := auth.Admit(c.Writer, c.Request, p)
		defer done()
		if r == nil {
			c.Abort()
			return
		}
		c.Request = r
		c.Next()
	}
}
