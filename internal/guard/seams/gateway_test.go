package seams_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// trailerOf are the fields of a reply over gRPC as it sent them.
func trailerOf(r reply) metadata.MD {
	md := metadata.MD{}
	for name, values := range r.fields {
		md.Set(name, values...)
	}
	return md
}

// A gateway that answers by WriteHTTP answers what the HTTP guard does, header
// field for header field.
func TestGatewaysAnswerAsTheMiddlewareDoes(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		sent   []string
		policy scope.Policy
		err    error // of the Authenticator
	}{
		"missing":        {nil, scope.Authenticated, nil},
		"malformed":      {[]string{"Bearer"}, scope.Authenticated, nil},
		"several":        {[]string{"Bearer a", "Bearer b"}, scope.Authenticated, nil},
		"expired":        {[]string{"Bearer a"}, scope.Authenticated, token.ErrExpired},
		"scope":          {[]string{"Bearer a"}, scope.All("write"), nil},
		"denied":         {[]string{"Bearer a"}, scope.Authenticated, token.ErrDenied},
		"step-up":        {[]string{"Bearer a"}, scope.Authenticated, &token.StepUpError{ACRValues: []string{"gold"}}},
		"outage":         {[]string{"Bearer a"}, scope.Authenticated, token.ErrKeysUnavailable},
		"no verdict":     {[]string{"Bearer a"}, scope.Authenticated, errors.New("boom")},
		"own code":       {[]string{"Bearer a"}, scope.Authenticated, staleNonce{}},
		"response field": {[]string{"Proof stale"}, scope.Authenticated, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good := verified(t)
			var auth token.Authenticator = judge(func(context.Context, token.Presentation) (*token.Token, error) {
				return good, row.err
			})
			if name == "response field" {
				auth = nonces(good)
			}
			s := setup{auth: auth, policy: row.policy}
			want := overHTTP(t, s, row.sent...)
			got := overUnary(t, s, row.sent...)
			w := httptest.NewRecorder()
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("WWW-Authenticate", "of the gateway")
			w.Header().Set("Retry-After", "3600")
			assert.True(t, grpcauth.WriteHTTP(w, got.err, trailerOf(got)))
			assert.Equal(t, want.status, w.Code)
			assert.Equal(t, want.fields, w.Header())
			assert.Empty(t, w.Body.Bytes())
		})
	}
}

// What is no refusal is left to the gateway.
func TestWriteHTTPLeavesTheRest(t *testing.T) {
	t.Parallel()
	detailed := func(code codes.Code, reason string) error {
		st, err := status.New(code, "no").WithDetails(&errdetails.ErrorInfo{Reason: reason})
		assert.NoError(t, err)
		return st.Err()
	}
	for name, err := range map[string]error{
		"success":                        nil,
		"another error":                  errors.New("boom"),
		"not found":                      status.Error(codes.NotFound, "no"),
		"unauthenticated, no challenge":  detailed(codes.Unauthenticated, "INVALID_TOKEN"),
		"denied by the handler":          status.Error(codes.PermissionDenied, "no"),
		"denied by the handler, details": detailed(codes.PermissionDenied, "NOT_THE_OWNER"),
		"unavailable":                    status.Error(codes.Unavailable, "no"),
		"unavailable, details":           detailed(codes.Unavailable, "MAINTENANCE"),
		"another code":                   detailed(codes.Internal, "ACCESS_DENIED"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			assert.False(t, grpcauth.WriteHTTP(w, err, metadata.MD{"x": {"y"}}))
			assert.Equal(t, http.Header{}, w.Header())
		})
	}
}
