package contrib

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/gorilla/mux"
	"github.com/labstack/echo/v4"

	"github.com/postern-go/postern/middleware"
)

// MountedInChi has the routes of a Mux below a chi router, whose own
// middlewares run for them. The patterns of the Mux are whole paths.
func MountedInChi(auth *middleware.Middleware) http.Handler {
	r := chi.NewRouter()
	r.Mount("/", PosternMux(auth))
	return r
}

// MountedInGorilla is the same below gorilla/mux.
func MountedInGorilla(auth *middleware.Middleware) http.Handler {
	r := mux.NewRouter()
	r.PathPrefix("/").Handler(PosternMux(auth))
	return r
}

// MountedInGin is the same below gin.
func MountedInGin(auth *middleware.Middleware) http.Handler {
	engine := gin.New()
	engine.Any("/*path", gin.WrapH(PosternMux(auth)))
	return engine
}

// MountedInEcho is the same below echo.
func MountedInEcho(auth *middleware.Middleware) http.Handler {
	e := echo.New()
	e.Any("/*", echo.WrapHandler(PosternMux(auth)))
	return e
}
