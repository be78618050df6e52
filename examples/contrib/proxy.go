package contrib

import (
	"net/http"
	"net/http/httputil"
	"net/url"
)

// Proxy is a reverse proxy in front of a guarded service. It sets the forwarded
// fields, and passes the caller's Authorization on, whose audience is the service
// behind it. The guard of that service reads no forwarded field: tell it the
// public address by scope.Resource.BaseURLs.
func Proxy(service *url.URL) http.Handler {
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(service)
		r.SetXForwarded()
	}}
}
