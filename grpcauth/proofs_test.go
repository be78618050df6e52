package grpcauth_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
)

const ownToken = "mF_9.B5f-4.1JqM"

// proofsFor are credentials with a token for the origins.
func proofsFor(tb testing.TB, tokens dpop.TokenSource, origins ...string) grpcauth.ProofCredentials {
	tb.Helper()
	key, err := dpop.NewKey()
	require.NoError(tb, err)
	prover, err := dpop.NewProver(key)
	require.NoError(tb, err)
	return proofsOf(tb, prover, tokens, origins...)
}

func proofsOf(tb testing.TB, prover *dpop.Prover, tokens dpop.TokenSource, origins ...string) grpcauth.ProofCredentials {
	tb.Helper()
	client, err := dpop.NewClient(dpop.ClientConfig{Prover: prover, Tokens: tokens, Origins: origins})
	require.NoError(tb, err)
	proofs, err := grpcauth.NewProofCredentials(client)
	require.NoError(tb, err)
	return proofs
}

// tokensOf is a source of one token.
func tokensOf(accessToken, kind string, err error) dpop.TokenSource {
	return func(context.Context) (string, string, error) { return accessToken, kind, err }
}

// claimsOf are those of a proof.
func claimsOf(tb testing.TB, proof string) (claims map[string]any) {
	tb.Helper()
	parts := strings.Split(proof, ".")
	require.Len(tb, parts, 3)
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(tb, err)
	require.NoError(tb, json.Unmarshal(raw, &claims))
	return claims
}

func TestProofCredentials(t *testing.T) {
	t.Parallel()
	const photos = "https://photos.example.com"
	good := tokensOf(ownToken, "DPoP", nil)
	private, onLoopback := connection{"tls", credentials.PrivacyAndIntegrity}, connection{"local", credentials.NoSecurity}
	remote := proofsFor(t, good, photos)
	loopback := remote.AllowLoopback()
	for name, row := range map[string]struct {
		p     grpcauth.ProofCredentials
		over  credentials.AuthInfo
		uri   string
		pairs []string
		want  codes.Code
	}{
		"over TLS":                           {remote, private, photos, nil, codes.OK},
		"over TLS, loopback allowed":         {loopback, private, photos, nil, codes.OK},
		"over loopback, allowed":             {loopback, onLoopback, photos, nil, codes.OK},
		"over loopback, not allowed":         {remote, onLoopback, photos, nil, codes.Internal},
		"in clear, loopback allowed":         {loopback, connection{"insecure", credentials.NoSecurity}, photos, nil, codes.Internal},
		"integrity only":                     {remote, connection{"x", credentials.IntegrityOnly}, photos, nil, codes.Internal},
		"a transport that says nothing":      {loopback, silent{}, photos, nil, codes.Internal},
		"no transport":                       {loopback, nil, photos, nil, codes.Internal},
		"another authority":                  {remote, private, "https://evil.example", nil, codes.Internal},
		"another port":                       {remote, private, photos + ":444", nil, codes.Internal},
		"no URI":                             {remote, private, "", nil, codes.Internal},
		"a URI that is none":                 {remote, private, "https://%zz", nil, codes.Internal},
		"the program has set its own token":  {remote, private, photos, []string{"authorization", "Bearer own"}, codes.Internal},
		"the program has set its own proof":  {remote, private, photos, []string{"DPoP", "own"}, codes.Internal},
		"the program has set something":      {remote, private, photos, []string{"x-trace", "1"}, codes.OK},
		"Bearer":                             {proofsFor(t, tokensOf(ownToken, "Bearer", nil), photos), private, photos, nil, codes.Internal},
		"a source that is down":              {proofsFor(t, tokensOf(ownToken, "DPoP", errors.New("down")), photos), private, photos, nil, codes.Unavailable},
		"a source that says who is to blame": {proofsFor(t, tokensOf("", "", status.Error(codes.Unauthenticated, "no")), photos), private, photos, nil, codes.Unavailable},
		"the zero value":                     {grpcauth.ProofCredentials{}, private, photos, nil, codes.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := metadata.AppendToOutgoingContext(t.Context(), row.pairs...)
			ctx = credentials.NewContextWithRequestInfo(ctx, credentials.RequestInfo{AuthInfo: row.over, Method: "/photos.v1.Photos/List"})
			got, err := row.p.GetRequestMetadata(ctx, row.uri+"/photos.v1.Photos")
			require.Equal(t, row.want, status.Code(err), "%v", err)
			if err != nil {
				assert.Empty(t, got)
				assert.NotContains(t, err.Error(), ownToken)
				return
			}
			assert.Equal(t, "DPoP "+ownToken, got["authorization"])
			claims := claimsOf(t, got["dpop"])
			assert.Equal(t, "POST", claims["htm"])
			assert.Equal(t, photos+"/photos.v1.Photos/List", claims["htu"])
			assert.Len(t, got, 2)
		})
	}
}

func TestProofCredentialsOutsideACall(t *testing.T) {
	t.Parallel()
	p := proofsFor(t, tokensOf(ownToken, "DPoP", nil), "https://photos.example.com")
	_, err := p.GetRequestMetadata(t.Context())
	assert.Equal(t, codes.Internal, status.Code(err))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p = proofsFor(t, tokensOf("", "", context.Canceled), "https://photos.example.com")
	ctx = credentials.NewContextWithRequestInfo(ctx, credentials.RequestInfo{AuthInfo: connection{"tls", credentials.PrivacyAndIntegrity}, Method: "/a.B/C"})
	_, err = p.GetRequestMetadata(ctx, "https://photos.example.com/a.B")
	assert.Equal(t, codes.Canceled, status.Code(err))
}

func TestNewProofCredentials(t *testing.T) {
	t.Parallel()
	_, err := grpcauth.NewProofCredentials(nil)
	assert.ErrorIs(t, err, token.ErrConfig)
	p := proofsFor(t, tokensOf(ownToken, "DPoP", nil), "https://photos.example.com")
	assert.True(t, p.RequireTransportSecurity())
	assert.False(t, p.AllowLoopback().RequireTransportSecurity())
	_, err = grpc.NewClient("passthrough:///x", append(p.DialOptions(), grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	assert.Error(t, err, "dialing in clear fails")
}

// A call has one source of credentials.
func TestProofsAndOtherCredentials(t *testing.T) {
	t.Parallel()
	for kind, call := range calls {
		w := newProofWorld(t, refuser(func(int64) string { return "" }, token.ErrNonce), proofsFor(t, tokensOf(ownToken, "DPoP", nil), "https://"+host), settings{})
		err := call(t.Context(), clientWith{w.client, []grpc.CallOption{grpc.PerRPCCredentials(own("Bearer own"))}}).err
		assert.Equal(t, codes.Internal, status.Code(err), kind)
		err = call(with(t.Context(), "authorization", "Bearer own"), w.client).err
		assert.Equal(t, codes.Internal, status.Code(err), kind)
		assert.Zero(t, w.log.attempts())
	}
}

// proofLog keeps the claims of the proofs that a server was sent.
type proofLog struct {
	mu     sync.Mutex
	claims []map[string]any
}

func (l *proofLog) note(tb testing.TB, ctx context.Context) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, proof := range metadata.ValueFromIncomingContext(ctx, "dpop") {
		l.claims = append(l.claims, claimsOf(tb, proof))
	}
	return len(l.claims)
}

func (l *proofLog) attempts() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.claims)
}

// options note the proofs of all calls before the guard sees them.
func (l *proofLog) options(tb testing.TB) []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			l.note(tb, ctx)
			return handler(ctx, req)
		}),
		grpc.ChainStreamInterceptor(func(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			l.note(tb, ss.Context())
			return handler(srv, ss)
		}),
	}
}
