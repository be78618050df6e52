package tokentest_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/token/tokentest"
)

func TestHTTPTargetTellsRetryAfter(t *testing.T) {
	t.Parallel()
	call := tokentest.HTTPTarget(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusServiceUnavailable)
	}), nil)
	assert.Equal(t, tokentest.Answer{Status: 503, RetryAfter: "7"}, call(t.Context(), tokentest.Credentials{}))
}

func FuzzChallenge(f *testing.F) {
	f.Add(`Bearer realm="api", error="invalid_token", error_description="The access token is invalid"`)
	f.Add(`Bearer error=invalid_token`)
	f.Add(`Bearer realm="a\"b,c", , ERROR = "x"`)
	f.Add(`Bearer realm="unterminated \`)
	f.Add(``)
	f.Fuzz(func(t *testing.T, text string) {
		// Every answer of a service can be described, and an error parameter
		// in front is found.
		_ = tokentest.Answer{Status: 401, Challenge: []string{text}}.String()
		answer := tokentest.Answer{Status: 401, Challenge: []string{`Bearer error="invalid_token", ` + text}}
		assert.Equal(t, "401 invalid_token", answer.String())
	})
}

func TestHTTPTarget(t *testing.T) {
	t.Parallel()
	var seen *http.Request
	call := tokentest.HTTPTarget(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r
		_, _ = io.WriteString(w, "hello")
	}), nil)
	answer := call(t.Context(), tokentest.Credentials{
		Authorization: []string{"a", "b"},
		Fields:        http.Header{"X-Other": {"c"}},
		Query:         map[string][]string{"q": {"d"}},
	})
	assert.True(t, answer.Admitted)
	assert.Equal(t, 200, answer.Status)
	assert.Equal(t, []string{"a", "b"}, seen.Header.Values("Authorization"))
	assert.Equal(t, "c", seen.Header.Get("X-Other"))
	assert.Equal(t, "d", seen.FormValue("q"))
	assert.Equal(t, http.MethodGet, seen.Method)
}
