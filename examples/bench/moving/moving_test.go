package moving_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/bench/moving"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

const (
	audience = "https://api.example.com"
	right    = "orders:read"
	page     = "../../../docs/migrating.md"
)

// verdict is what becomes of a call: what the old guard did, and the reason that
// postern's log has, which is empty if there is no line.
type verdict struct {
	admitted bool
	reason   string
}

// service makes a call with a token.
type service func(t *testing.T, raw string) verdict

// column is an old guard.
type column struct {
	name string
	with func(*testing.T, *tokentest.Issuer) service
}

func columns() []column {
	return []column{
		{"go-jwt-middleware v2", behind(moving.Auth0V2)},
		{"go-jwt-middleware v3", behind(moving.Auth0V3)},
		{"go-oidc", behind(moving.GoOIDC)},
		{"golang-jwt", behind(moving.GolangJWT)},
		{"jwx", behind(moving.JWX)},
		{"gRPC", behindAuthFunc},
		{"Envoy", behindEnvoy},
	}
}

func newIssuer(t *testing.T) *tokentest.Issuer {
	t.Helper()
	return tokentest.NewIssuer(t, &tokentest.Options{Audience: []string{audience}, Algorithms: []string{"RS256", "RS512", "ES256"}})
}

func settings(i *tokentest.Issuer) moving.Settings {
	return moving.Settings{Issuer: i.Identifier(), KeysURL: i.KeysURL(), Audience: audience, HTTPClient: i.Client()}
}

func newVerifier(t *testing.T, i *tokentest.Issuer) *token.Verifier {
	t.Helper()
	verifier, err := token.NewVerifier(i.Config(audience))
	require.NoError(t, err)
	return verifier
}

// behind is a service over HTTP.
func behind(old moving.Old) func(*testing.T, *tokentest.Issuer) service {
	return func(t *testing.T, i *tokentest.Issuer) service {
		t.Helper()
		guard, err := old(t.Context(), settings(i))
		require.NoError(t, err)
		var log bytes.Buffer
		handler := moving.Beside(guard, newVerifier(t, i), scope.All(right), logger(&log), http.HandlerFunc(
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
		return func(t *testing.T, raw string) verdict {
			t.Helper()
			log.Reset()
			r := httptest.NewRequest(http.MethodGet, "/orders", nil)
			r.Header.Set("Authorization", "Bearer "+raw)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			return verdict{w.Code == http.StatusNoContent, reason(t, &log)}
		}
	}
}

func logger(log *bytes.Buffer) *slog.Logger { return slog.New(slog.NewJSONHandler(log, nil)) }

// reason is what an operator reads in the log.
func reason(t *testing.T, log *bytes.Buffer) string {
	t.Helper()
	if log.Len() == 0 {
		return ""
	}
	var line struct{ Level, Msg, Reason string }
	require.NoError(t, json.Unmarshal(log.Bytes(), &line), log.String())
	require.Equal(t, "WARN call would be refused", line.Level+" "+line.Msg)
	require.NotEmpty(t, line.Reason)
	return line.Reason
}

// accepts is what postern does without an old guard in front.
func accepts(t *testing.T, verifier *token.Verifier, raw string) bool {
	t.Helper()
	got, err := verifier.Authenticate(context.Background(), token.Bearer(raw))
	return err == nil && got.HasScope(right)
}

// The page shows what becomes of each kind of token, as the log tells it.
func TestWhatChanges(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	verifier := newVerifier(t, issuer)
	table := table(t, issuer, verifier)
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	assert.Truef(t, strings.Contains(string(text), table), "%s lacks this table:\n\n%s", page, table)
}

func table(t *testing.T, issuer *tokentest.Issuer, verifier *token.Verifier) string {
	t.Helper()
	var b strings.Builder
	var services []service
	b.WriteString("| token |")
	for _, c := range columns() {
		fmt.Fprintf(&b, " %s |", c.name)
		services = append(services, c.with(t, issuer))
	}
	fmt.Fprintf(&b, "\n|---|%s\n", strings.Repeat("---|", len(services)))
	for _, k := range kinds() {
		raw := k.mint(issuer)
		good := accepts(t, verifier, raw)
		fmt.Fprintf(&b, "| %s |", k.name)
		for i, call := range services {
			got := call(t, raw)
			require.Equal(t, got.admitted && !good, got.reason != "", "%s: %s", columns()[i].name, k.name)
			fmt.Fprintf(&b, " %s |", cell(got, good, k.undescribed && columns()[i].name == "Envoy"))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func cell(v verdict, good, undescribed bool) string {
	switch {
	case undescribed:
		return "?"
	case v.admitted && good:
		return "accepted"
	case v.admitted:
		return "**" + v.reason + "**"
	case good:
		return "accepted now"
	default:
		return "refused"
	}
}
