package contrib_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/contrib"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// apiServer answers token reviews. It knows the tokens "robot", "alice" and
// "elsewhere", and the service by its own token.
type apiServer struct {
	answer func(w http.ResponseWriter) // instead of a review; nil: none
}

func (s apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.answer != nil {
		s.answer(w)
		return
	}
	var review struct {
		Kind string
		Spec struct {
			Token     string
			Audiences []string
		}
	}
	if r.Header.Get("Authorization") != "Bearer own" || r.URL.Path != "/apis/authentication.k8s.io/v1/tokenreviews" ||
		json.NewDecoder(r.Body).Decode(&review) != nil || review.Kind != "TokenReview" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	status := map[string]any{}
	switch review.Spec.Token {
	case "robot":
		status = about("system:serviceaccount:shop:robot", review.Spec.Audiences...)
	case "alice":
		status = about("alice", review.Spec.Audiences...)
	case "elsewhere":
		status = about("alice", "https://other.example.com")
	}
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(map[string]any{"kind": "TokenReview", "status": status})
}

func about(user string, audiences ...string) map[string]any {
	return map[string]any{
		"authenticated": true, "audiences": audiences,
		"user": map[string]any{"username": user, "groups": []string{"system:authenticated", "clerks"}},
	}
}

// by carries requests to a handler, without a server.
type by struct{ handler http.Handler }

func (b by) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

func newTokenReview(server http.Handler) *contrib.TokenReview {
	return &contrib.TokenReview{
		Server: "https://kubernetes.default.svc", Issuer: "https://kubernetes.default.svc", Audience: "https://shop.example.com",
		Credentials: func() (string, error) { return "own", nil },
		Client:      &http.Client{Transport: by{server}},
		Slots:       make(chan struct{}, 20),
	}
}

func ExampleTokenReview() {
	auth := middleware.New(newTokenReview(apiServer{}), nil)
	clerks := scope.AnyOf("groups", "clerks").And(scope.Client)
	handler := auth.Require(clerks)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t, _ := token.FromContext(r.Context())
		fmt.Println("served", t.Subject())
	}))
	for _, raw := range []string{"robot", "alice", "unheard-of"} {
		r := httptest.NewRequest(http.MethodGet, "/orders", nil)
		r.Header.Set("Authorization", "Bearer "+raw)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// served system:serviceaccount:shop:robot
	// 200
	// 403
	// 401
}

// What the API server says of a token is told the caller, and what it does not say
// is no verdict.
func TestTokenReviewOutcomes(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string) http.Handler {
		return apiServer{func(w http.ResponseWriter) { w.WriteHeader(status); _, _ = w.Write([]byte(body)) }}
	}
	const good = `{"kind":"TokenReview","status":{"authenticated":true,"audiences":["https://shop.example.com"],"user":{"username":"alice"}}}`
	for name, test := range map[string]struct {
		raw    string
		server http.Handler
		want   error
	}{
		"a user":                   {"alice", apiServer{}, nil},
		"no token":                 {"", apiServer{}, token.ErrMissing},
		"unknown":                  {"x", apiServer{}, token.ErrInactive},
		"for another service":      {"elsewhere", apiServer{}, token.ErrAudience},
		"a very long token":        {strings.Repeat("x", 1<<15), apiServer{}, token.ErrTooLarge},
		"audiences are not known":  {"x", answer(201, `{"kind":"TokenReview","status":{"authenticated":true,"user":{"username":"alice"}}}`), token.ErrAudience},
		"a user without a name":    {"x", answer(201, strings.Replace(good, "alice", "", 1)), token.ErrClaim},
		"200 instead of 201":       {"x", answer(200, good), nil},
		"this service is unknown":  {"x", answer(401, good), token.ErrUnavailable},
		"this service may not ask": {"x", answer(403, good), token.ErrUnavailable},
		"too many questions":       {"x", answer(429, ""), token.ErrUnavailable},
		"a fault":                  {"x", answer(500, good), token.ErrUnavailable},
		"a page":                   {"x", answer(200, "<title>"), token.ErrUnavailable},
		"authenticated is a text":  {"x", answer(201, strings.Replace(good, "true", `"true"`, 1)), token.ErrUnavailable},
		"another kind":             {"x", answer(201, strings.Replace(good, "TokenReview", "Status", 1)), token.ErrUnavailable},
		"no status":                {"x", answer(201, `{"kind":"TokenReview"}`), token.ErrUnavailable},
		"too long":                 {"x", answer(201, good+strings.Repeat(" ", 1<<17)), token.ErrUnavailable},
		"a redirect": {"x", apiServer{func(w http.ResponseWriter) {
			w.Header().Set("Location", "https://other.example.com/")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}}, token.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made, err := newTokenReview(test.server).Authenticate(t.Context(), token.Bearer(test.raw))
			if test.want == nil {
				require.NoError(t, err)
				assert.Equal(t, "alice", made.Subject())
				assert.Equal(t, token.SubjectUser, made.SubjectKind())
				return
			}
			require.ErrorIs(t, err, test.want)
			assert.True(t, token.IsOutcome(err))
			assert.NotContains(t, err.Error(), "own")
		})
	}
}

func TestTokenReviewIsBounded(t *testing.T) {
	t.Parallel()
	full := newTokenReview(apiServer{})
	full.Slots = make(chan struct{})
	_, err := full.Authenticate(t.Context(), token.Bearer("alice"))
	require.ErrorIs(t, err, token.ErrUnavailable)

	cut := newTokenReview(apiServer{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = cut.Authenticate(ctx, token.Bearer("alice"))
	require.ErrorIs(t, err, token.ErrUnavailable)

	anonymous := newTokenReview(apiServer{})
	anonymous.Credentials = func() (string, error) { return "", errors.New("no such file") }
	_, err = anonymous.Authenticate(t.Context(), token.Bearer("alice"))
	require.ErrorIs(t, err, token.ErrUnavailable)
	assert.Empty(t, anonymous.Slots, "a question that was not asked holds no slot")
}
