package contrib_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/gorilla/mux"
	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/contrib"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/token/tokentest"
)

// The functions below list the routes of a router for tokentest.Open, and are
// for the tests of a service.

// chiRoutes are the routes of a chi router, with those of its sub-routers. The
// error names a route that a request with a 1 for each wildcard does not lead
// to: list that one by hand.
func chiRoutes(r chi.Routes) (routes []tokentest.Route, err error) {
	err = chi.Walk(r, func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		route := tokentest.Route{Method: method, Path: path}
		routes = append(routes, route)
		if url := route.Request().URL.Path; !r.Match(chi.NewRouteContext(), method, url) {
			return fmt.Errorf("%v is not where %s leads to", route, url)
		}
		return nil
	})
	return routes, err
}

// gorillaRoutes are those of gorilla/mux. A route for any method counts as one
// for GET.
func gorillaRoutes(r *mux.Router) (routes []tokentest.Route, err error) {
	err = r.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, err := route.GetPathTemplate()
		if err != nil || route.GetHandler() == nil {
			return nil // a Subrouter
		}
		methods, err := route.GetMethods()
		if err != nil {
			methods = []string{http.MethodGet}
		}
		for _, method := range methods {
			routes = append(routes, tokentest.Route{Method: method, Path: path})
		}
		return nil
	})
	return routes, err
}

// ginRoutes are those of gin.
func ginRoutes(engine *gin.Engine) (routes []tokentest.Route) {
	for _, r := range engine.Routes() {
		routes = append(routes, tokentest.Route{Method: r.Method, Path: r.Path})
	}
	return routes
}

// echoRoutes are those of echo, without its entries for unknown routes.
func echoRoutes(e *echo.Echo) (routes []tokentest.Route) {
	for _, r := range e.Routes() {
		if r.Method != echo.RouteNotFound {
			routes = append(routes, tokentest.Route{Method: r.Method, Path: r.Path})
		}
	}
	return routes
}

// muxRoutes are those of a Mux of package middleware.
func muxRoutes(m *middleware.Mux) (routes []tokentest.Route) {
	for _, r := range m.Routes() {
		routes = append(routes, tokentest.ParseRoute(r.Pattern))
	}
	return routes
}

// Each router lists its routes, and those that answer without a token are the
// public ones. Of a Mux and of the closed router they are all known to answer.
func TestRoutesThatAnswer(t *testing.T) {
	t.Parallel()
	_, auth := newAuth(t)
	var listed contrib.ListingMux
	contrib.RegisterShop(&listed, auth)
	posternMux := contrib.PosternMux(auth)
	for name, row := range map[string]struct {
		service http.Handler
		routes  []tokentest.Route
	}{
		"chi":              {contrib.Chi(auth), must(chiRoutes(contrib.Chi(auth).(chi.Routes)))(t)},
		"closed":           {contrib.Closed(auth), must(chiRoutes(contrib.ClosedRouter(auth)))(t)},
		"gorilla":          {contrib.Gorilla(auth), must(gorillaRoutes(contrib.Gorilla(auth).(*mux.Router)))(t)},
		"gin":              {contrib.Gin(auth), ginRoutes(contrib.Gin(auth).(*gin.Engine))},
		"echo":             {contrib.Echo(auth), echoRoutes(contrib.Echo(auth).(*echo.Echo))},
		"Mux":              {posternMux, muxRoutes(posternMux.(*middleware.Mux))},
		"http.ServeMux":    {&listed, parsed(listed.Patterns)},
		"mounted in chi":   {contrib.MountedInChi(auth), muxRoutes(posternMux.(*middleware.Mux))},
		"mounted in gin":   {contrib.MountedInGin(auth), muxRoutes(posternMux.(*middleware.Mux))},
		"mounted in echo":  {contrib.MountedInEcho(auth), muxRoutes(posternMux.(*middleware.Mux))},
		"mounted, gorilla": {contrib.MountedInGorilla(auth), muxRoutes(posternMux.(*middleware.Mux))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Len(t, row.routes, 3)
			assert.Equal(t, []tokentest.Route{{Method: "GET", Path: "/healthz"}}, tokentest.Open(t.Context(), row.service, row.routes...))
		})
	}
}

func must(routes []tokentest.Route, err error) func(*testing.T) []tokentest.Route {
	return func(t *testing.T) []tokentest.Route {
		t.Helper()
		require.NoError(t, err)
		return routes
	}
}

func parsed(patterns []string) (routes []tokentest.Route) {
	for _, pattern := range patterns {
		routes = append(routes, tokentest.ParseRoute(pattern))
	}
	return routes
}

// A route that was forgotten is found in every list.
func TestForgottenRouteIsFound(t *testing.T) {
	t.Parallel()
	_, auth := newAuth(t)
	forgotten := tokentest.Route{Method: "GET", Path: "/debug/{name}"}
	r := contrib.ClosedRouter(auth)
	r.Get(forgotten.Path, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "a secret") })
	routes := must(chiRoutes(r))(t)
	assert.Contains(t, tokentest.Open(t.Context(), r, routes...), forgotten)

	resp, text := send(t, serve(t, auth.RequireDecision(r))+"/debug/vars", "GET", "")
	assert.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	assert.Empty(t, text)
}
