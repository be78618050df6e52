package grpcauth

import (
	"context"
	"slices"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// openWithProof is the interceptor of streams.
func openWithProof(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	if slices.ContainsFunc(opts, isCredentials) {
		return nil, errProofSeveral
	}
	s := &proofStream{sendsMany: desc.ClientStreams}
	s.open = func() (grpc.ClientStream, *lastAttempt, error) {
		own, sent := withLastAttempt(ctx)
		stream, err := open(own, desc, cc, method, opts...)
		return stream, sent, err
	}
	var err error
	if s.current, s.sent, err = s.open(); err != nil {
		return nil, err
	}
	return s, nil
}

// proofStream is a stream that is opened again if it is refused for its nonce. As every
// grpc.ClientStream it has one sender and one receiver at a time.
type proofStream struct {
	open      func() (grpc.ClientStream, *lastAttempt, error)
	sendsMany bool

	mu       sync.Mutex // over what follows
	current  grpc.ClientStream
	sent     *lastAttempt
	settled  bool // there is nothing to try again: it is let in, or this is the second attempt
	heard    bool // a header
	messages int
	first    any // message, until it is settled
	closed   bool
}

func (s *proofStream) now() (grpc.ClientStream, *lastAttempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current, s.sent
}

// Header implements grpc.ClientStream. Of a stream that is refused it is empty.
func (s *proofStream) Header() (metadata.MD, error) {
	stream, sent := s.now()
	header, err := stream.Header()
	s.hear(header, sent)
	return header, err
}

// Trailer implements grpc.ClientStream.
func (s *proofStream) Trailer() metadata.MD {
	stream, _ := s.now()
	return stream.Trailer()
}

// Context implements grpc.ClientStream.
func (s *proofStream) Context() context.Context {
	stream, _ := s.now()
	return stream.Context()
}

// CloseSend implements grpc.ClientStream.
func (s *proofStream) CloseSend() error {
	s.mu.Lock()
	s.closed = true
	stream := s.current
	s.mu.Unlock()
	return stream.CloseSend()
}

// SendMsg implements grpc.ClientStream.
func (s *proofStream) SendMsg(m any) error {
	s.mu.Lock()
	s.messages++
	if !s.settled && !s.sendsMany {
		s.first = m
	}
	stream := s.current
	s.mu.Unlock()
	return stream.SendMsg(m)
}

// RecvMsg implements grpc.ClientStream. The first answer tells whether the stream is
// refused.
func (s *proofStream) RecvMsg(m any) error {
	stream, sent := s.now()
	err := stream.RecvMsg(m)
	if err == nil {
		s.admitted(stream, sent)
		return nil
	}
	s.hearOf(stream, sent)
	if !sent.learn(stream.Trailer()) || !refusedForNonce(err) {
		return err
	}
	if retried, failed := s.retry(); failed != nil {
		return failed
	} else if !retried {
		return err
	}
	return s.RecvMsg(m)
}

// admitted is called when there is a message.
func (s *proofStream) admitted(stream grpc.ClientStream, sent *lastAttempt) {
	s.mu.Lock()
	s.settled, s.first = true, nil
	s.mu.Unlock()
	s.hearOf(stream, sent)
}

// hearOf is hear, after a message or the end, when Header does not block.
func (s *proofStream) hearOf(stream grpc.ClientStream, sent *lastAttempt) {
	if header, err := stream.Header(); err == nil {
		s.hear(header, sent)
	}
}

// hear keeps the nonce in a header, the first time alone: while a stream lasts, other
// calls learn of newer ones.
func (s *proofStream) hear(header metadata.MD, sent *lastAttempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.heard && len(header) > 0 {
		s.heard = true
		sent.learn(header)
	}
}

// retry opens the stream again and sends what was sent before. It reports false if it
// must not, because what was sent is gone or it has done so before.
func (s *proofStream) retry() (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.settled || s.sendsMany && s.messages > 0 {
		return false, nil
	}
	s.settled = true
	stream, sent, err := s.open()
	if err != nil {
		return false, err
	}
	s.current, s.sent = stream, sent
	if s.messages > 0 {
		if err := stream.SendMsg(s.first); err != nil {
			return false, err
		}
		s.first = nil
	}
	if s.closed {
		return true, stream.CloseSend()
	}
	return true, nil
}
