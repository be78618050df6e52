package seams_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/grpcauth/grpcauthtest"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// inPossession checks tokens bound by a method of its own: the caller sends a
// DPoP value for the URL of the call. It hands back a nonce either way.
type inPossession struct{}

func (inPossession) Method() string { return "url" }

func (inPossession) Check(_ context.Context, t *token.Token, p token.Presentation) error {
	p.Respond("DPoP-Nonce", "next")
	call := p.Request()
	if held, _ := t.Confirmation("url"); len(call.DPoP) != 1 || call.DPoP[0] != held+" "+call.Method+" "+call.URL.Path {
		return unproved{}
	}
	return nil
}

// unproved is the refusal of inPossession.
type unproved struct{}

func (unproved) Error() string                  { return "the proof is not for this call" }
func (unproved) Unwrap() error                  { return token.ErrBinding }
func (unproved) Challenge() (code, text string) { return "invalid_dpop_proof", "Invalid DPoP proof" }

// A Verifier asks a check about the binding, and what the check hands back
// reaches the caller through servers as they are.
func TestCheckOverTheWire(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	cfg := issuer.Config()
	cfg.Confirmations = []token.ConfirmationChecker{inPossession{}}
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	raw := issuer.Token(tokentest.Claim("cnf", map[string]string{"url": "key"}))
	auths := map[string]token.Authenticator{
		"a Verifier": verifier, "by issuer": token.ByIssuer(map[string]token.Authenticator{issuer.Identifier(): verifier}),
	}
	for name, auth := range auths {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 2 { // remembered at the second time
				wireHTTP(t, auth, raw)
				wireGRPC(t, auth, raw)
			}
		})
	}
}

const refusal = `Bearer realm="api", error="invalid_dpop_proof", error_description="Invalid DPoP proof"`

func wireHTTP(t *testing.T, auth token.Authenticator, raw string) {
	t.Helper()
	mux := middleware.New(auth, nil).NewMux()
	mux.HandleFunc("GET /orders", scope.Authenticated, func(http.ResponseWriter, *http.Request) {})
	for proof, want := range map[string]int{"key GET /orders": 200, "key GET /other": 401} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/orders", nil)
		r.Header = http.Header{"Authorization": {"Bearer " + raw}, "Dpop": {proof}}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		assert.Equal(t, want, w.Code)
		assert.Equal(t, "next", w.Header().Get("DPoP-Nonce"))
		if want != 200 {
			assert.Equal(t, []string{refusal}, w.Header().Values("WWW-Authenticate"))
		}
	}
}

func wireGRPC(t *testing.T, auth token.Authenticator, raw string) {
	t.Helper()
	guard := grpcauth.New(auth, grpcauth.Policies{
		healthpb.Health_Check_FullMethodName: scope.Authenticated, healthpb.Health_List_FullMethodName: scope.Authenticated,
		healthpb.Health_Watch_FullMethodName: scope.Authenticated,
	}, nil)
	srv := grpc.NewServer(guard.ServerOptions()...)
	healthpb.RegisterHealthServer(srv, health.NewServer())
	client := healthpb.NewHealthClient(grpcauthtest.Serve(t, srv))
	for method, call := range map[string]func(context.Context, ...grpc.CallOption) error{
		healthpb.Health_Check_FullMethodName: func(ctx context.Context, opts ...grpc.CallOption) error {
			_, err := client.Check(ctx, &healthpb.HealthCheckRequest{}, opts...)
			return err
		},
		healthpb.Health_Watch_FullMethodName: func(ctx context.Context, opts ...grpc.CallOption) error {
			stream, err := client.Watch(ctx, &healthpb.HealthCheckRequest{}, opts...)
			if err == nil {
				_, err = stream.Recv()
			}
			if err == nil {
				header, _ := stream.Header()
				assert.Equal(t, []string{"next"}, header["dpop-nonce"])
			}
			return err
		},
	} {
		for proof, want := range map[string]codes.Code{"key POST " + method: codes.OK, "key GET " + method: codes.Unauthenticated} {
			ctx, cancel := context.WithCancel(t.Context())
			var header, trailer metadata.MD
			err := call(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+raw, "dpop", proof), grpc.Header(&header), grpc.Trailer(&trailer))
			require.Equal(t, want, status.Code(err), "%s: %v", method, err)
			cancel()
			if want == codes.OK {
				if method == healthpb.Health_Check_FullMethodName { // the options of a stream are filled when it ends
					assert.Equal(t, []string{"next"}, header["dpop-nonce"])
				}
				continue
			}
			assert.Equal(t, []string{"next"}, trailer["dpop-nonce"])
			assert.Equal(t, []string{refusal}, trailer["www-authenticate"])
			assert.Equal(t, "Invalid DPoP proof", status.Convert(err).Message())
		}
	}
}
