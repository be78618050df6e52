package grpcauth_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// comeBack is an error that knows when its cause may be over.
type comeBack time.Duration

func (comeBack) Error() string               { return "out of reach" }
func (c comeBack) RetryAfter() time.Duration { return time.Duration(c) }

// Each caller is told its own true time where that is known.
func TestRetryInfoTellsWhenToComeBack(t *testing.T) {
	t.Parallel()
	var verdict error
	i := grpcauth.New(judge(func(context.Context, token.Presentation) (*token.Token, error) { return nil, verdict }),
		all(scope.Authenticated), nil)
	for _, row := range []struct {
		err  error
		want time.Duration
	}{
		{comeBack(90 * time.Second), 90 * time.Second},
		{token.ErrUnavailable, 5 * time.Second},
		{comeBack(time.Millisecond), time.Second},
		{comeBack(90 * time.Second), 90 * time.Second},
	} {
		verdict = row.err
		_, err := i.Unary(incoming(context.Background(), "authorization", "Bearer x"), nil, &grpc.UnaryServerInfo{FullMethod: unary}, mustNotRun(t))
		var got []time.Duration
		for _, detail := range status.Convert(err).Details() {
			if retry, ok := detail.(*errdetails.RetryInfo); ok {
				got = append(got, retry.RetryDelay.AsDuration())
			}
		}
		assert.Equal(t, []time.Duration{row.want}, got)
	}
}
