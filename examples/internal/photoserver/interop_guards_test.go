//go:build interop

package photoserver

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	pb "github.com/postern-go/postern/examples/internal/photospb"
	"github.com/postern-go/postern/examples/internal/photosvc"
	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/grpcauth/grpcauthtest"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// outcome is how a call ends over either transport: the answer, the error code
// of its challenge, and the reason that the operator is told.
type outcome struct {
	status int
	code   codes.Code
	error  string
	reason string
}

var admitted = outcome{status: http.StatusOK, code: codes.OK}

func unauthenticated(reason string) outcome {
	return outcome{http.StatusUnauthorized, codes.Unauthenticated, "invalid_token", reason}
}

// lacksScope is how a token ends that another one may do better than.
var lacksScope = outcome{http.StatusForbidden, codes.PermissionDenied, "insufficient_scope", "scope"}

// denied has no challenge: a client cannot ask for roles.
var denied = outcome{http.StatusForbidden, codes.PermissionDenied, "", "denied"}

// presented is a token with the outcome that it must have.
type presented struct {
	raw  string
	want outcome
	seen seen
}

// seen is what a handler learns of a token that was admitted.
type seen struct {
	subject, clientID string
	kind              token.SubjectKind
	scopes            []string
	sets              map[string][]string
}

// guards are one policy in front of an HTTP handler and a gRPC method.
type guards struct {
	targets   map[scope.Transport]tokentest.Target
	decisions chan scope.Decision
}

func newGuards(t *testing.T, auth token.Authenticator, policy scope.Policy) *guards {
	t.Helper()
	g := &guards{decisions: make(chan scope.Decision, 1)}
	decided := func(_ context.Context, d scope.Decision) { g.decisions <- d }
	trace := &scope.Trace{Allowed: decided, Refused: decided}

	served := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	web := httptest.NewServer(middleware.New(auth, &middleware.Config{Trace: trace}).Require(policy)(served))
	t.Cleanup(web.Close)

	rpc, err := grpcauth.New(auth, grpcPolicies(policy), &grpcauth.Config{Trace: trace}).NewServer(func(s *grpc.Server) {
		photosvc.Register(s, new(photosvc.Store))
	})
	require.NoError(t, err)
	photos := pb.NewPhotoServiceClient(grpcauthtest.Serve(t, rpc))
	g.targets = map[scope.Transport]tokentest.Target{
		scope.HTTP: httpTarget(t, web.URL),
		scope.GRPC: grpcauthtest.Target(func(ctx context.Context, opts ...grpc.CallOption) error {
			_, err := photos.ListPhotos(ctx, &pb.ListPhotosRequest{}, opts...)
			return err
		}),
	}
	return g
}

func verifierOf(t *testing.T, cfg token.Config) *token.Verifier {
	t.Helper()
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	return verifier
}

// grpcPolicies has the policy for every method of the photo service.
func grpcPolicies(policy scope.Policy) grpcauth.Policies {
	policies := grpcauth.Policies{}
	for _, m := range pb.PhotoService_ServiceDesc.Methods {
		policies["/"+pb.PhotoService_ServiceDesc.ServiceName+"/"+m.MethodName] = policy
	}
	for _, s := range pb.PhotoService_ServiceDesc.Streams {
		policies["/"+pb.PhotoService_ServiceDesc.ServiceName+"/"+s.StreamName] = policy
	}
	return policies
}

// httpTarget calls a server over the network.
func httpTarget(t *testing.T, url string) tokentest.Target {
	return func(ctx context.Context, c tokentest.Credentials) tokentest.Answer {
		t.Helper()
		req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
		require.NoError(t, err)
		req.Header["Authorization"] = c.Authorization
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		_ = resp.Body.Close()
		return tokentest.Answer{Status: resp.StatusCode, Challenge: resp.Header.Values("WWW-Authenticate")}
	}
}

// check presents each token twice over each transport. The second time, the
// signature of a good one is remembered.
func (g *guards) check(t *testing.T, table map[string]presented) {
	t.Helper()
	for name, p := range table {
		for _, transport := range []scope.Transport{scope.HTTP, scope.GRPC} {
			t.Run(name+" over "+string(transport), func(t *testing.T) {
				g.present(t, transport, p)
				d := g.present(t, transport, p)
				assert.Equal(t, d.Token != nil, d.Remembered)
			})
		}
	}
}

func (g *guards) present(t *testing.T, transport scope.Transport, p presented) scope.Decision {
	t.Helper()
	answer := g.targets[transport](t.Context(), tokentest.Credentials{Authorization: []string{"Bearer " + p.raw}})
	d := <-g.decisions
	assert.Equal(t, transport, d.Transport)
	assert.Equal(t, p.want.reason, token.Reason(d.Err), "%v", d.Err)
	assert.Equal(t, p.want.error, answer.ErrorCode())
	if transport == scope.HTTP {
		assert.Equal(t, p.want.status, answer.Status)
	} else {
		assert.Equal(t, p.want.code, codes.Code(answer.Code))
	}
	if p.want == admitted && d.Token != nil {
		assert.Equal(t, p.seen, seenIn(d.Token, p.seen.sets))
	}
	return d
}

// seenIn reads the sets that are expected.
func seenIn(t *token.Token, sets map[string][]string) seen {
	s := seen{subject: t.Subject(), clientID: t.ClientID(), kind: t.SubjectKind(), scopes: t.Scopes()}
	for name := range sets {
		if s.sets == nil {
			s.sets = map[string][]string{}
		}
		s.sets[name], _ = t.Values(name)
	}
	return s
}

// forged is a token with other claims under the old signature.
func forged(t *testing.T, raw string, claims members) string {
	t.Helper()
	parts := strings.Split(raw, ".")
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	payload := members{}
	require.NoError(t, json.Unmarshal(text, &payload))
	text, err = json.Marshal(payload.with(claims))
	require.NoError(t, err)
	return parts[0] + "." + base64.RawURLEncoding.EncodeToString(text) + "." + parts[2]
}
