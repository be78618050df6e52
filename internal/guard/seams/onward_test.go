package seams_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/tokentest"
)

// boundCaller is a caller with a DPoP-bound token, as a service sees it that has
// checked its proof.
func boundCaller(t *testing.T) *token.Token {
	t.Helper()
	key, err := dpop.NewKey()
	require.NoError(t, err)
	prover, err := dpop.NewProver(key)
	require.NoError(t, err)
	checker, err := dpop.New(dpop.Config{})
	require.NoError(t, err)
	issuer := tokentest.NewIssuer(t, nil)
	cfg := issuer.Config()
	cfg.Confirmations = []token.ConfirmationChecker{checker}
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)

	const target = "https://api.example.com/orders"
	raw := issuer.Token(tokentest.Claim("cnf", map[string]string{"jkt": prover.Thumbprint()}))
	proof, err := prover.Proof(dpop.Claims{Method: http.MethodGet, URL: target, Token: raw})
	require.NoError(t, err)
	var caller *token.Token
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	r.Header.Set("Authorization", "DPoP "+raw)
	r.Header.Set("DPoP", proof)
	middleware.New(verifier, nil).Require(scope.Authenticated)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		caller, _ = token.FromContext(r.Context())
	})).ServeHTTP(httptest.NewRecorder(), r)
	require.NotNil(t, caller)
	return caller
}

// A caller's DPoP-bound token is of no use to the service behind, under any scheme:
// no Forwarder passes it on.
func TestForwardersRefuseDPoPBoundTokens(t *testing.T) {
	t.Parallel()
	caller := boundCaller(t)
	require.True(t, caller.Bound())
	ctx := token.NewContext(t.Context(), caller)

	behind := &recorder{}
	forwarder, err := middleware.NewForwarder(behind, "https://photos.example.com")
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://photos.example.com/", nil)
	require.NoError(t, err)
	_, err = forwarder.RoundTrip(r) //nolint:bodyclose // there is no response
	assert.ErrorIs(t, err, middleware.ErrBound)
	assert.NotContains(t, err.Error(), caller.Raw())
	assert.Empty(t, behind.seen)

	fields, err := grpcauth.NewForwarder().GetRequestMetadata(overPrivate(ctx), "https://photos.example.com/photos.v1.Photos")
	assert.Equal(t, codes.Internal, status.Code(err))
	assert.NotContains(t, err.Error(), caller.Raw())
	assert.Empty(t, fields)
}

// recorder is a service behind.
type recorder struct{ seen []*http.Request }

func (s *recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	s.seen = append(s.seen, r)
	return &http.Response{StatusCode: 200, Header: http.Header{"Dpop-Nonce": {"next"}}, Body: http.NoBody, Request: r}, nil
}

// overPrivate is the context of a call over a private connection, for credentials.
func overPrivate(ctx context.Context) context.Context {
	return credentials.NewContextWithRequestInfo(ctx, credentials.RequestInfo{AuthInfo: private{}, Method: "/photos.v1.Photos/List"})
}

type private struct{}

func (private) AuthType() string { return "tls" }
func (private) GetCommonAuthInfo() credentials.CommonAuthInfo {
	return credentials.CommonAuthInfo{SecurityLevel: credentials.PrivacyAndIntegrity}
}

// from makes a source for a Client of one of golang.org/x/oauth2.
func from(source oauth2.TokenSource) dpop.TokenSource {
	return func(context.Context) (string, string, error) {
		t, err := source.Token()
		if err != nil {
			return "", "", err
		}
		return t.AccessToken, t.Type(), nil
	}
}

// One Client serves both transports: the token and the nonces of a service are the
// same over both. A caller's token in the context is not what goes out.
func TestClientOverBothTransports(t *testing.T) {
	t.Parallel()
	key, err := dpop.NewKey()
	require.NoError(t, err)
	prover, err := dpop.NewProver(key)
	require.NoError(t, err)
	for name, row := range map[string]struct {
		source oauth2.TokenSource
		want   error
	}{
		"bound":      {oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "own", TokenType: "DPoP"}), nil},
		"lower case": {oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "own", TokenType: "dpop"}), nil},
		"Bearer":     {oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "own", TokenType: "bearer"}), dpop.ErrToken},
		"no type":    {oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "own"}), dpop.ErrToken},
		"an outage":  {broken{}, errDown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := dpop.NewClient(dpop.ClientConfig{Prover: prover, Tokens: from(row.source), Origins: []string{"https://photos.example.com"}})
			require.NoError(t, err)
			behind := &recorder{}
			transport, err := dpop.NewTransport(client, behind)
			require.NoError(t, err)
			ctx := token.NewContext(t.Context(), boundCaller(t))
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://photos.example.com/", nil)
			require.NoError(t, err)
			_, err = transport.RoundTrip(r) //nolint:bodyclose // http.NoBody
			require.ErrorIs(t, err, row.want)

			proofs, err := grpcauth.NewProofCredentials(client)
			require.NoError(t, err)
			fields, err := proofs.GetRequestMetadata(overPrivate(ctx), "https://photos.example.com/photos.v1.Photos")
			if row.want != nil {
				assert.Error(t, err)
				assert.Empty(t, behind.seen)
				assert.Empty(t, fields)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, "DPoP own", behind.seen[0].Header.Get("Authorization"))
			assert.Equal(t, metadata.Pairs("authorization", "DPoP own", "dpop", fields["dpop"]), metadata.New(fields))
			assert.Contains(t, payload(t, fields["dpop"]), `"nonce":"next"`)
			assert.NotContains(t, payload(t, behind.seen[0].Header.Get("DPoP")), "nonce")
		})
	}
}

var errDown = errors.New("the authorization server is down")

type broken struct{}

func (broken) Token() (*oauth2.Token, error) { return nil, errDown }

// payload is the claims of a proof, as JSON.
func payload(t *testing.T, proof string) string {
	t.Helper()
	parts := strings.Split(proof, ".")
	require.Len(t, parts, 3)
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	return string(raw)
}
