package grpcauth_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/token"
)

// admitter lets every call in, and offers the next nonce with each.
func admitter(t *testing.T) dpopJudge {
	good := verified(t)
	var n atomic.Int64
	return dpopJudge{func(_ context.Context, p token.Presentation) (*token.Token, error) {
		assert.True(t, p.Respond("DPoP-Nonce", "n"+strconv.FormatInt(n.Add(1), 10)))
		return good, nil
	}}
}

// A nonce that comes with success is in the next proof, so that nothing is refused
// for an old one.
func TestProofsKeepNoncesOfSuccess(t *testing.T) {
	t.Parallel()
	for kind, call := range calls {
		t.Run("C_OUT-9449-2 "+kind, func(t *testing.T) {
			t.Parallel()
			w := newProofWorld(t, admitter(t), proofsFor(t, tokensOf(ownToken, "DPoP", nil), "https://"+host), settings{})
			for range 3 {
				require.NoError(t, call(t.Context(), w.client).err)
			}
			assert.Equal(t, []any{nil, "n1", "n2"}, w.log.nonces())
		})
	}
}

func (l *proofLog) nonces() (all []any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, claims := range l.claims {
		all = append(all, claims["nonce"])
	}
	return all
}

// It is kept as soon as the program can see that it is there, and before a stream that
// lasts has ended.
func TestProofsKeepNoncesOfOpenStreams(t *testing.T) {
	t.Parallel()
	for name, see := range map[string]func(*testing.T, grpc_testing.TestService_FullDuplexCallClient){
		"a header": func(t *testing.T, stream grpc_testing.TestService_FullDuplexCallClient) {
			header, err := stream.Header()
			require.NoError(t, err)
			assert.Equal(t, []string{"n1"}, header["dpop-nonce"])
		},
		"a message": func(t *testing.T, stream grpc_testing.TestService_FullDuplexCallClient) {
			_, err := stream.Recv()
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := settings{service: &service{duplex: func(stream duplexes) error {
				if err := stream.Send(say("hello")); err != nil {
					return err
				}
				_, err := stream.Recv()
				return end(err)
			}}}
			w := newProofWorld(t, admitter(t), proofsFor(t, tokensOf(ownToken, "DPoP", nil), "https://"+host), s)
			stream, err := w.client.FullDuplexCall(t.Context())
			require.NoError(t, err)
			see(t, stream)
			require.NoError(t, callUnary(t.Context(), w.client).err)
			assert.Equal(t, []any{nil, "n1"}, w.log.nonces())

			require.NoError(t, stream.CloseSend())
			_, err = stream.Header()
			require.NoError(t, err)
			for err == nil {
				_, err = stream.Recv()
			}
			require.NoError(t, end(err))
			require.NoError(t, callUnary(t.Context(), w.client).err)
			assert.Equal(t, []any{nil, "n1", "n2"}, w.log.nonces(), "the nonce of the stream is the older one")
		})
	}
}

// The second attempt learns of the nonce after its own.
func TestProofsKeepNoncesOfSecondAttempts(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(*testing.T, grpc_testing.TestServiceClient) error{
		"unary":    func(t *testing.T, c grpc_testing.TestServiceClient) error { return callUnary(t.Context(), c).err },
		"download": func(t *testing.T, c grpc_testing.TestServiceClient) error { return callDownload(t.Context(), c).err },
		"duplex without a message, the header first": func(t *testing.T, c grpc_testing.TestServiceClient) error {
			stream, err := c.FullDuplexCall(t.Context())
			require.NoError(t, err)
			require.NoError(t, stream.CloseSend())
			header, err := stream.Header()
			require.NoError(t, err)
			assert.Empty(t, header)
			_, err = stream.Recv()
			return end(err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good := verified(t)
			var n atomic.Int64
			auth := dpopJudge{func(_ context.Context, p token.Presentation) (*token.Token, error) {
				at := n.Add(1)
				assert.True(t, p.Respond("DPoP-Nonce", "n"+strconv.FormatInt(at, 10)))
				if at == 1 {
					return nil, token.ErrNonce
				}
				return good, nil
			}}
			w := newProofWorld(t, auth, proofsFor(t, tokensOf(ownToken, "DPoP", nil), "https://"+host), settings{})
			require.NoError(t, run(t, w.client))
			require.NoError(t, callUnary(t.Context(), w.client).err)
			assert.Equal(t, []any{nil, "n1", "n2"}, w.log.nonces())
		})
	}
}

// A demand has the code of a refusal.
func TestProofsAndOtherCodes(t *testing.T) {
	t.Parallel()
	other, err := status.New(codes.PermissionDenied, "x").WithDetails(&errdetails.ErrorInfo{Reason: "USE_DPOP_NONCE"})
	require.NoError(t, err)
	s := settings{service: &service{unary: func(ctx context.Context) error {
		assert.NoError(t, grpc.SetTrailer(ctx, metadata.Pairs("dpop-nonce", "other")))
		return other.Err()
	}}}
	w := newProofWorld(t, admitter(t), proofsFor(t, tokensOf(ownToken, "DPoP", nil), "https://"+host), s)
	assert.Equal(t, codes.PermissionDenied, status.Code(callUnary(t.Context(), w.client).err))
	assert.Equal(t, 1, w.log.attempts())
}

// A client that has received a message was let in. An error of the handler after
// that is not a demand for a nonce, even if it looks like one.
func TestProofsOfStreamsThatWereLetIn(t *testing.T) {
	t.Parallel()
	demand, err := status.New(codes.Unauthenticated, "x").WithDetails(&errdetails.ErrorInfo{Reason: "USE_DPOP_NONCE"})
	require.NoError(t, err)
	s := settings{service: &service{download: func(stream downloads) error {
		if err := stream.Send(say("once")); err != nil {
			return err
		}
		stream.SetTrailer(metadata.Pairs("dpop-nonce", "other"))
		return demand.Err()
	}}}
	w := newProofWorld(t, admitter(t), proofsFor(t, tokensOf(ownToken, "DPoP", nil), "https://"+host), s)
	o := callDownload(t.Context(), w.client)
	assert.Equal(t, "once", o.said)
	assert.Equal(t, codes.Unauthenticated, status.Code(o.err))
	assert.Equal(t, 1, w.log.attempts())
}
