package grpcauth

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// WriteHTTP answers a call over HTTP as package middleware would have refused
// it, if err is a refusal of an Interceptor, and reports whether it is. It is for
// gateways from HTTP to gRPC, which know status codes but not the challenges
// (RFC 6750 §3). err is the error of the gRPC call, and trailer its trailer, which
// has the challenges. As the error handler of grpc-gateway:
//
//	func answer(ctx context.Context, mux *runtime.ServeMux, m runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
//		md, _ := runtime.ServerMetadataFromContext(ctx)
//		if !grpcauth.WriteHTTP(w, err, md.TrailerMD) {
//			runtime.DefaultHTTPErrorHandler(ctx, mux, m, w, r, err)
//		}
//	}
//
// An error of the handler with the same code and details as a refusal counts as
// one. If WriteHTTP returns false, it has not touched w. It must be called before
// anything was written to w.
func WriteHTTP(w http.ResponseWriter, err error, trailer metadata.MD) bool {
	code := httpStatus(err, trailer)
	if code == 0 {
		return false
	}
	h := w.Header()
	for _, name := range []string{"Content-Type", "Content-Encoding", "Etag", "Last-Modified", "Retry-After"} {
		delete(h, name)
	}
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", "0")
	for _, name := range []string{"WWW-Authenticate", "DPoP-Nonce", "Authentication-Info"} {
		h.Del(name)
		for _, value := range trailer.Get(name) {
			h.Add(name, value)
		}
	}
	if wait := retryIn(err); code == http.StatusServiceUnavailable && wait > 0 {
		h.Set("Retry-After", strconv.Itoa(wait))
	}
	w.WriteHeader(code)
	return true
}

// httpStatus is the status of a refusal over HTTP, or 0 for any other error.
func httpStatus(err error, trailer metadata.MD) int {
	reason := reasonOf(err)
	switch status.Code(err) {
	case codes.Unauthenticated:
		if len(trailer.Get("www-authenticate")) == 0 {
			return 0
		}
		if reason == "INVALID_REQUEST" {
			return http.StatusBadRequest
		}
		return http.StatusUnauthorized
	case codes.PermissionDenied:
		if reason == "ACCESS_DENIED" || reason == "INSUFFICIENT_SCOPE" {
			return http.StatusForbidden
		}
	case codes.Unavailable:
		if strings.HasSuffix(reason, "UNAVAILABLE") {
			return http.StatusServiceUnavailable
		}
	}
	return 0
}

// reasonOf is the reason of the google.rpc.ErrorInfo of err, or "".
func reasonOf(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

// retryIn is the google.rpc.RetryInfo of err in whole seconds, rounded up, or 0.
func retryIn(err error) int {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			return int((info.GetRetryDelay().AsDuration() + time.Second - 1) / time.Second)
		}
	}
	return 0
}
