package grpcauth_test

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/local"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/tokentest"
)

// bearers is an issuer, and a key that its tokens are bound to.
type bearers struct {
	*tokentest.Issuer
	prover *dpop.Prover
}

func newBearers(tb testing.TB) bearers {
	tb.Helper()
	key, err := dpop.NewKey()
	require.NoError(tb, err)
	prover, err := dpop.NewProver(key)
	require.NoError(tb, err)
	return bearers{newIssuer(tb), prover}
}

// source is of one token.
func (b bearers) source() dpop.TokenSource {
	return tokensOf(b.Token(tokentest.Claim("cnf", map[string]string{"jkt": b.prover.Thumbprint()})), "DPoP", nil)
}

// verifier demands proofs with nonces.
func (b bearers) verifier(tb testing.TB) *token.Verifier {
	tb.Helper()
	checker, err := dpop.New(dpop.Config{Required: true, Nonces: dpop.NewLocalNonces()})
	require.NoError(tb, err)
	cfg := b.Config()
	cfg.Confirmations = []token.ConfirmationChecker{checker}
	verifier, err := token.NewVerifier(cfg)
	require.NoError(tb, err)
	return verifier
}

// proofWorld is a service over TLS that demands proofs, and a client that has them.
type proofWorld struct {
	world
	log proofLog
}

func newProofWorld(tb testing.TB, auth token.Authenticator, proofs grpcauth.ProofCredentials, s settings) *proofWorld {
	tb.Helper()
	return newProofWorldOf(tb, host, auth, proofs, s)
}

// newProofWorldOf is newProofWorld of a service of that name.
func newProofWorldOf(tb testing.TB, name string, auth token.Authenticator, proofs grpcauth.ProofCredentials, s settings) *proofWorld {
	tb.Helper()
	w := &proofWorld{}
	s = overTLSOf(tb, name, s)
	s.policies, s.auth = all(scope.Authenticated), auth
	s.config = &grpcauth.Config{} // so that the authority is the target
	s.server = append(s.server, w.log.options(tb)...)
	s.dial = append(s.dial, proofs.DialOptions()...)
	w.world = newWorld(tb, s)
	return w
}

// A service demands a nonce, and the call is tried again with it. From then on calls
// have one.
func TestProofs(t *testing.T) {
	t.Parallel()
	b := newBearers(t)
	auth := b.verifier(t)
	for kind, call := range calls {
		t.Run("C_OUT-9449-3 "+kind, func(t *testing.T) {
			t.Parallel()
			w := newProofWorld(t, auth, proofsOf(t, b.prover, b.source(), "https://"+host), settings{})
			o := call(t.Context(), w.client)
			if kind == "upload" || kind == "duplex" { // the message is gone
				assert.True(t, isDemand(o.err), "%v", o.err)
				assert.Equal(t, 1, w.log.attempts())
				o = call(t.Context(), w.client)
			}
			require.NoError(t, o.err)
			assert.Equal(t, "alice", o.said)
			assert.Equal(t, 2, w.log.attempts())
			require.NoError(t, call(t.Context(), w.client).err)
			assert.Equal(t, 3, w.log.attempts())

			ids := map[any]bool{}
			for n, claims := range w.log.claims {
				ids[claims["jti"]] = true
				assert.Equal(t, "POST", claims["htm"])
				assert.Equal(t, "https://"+host+map[string]string{"unary": unary, "download": download, "upload": upload, "duplex": duplex}[kind], claims["htu"])
				assert.Equal(t, n > 0, claims["nonce"] != nil)
			}
			assert.Len(t, ids, 3)
		})
	}
}

func isDemand(err error) bool {
	return status.Code(err) == codes.Unauthenticated && status.Convert(err).Message() == "A DPoP nonce is required"
}

// A stream of several messages is tried again as long as none was sent.
func TestProofsOfStreamsWithoutMessages(t *testing.T) {
	t.Parallel()
	b := newBearers(t)
	for name, close := range map[string]bool{"open": false, "closed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := settings{service: &service{duplex: func(stream duplexes) error {
				if err := stream.Send(say("hello")); err != nil {
					return err
				}
				_, err := stream.Recv()
				return end(err)
			}}}
			w := newProofWorld(t, b.verifier(t), proofsOf(t, b.prover, b.source(), "https://"+host), s)
			stream, err := w.client.FullDuplexCall(t.Context())
			require.NoError(t, err)
			assert.NoError(t, stream.Context().Err())
			if close {
				require.NoError(t, stream.CloseSend())
			}
			if header, err := stream.Header(); err == nil {
				assert.Empty(t, header)
			}
			resp, err := stream.Recv()
			require.NoError(t, err)
			assert.Equal(t, "hello", string(resp.GetPayload().GetBody()))
			if !close {
				require.NoError(t, stream.Send(&grpc_testing.StreamingOutputCallRequest{}))
				require.NoError(t, stream.CloseSend())
			}
			_, err = stream.Recv()
			assert.NoError(t, end(err))
			assert.Equal(t, 2, w.log.attempts())
			assert.Empty(t, stream.Trailer())
		})
	}
}

// refuser is an Authenticator that demands a new nonce at every call, or says
// something else with one.
func refuser(nonces func(n int64) string, err error) dpopJudge {
	var n atomic.Int64
	return dpopJudge{func(_ context.Context, p token.Presentation) (*token.Token, error) {
		if nonce := nonces(n.Add(1)); nonce != "" && !p.Respond("DPoP-Nonce", nonce) {
			return nil, errors.New("there is no way to respond")
		}
		return nil, err
	}}
}

// dpopJudge takes tokens under DPoP.
type dpopJudge struct{ judge }

func (dpopJudge) Schemes() []token.Scheme { return []token.Scheme{{Name: "DPoP"}} }

// Only a demand for another nonce is answered by another attempt, and only once.
func TestProofsTriedAgain(t *testing.T) {
	t.Parallel()
	counted := func(n int64) string { return "n" + strconv.FormatInt(n, 10) }
	none := func(int64) string { return "" }
	for name, row := range map[string]struct {
		auth     dpopJudge
		attempts int
	}{
		"a demand at every time": {refuser(counted, token.ErrNonce), 2},
		"no nonce":               {refuser(none, token.ErrNonce), 1},
		"another reason":         {refuser(counted, token.ErrProof), 1},
		"an outage":              {refuser(counted, token.ErrUnavailable), 1},
		"no right":               {refuser(counted, token.ErrDenied), 1},
	} {
		for kind, call := range map[string]func(context.Context, grpc_testing.TestServiceClient) outcome{"unary": callUnary, "download": callDownload} {
			t.Run("C_OUT-9449-3 "+name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				w := newProofWorld(t, row.auth, proofsFor(t, tokensOf(ownToken, "DPoP", nil), "https://"+host), settings{})
				assert.Error(t, call(t.Context(), w.client).err)
				assert.Equal(t, row.attempts, w.log.attempts())
			})
		}
	}
}

// The nonce that a proof has had already will not do better.
func TestProofsWithTheSameNonce(t *testing.T) {
	t.Parallel()
	w := newProofWorld(t, refuser(func(int64) string { return "same" }, token.ErrNonce), proofsFor(t, tokensOf(ownToken, "DPoP", nil), "https://"+host), settings{})
	assert.Error(t, callUnary(t.Context(), w.client).err)
	assert.Equal(t, 2, w.log.attempts())
	assert.Error(t, callUnary(t.Context(), w.client).err)
	assert.Equal(t, 3, w.log.attempts())
}

// A service behind the service demands a nonce, and the handler passes its refusal on.
func TestProofsAndRefusalsFromBehind(t *testing.T) {
	t.Parallel()
	b := newBearers(t)
	refusal := callUnary(t.Context(), newProofWorld(t, refuser(func(int64) string { return "" }, token.ErrNonce),
		proofsFor(t, tokensOf(ownToken, "DPoP", nil), "https://"+host), settings{}).client).err
	require.True(t, isDemand(refusal))
	var ran atomic.Int64
	pass := func() error { ran.Add(1); return refusal }
	s := settings{service: &service{unary: func(context.Context) error { return pass() }, download: func(downloads) error { return pass() }}}
	for name, auth := range map[string]token.Authenticator{"nonces when due": b.verifier(t), "nonces with every answer": admitter(t)} {
		ran.Store(0)
		w := newProofWorld(t, auth, proofsOf(t, b.prover, b.source(), "https://"+host), s)
		for range 2 {
			assert.True(t, isDemand(callUnary(t.Context(), w.client).err))
			assert.True(t, isDemand(callDownload(t.Context(), w.client).err))
		}
		assert.EqualValues(t, 4, ran.Load(), "%s: no handler runs twice for one call", name)
	}
}

// Two services have nonces of their own, also for one client.
func TestProofsForTwoServices(t *testing.T) {
	t.Parallel()
	t.Run("C_OUT-9449-2", func(t *testing.T) {
		t.Parallel()
		b := newBearers(t)
		const other = "other.example.com"
		proofs := proofsOf(t, b.prover, b.source(), "https://"+host, "https://"+other)
		first := newProofWorld(t, b.verifier(t), proofs, settings{})
		second := newProofWorldOf(t, other, b.verifier(t), proofs, settings{})
		for range 3 {
			require.NoError(t, callUnary(t.Context(), first.client).err)
			require.NoError(t, callDownload(t.Context(), second.client).err)
		}
		assert.Equal(t, 4, first.log.attempts())
		assert.Equal(t, 4, second.log.attempts())
	})
}

func TestProofsConcurrently(t *testing.T) {
	t.Parallel()
	b := newBearers(t)
	w := newProofWorld(t, b.verifier(t), proofsOf(t, b.prover, b.source(), "https://"+host), settings{})
	require.NoError(t, callUnary(t.Context(), w.client).err)
	var all sync.WaitGroup
	for range 10 {
		for _, call := range calls {
			all.Go(func() { assert.NoError(t, call(t.Context(), w.client).err) })
		}
	}
	all.Wait()
	assert.Equal(t, 42, w.log.attempts())
}

// Over a real loopback connection, since credentials/local insists on one.
func TestProofsOverLoopback(t *testing.T) {
	t.Parallel()
	b := newBearers(t)
	guard := grpcauth.New(b.verifier(t), all(scope.Authenticated), nil)
	srv := grpc.NewServer(append(guard.ServerOptions(), grpc.Creds(local.NewCredentials()))...)
	grpc_testing.RegisterTestServiceServer(srv, &service{})
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { assert.NoError(t, ignoreStopped(srv.Serve(lis))) }()
	t.Cleanup(srv.Stop)

	proofs := proofsOf(t, b.prover, b.source(), "https://"+lis.Addr().String())
	for name, row := range map[string]struct {
		transport credentials.TransportCredentials
		proofs    grpcauth.ProofCredentials
		want      bool
	}{
		"allowed":     {local.NewCredentials(), proofs.AllowLoopback(), true},
		"not allowed": {local.NewCredentials(), proofs, false},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := grpc.NewClient(lis.Addr().String(), append(row.proofs.DialOptions(), grpc.WithTransportCredentials(row.transport))...)
			require.NoError(t, err)
			defer func() { _ = conn.Close() }()
			resp, err := grpc_testing.NewTestServiceClient(conn).UnaryCall(t.Context(), &grpc_testing.SimpleRequest{})
			assert.Equal(t, row.want, err == nil, "%v", err)
			assert.Equal(t, row.want, resp.GetUsername() == "alice")
		})
	}
}
