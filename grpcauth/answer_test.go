package grpcauth_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// One guard answers many calls. What it told one caller must not show in what
// it tells the next.
func TestAnswersOfOneGuard(t *testing.T) {
	t.Parallel()
	var verdict error
	i := grpcauth.New(judge(func(context.Context, token.Presentation) (*token.Token, error) { return nil, verdict }),
		all(scope.Authenticated), nil)
	need := func(scopes ...string) error { return &token.ScopeError{Need: scopes} }
	for range 2 {
		for _, row := range []struct {
			err      error
			message  string
			required string
		}{
			{token.ErrExpired, "The access token has expired", ""},
			{token.ErrAudience, "The access token is invalid", ""},
			{token.ErrBinding, "Invalid key binding", ""},
			{need("read"), "The access token lacks a required scope", "read"},
			{need("write", "admin"), "The access token lacks a required scope", "write admin"},
			{token.ErrScope, "The access token lacks a required scope", ""},
			{token.ErrDenied, "Access denied", ""},
		} {
			verdict = row.err
			_, err := i.Unary(incoming(context.Background(), "authorization", "Bearer x"), nil, &grpc.UnaryServerInfo{FullMethod: unary}, mustNotRun(t))
			assert.Equal(t, row.message, status.Convert(err).Message())
			assert.Equal(t, row.required, info(t, err).GetMetadata()["requiredScope"])
		}
	}
}

// ownSentence is an error with a challenge of its own.
type ownSentence struct{ text string }

func (ownSentence) Error() string              { return "own" }
func (ownSentence) Unwrap() error              { return token.ErrInvalid }
func (o ownSentence) Challenge() (_, _ string) { return "own", o.text }

// A sentence of the user's own that differs at every call does not fill the
// memory. Not parallel, since it looks at the heap.
func TestOwnSentencesAreNotKept(t *testing.T) {
	calls := 0
	i := grpcauth.New(judge(func(context.Context, token.Presentation) (*token.Token, error) {
		calls++
		return nil, ownSentence{fmt.Sprintf("%0200d", calls)}
	}), all(scope.Authenticated), nil)
	ctx := incoming(context.Background(), "authorization", "Bearer x")
	before := heap()
	for range 5000 {
		_, err := i.Unary(ctx, nil, &grpc.UnaryServerInfo{FullMethod: unary}, mustNotRun(t))
		if status.Code(err) != codes.Unauthenticated {
			t.Fatal(err)
		}
	}
	assert.Less(t, heap()-before, int64(1<<20))
	runtime.KeepAlive(i)
}

// heap is how many bytes are in use.
func heap() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
