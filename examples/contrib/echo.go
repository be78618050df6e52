package contrib

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
)

// Echo is the shop on echo, whose WrapMiddleware takes a guard as it is.
func Echo(auth *middleware.Middleware) http.Handler {
	e := echo.New()
	e.GET("/healthz", echo.WrapHandler(http.HandlerFunc(healthy)))
	e.GET("/orders/:id", echo.WrapHandler(http.HandlerFunc(showOrder)), echo.WrapMiddleware(auth.Require(scope.All("orders:read"))))
	e.POST("/orders", echo.WrapHandler(http.HandlerFunc(placeOrder)), echo.WrapMiddleware(auth.Require(scope.All("orders:write"))))
	return e
}
