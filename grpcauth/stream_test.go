package grpcauth_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

const (
	left   = 2 * time.Second  // what the token has left when the stream opens
	leeway = 30 * time.Second // of the verifier
)

var expired = invalid("The access token has expired")

// inBubble runs f with a server in a bubble in which time is fake, and waits
// for every goroutine of the server to end: none may outlive its stream.
func inBubble(t *testing.T, s settings, f func(t *testing.T, w world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, s)
		f(t, w)
		assert.NoError(t, w.conn.Close())
		w.server.Stop()
		synctest.Wait()
	})
}

// opened is a stream from the client's side, whichever kind it is of.
type opened struct {
	grpc.ClientStream
	at time.Time
}

func open(t *testing.T, w world, ctx context.Context, kind string) opened {
	t.Helper()
	stream, err := streams[kind](ctx, w.client)
	require.NoError(t, err)
	return opened{stream, time.Now()}
}

var streams = map[string]func(context.Context, client) (grpc.ClientStream, error){
	"download": func(ctx context.Context, c client) (grpc.ClientStream, error) {
		return c.StreamingOutputCall(ctx, &grpc_testing.StreamingOutputCallRequest{})
	},
	"upload": func(ctx context.Context, c client) (grpc.ClientStream, error) { return c.StreamingInputCall(ctx) },
	"duplex": func(ctx context.Context, c client) (grpc.ClientStream, error) { return c.FullDuplexCall(ctx) },
}

// ends waits for the end of the stream, reading what comes.
func (o opened) ends() outcome {
	for {
		if err := o.RecvMsg(&grpc_testing.StreamingOutputCallResponse{}); err != nil {
			return outcome{err: end(err), trailer: o.Trailer()}
		}
	}
}

// assertExpires holds the stream to its end: neither earlier nor later.
func assertExpires(t *testing.T, o opened) {
	t.Helper()
	got := o.ends()
	assertRefused(t, got, expired)
	// exp is a whole second.
	assert.InDelta(t, (left + leeway).Seconds(), time.Since(o.at).Seconds(), 1)
}

// Handlers in all the ways in which they wait, and none of which ends by
// itself.
var waiting = map[string]struct {
	kind    string
	service *service
}{
	"waits for its context": {"download", &service{download: func(s downloads) error {
		<-s.Context().Done()
		return nil
	}}},
	"waits for its context and returns an error of its own": {"download", &service{download: func(s downloads) error {
		<-s.Context().Done()
		return status.Error(codes.Aborted, "gave up")
	}}},
	"sends now and then": {"download", &service{download: func(s downloads) error {
		for {
			time.Sleep(time.Second)
			if err := s.Send(say("news")); err != nil {
				return err
			}
		}
	}}},
	"receives in a stream of both directions": {"duplex", &service{duplex: func(s duplexes) error {
		for {
			if _, err := s.Recv(); err != nil {
				return err
			}
		}
	}}},
	"receives and turns the error into success": {"duplex", &service{duplex: func(s duplexes) error {
		_, _ = s.Recv()
		return nil
	}}},
	"receives and ignores errors for a while": {"duplex", &service{duplex: func(s duplexes) error {
		for range 10 {
			if _, err := s.Recv(); err == nil {
				return errors.New("received something")
			}
			if err := s.Send(say("news")); err == nil {
				return errors.New("sent something")
			}
		}
		return nil
	}}},
	"receives an upload": {"upload", &service{upload: func(s uploads) error {
		for {
			if _, err := s.Recv(); errors.Is(err, io.EOF) {
				return s.SendAndClose(&grpc_testing.StreamingInputCallResponse{})
			} else if err != nil {
				return err
			}
		}
	}}},
	"sends and receives in goroutines of its own": {"duplex", &service{duplex: func(s duplexes) error {
		received := make(chan error)
		go func() {
			_, err := s.Recv()
			received <- err
		}()
		for {
			select {
			case err := <-received:
				return err
			case <-time.After(time.Second):
				if err := s.Send(say("news")); err != nil {
					return errors.Join(err, <-received)
				}
			}
		}
	}}},
}

func TestStreamsEndWithTheirToken(t *testing.T) {
	t.Parallel()
	t.Run("C_GRPC-10", func(t *testing.T) {
		for name, row := range waiting {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				inBubble(t, settings{policies: all(scope.Authenticated), service: row.service}, func(t *testing.T, w world) {
					assertExpires(t, open(t, w, w.good(t.Context(), tokentest.ExpiresIn(left)), row.kind))
				})
			})
		}
	})
}

// A handler that waits for a client which does not read what it is sent.
func TestHandlerBlockedInSend(t *testing.T) {
	t.Parallel()
	t.Run("C_GRPC-10", func(t *testing.T) {
		var returned time.Time
		var failure error
		flood := &service{download: func(s downloads) error {
			for {
				if failure = s.Send(say(string(make([]byte, 32<<10)))); failure != nil {
					returned = time.Now()
					return failure
				}
			}
		}}
		inBubble(t, settings{policies: all(scope.Authenticated), service: flood}, func(t *testing.T, w world) {
			stream := open(t, w, w.good(t.Context(), tokentest.ExpiresIn(left)), "download")
			time.Sleep(left + leeway + time.Second)
			synctest.Wait()
			assert.InDelta(t, (left + leeway).Seconds(), returned.Sub(stream.at).Seconds(), 1)
			assert.Equal(t, codes.Unauthenticated, status.Code(failure))
			assertRefused(t, stream.ends(), expired)
		})
	})
}

// A client that opens a server-streaming call and never sends its request.
func TestClientSendsHeadersOnly(t *testing.T) {
	t.Parallel()
	t.Run("C_GRPC-10", func(t *testing.T) {
		inBubble(t, settings{policies: all(scope.Authenticated)}, func(t *testing.T, w world) {
			ctx := w.good(t.Context(), tokentest.ExpiresIn(left))
			stream, err := w.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, download)
			require.NoError(t, err)
			assertExpires(t, opened{stream, time.Now()})
		})
	})
}

// While a stream lasts, it is what it would be without a guard.
func TestStreamsCarryOn(t *testing.T) {
	t.Parallel()
	for kind, call := range calls {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			inBubble(t, settings{policies: all(scope.Authenticated)}, func(t *testing.T, w world) {
				assert.NoError(t, call(w.good(t.Context()), w.client).err)
			})
		})
	}
}

func TestDuplexInOrder(t *testing.T) {
	t.Parallel()
	echo := &service{duplex: func(s duplexes) error {
		for {
			in, err := s.Recv()
			if errors.Is(err, io.EOF) {
				return status.Error(codes.DataLoss, "the handler's own")
			}
			if err != nil {
				return err
			}
			if err := s.Send(say(string(in.GetPayload().GetBody()))); err != nil {
				return err
			}
		}
	}}
	inBubble(t, settings{policies: all(scope.Authenticated), service: echo}, func(t *testing.T, w world) {
		stream, err := w.client.FullDuplexCall(w.good(t.Context()))
		require.NoError(t, err)
		for n := range 100 {
			text := string(rune('a' + n%26))
			require.NoError(t, stream.Send(&grpc_testing.StreamingOutputCallRequest{Payload: &grpc_testing.Payload{Body: []byte(text)}}))
			got, err := stream.Recv()
			require.NoError(t, err)
			assert.Equal(t, text, string(got.GetPayload().GetBody()))
		}
		require.NoError(t, stream.CloseSend())
		_, err = stream.Recv()
		assert.Equal(t, codes.DataLoss, status.Code(err), "before its token expires, a stream ends as the handler says")
	})
}

// TestNoLimit names everything that lets a stream go on.
func TestNoLimit(t *testing.T) {
	t.Parallel()
	hour := &service{download: func(s downloads) error {
		select {
		case <-time.After(time.Hour):
			return s.Send(say("after an hour"))
		case <-s.Context().Done():
			return context.Cause(s.Context())
		}
	}}
	for name, row := range map[string]struct {
		policy scope.Policy
		config *grpcauth.Config
		anon   bool
	}{
		"by configuration":    {scope.Authenticated, &grpcauth.Config{CallsOutliveToken: true}, false},
		"public":              {scope.Public, nil, false},
		"optional, no token":  {scope.Optional, nil, true},
		"public and no token": {scope.Public, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, settings{policies: all(row.policy), config: row.config, service: hour}, func(t *testing.T, w world) {
				ctx := t.Context()
				if !row.anon {
					ctx = w.good(ctx, tokentest.ExpiresIn(left))
				}
				o := callDownload(ctx, w.client)
				require.NoError(t, o.err)
				assert.Equal(t, "after an hour", o.said)
			})
		})
	}
	t.Run("optional with a token has a limit", func(t *testing.T) {
		t.Parallel()
		inBubble(t, settings{policies: all(scope.Optional), service: hour}, func(t *testing.T, w world) {
			assertExpires(t, open(t, w, w.good(t.Context(), tokentest.ExpiresIn(left)), "download"))
		})
	})
}

// A call that ends for another reason before is not said to have expired.
func TestStreamEndsBeforeItsToken(t *testing.T) {
	t.Parallel()
	var cause error
	patient := &service{duplex: func(s duplexes) error {
		_, err := s.Recv()
		cause = context.Cause(s.Context())
		return err
	}}
	for name, row := range map[string]struct {
		bound func(context.Context) (context.Context, context.CancelFunc)
		want  codes.Code
	}{
		"its deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 5*time.Second)
		}, codes.DeadlineExceeded},
		"the client cancels": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(5*time.Second, cancel)
			return ctx, cancel
		}, codes.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, settings{policies: all(scope.Authenticated), service: patient}, func(t *testing.T, w world) {
				ctx, cancel := row.bound(w.good(t.Context(), tokentest.ExpiresIn(left)))
				defer cancel()
				stream := open(t, w, ctx, "duplex")
				assert.Equal(t, row.want, status.Code(stream.ends().err))
				assert.Equal(t, 5*time.Second, time.Since(stream.at))
				synctest.Wait()
				assert.NotErrorIs(t, cause, token.ErrExpired)
				assert.Error(t, cause)
			})
		})
	}
}

// The handler learns why its context ended.
func TestCauseOfTheContext(t *testing.T) {
	t.Parallel()
	var err, cause error
	watch := &service{download: func(s downloads) error {
		<-s.Context().Done()
		err, cause = s.Context().Err(), context.Cause(s.Context())
		return nil
	}}
	inBubble(t, settings{policies: all(scope.Authenticated), service: watch}, func(t *testing.T, w world) {
		assertExpires(t, open(t, w, w.good(t.Context(), tokentest.ExpiresIn(left)), "download"))
	})
	assert.Equal(t, context.DeadlineExceeded, err)
	assert.ErrorIs(t, cause, token.ErrExpired)
}

func TestTraceOfAnExpiredStream(t *testing.T) {
	t.Parallel()
	var seen record
	cfg := &grpcauth.Config{Resource: scope.Resource{Metadata: metadataURL, Identifier: "https://api.example.com"}, Trace: seen.trace()}
	watch := &service{download: func(s downloads) error {
		<-s.Context().Done()
		return nil
	}}
	inBubble(t, settings{policies: all(scope.Authenticated), config: cfg, service: watch}, func(t *testing.T, w world) {
		assertExpires(t, open(t, w, w.good(t.Context(), tokentest.ExpiresIn(left)), "download"))
	})
	assert.Equal(t, []string{download + ` authenticated access token of "test-client" for "alice"`}, seen.allowed)
	assert.Equal(t, []string{download + " authenticated expired"}, seen.refused)
}

// Errors beneath reach the handler as they are.
func TestErrorsBeneathAStream(t *testing.T) {
	t.Parallel()
	i := grpcauth.New(says(verified(t), nil), all(scope.Authenticated), nil)
	ss := &fakeStream{
		ctx:  incoming(context.Background(), "authorization", "Bearer x"),
		recv: func(any) error { return io.EOF },
		send: func(any) error { return io.ErrUnexpectedEOF },
	}
	for _, info := range []*grpc.StreamServerInfo{{FullMethod: duplex}, {FullMethod: duplex, IsClientStream: true, IsServerStream: true}} {
		err := i.Stream(nil, ss, info, func(_ any, s grpc.ServerStream) error {
			for range 3 {
				assert.Equal(t, io.EOF, s.RecvMsg(nil))
				assert.Equal(t, io.ErrUnexpectedEOF, s.SendMsg(nil))
			}
			return io.ErrNoProgress
		})
		assert.Equal(t, io.ErrNoProgress, err)
	}
}

// A token that expired before the stream opens is refused like any other; one
// whose expiry is not known ends a stream at once.
func TestExpiredWhenTheStreamOpens(t *testing.T) {
	t.Parallel()
	i := grpcauth.New(says(verified(t), nil), all(scope.Authenticated), nil)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(100 * 365 * 24 * time.Hour)
		ss := &fakeStream{ctx: incoming(context.Background(), "authorization", "Bearer x"), recv: func(any) error {
			t.Error("received")
			return nil
		}}
		err := i.Stream(nil, ss, &grpc.StreamServerInfo{FullMethod: duplex, IsClientStream: true}, func(_ any, s grpc.ServerStream) error {
			for range 100 {
				assert.Equal(t, codes.Unauthenticated, status.Code(s.RecvMsg(nil)))
			}
			return nil
		})
		assert.Equal(t, codes.Unauthenticated, status.Code(err))
		assert.NotEmpty(t, ss.trailer.Get("www-authenticate"))
	})
}
