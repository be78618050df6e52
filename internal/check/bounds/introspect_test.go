package bounds_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/introspect"
)

// endpoint finds one token active.
type endpoint struct{}

func (endpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	said := `{"active":false}`
	if form.Get("token") == "good" {
		said = fmt.Sprintf(`{"active":true,"sub":"alice","client_id":"web","aud":"api","scope":"read","exp":%d}`, time.Now().Add(time.Hour).Unix())
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(said)), Request: r}, nil
}

// introspection is about answers that are remembered.
func introspection(t *testing.T) []subject {
	t.Helper()
	auth, err := introspect.New(introspect.Config{
		Issuer: "https://as.example.com", Audience: []string{"api"}, Endpoint: "https://as.example.com/introspect",
		Credentials: introspect.Basic("photos", "secret"), HTTPClient: &http.Client{Transport: endpoint{}},
		GoodFor: 5 * time.Minute, BadFor: time.Minute,
	})
	require.NoError(t, err)
	w := newWorld(t, "ES256")
	router, err := token.NewRouter(token.RouterConfig{JWT: w.warm, Opaque: auth})
	require.NoError(t, err)
	return []subject{
		{"introspect/warm", passes(auth, "good")},
		{"introspect/warm/router", passes(router, "good")},
		{"introspect/warm/router/jwt", passes(router, w.good(900))},
		{"introspect/inactive", fails(auth, "bad", token.ErrInactive)},
		{"introspect/form", fails(auth, "a b", token.ErrMalformed)},
		{"introspect/too-large", fails(auth, strings.Repeat("A", 1<<20), token.ErrTooLarge)},
	}
}
