package otelpostern

import (
	"context"
	"errors"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// This file has a twin in prompostern. The two modules are versioned apart from the
// library and from each other, so that they cannot share what is internal to it; a
// test holds that both count alike.

// kind is what a decision counts as.
type kind struct{ outcome, reason string }

const (
	ok        = "ok"
	callEnded = "call_ended"
)

// kinds are all there are: ok, each reason, and a call that ended before its
// verdict.
type kinds struct {
	list     []kind
	byReason map[string]int
}

func newKinds() kinds {
	k := kinds{
		list:     []kind{{outcome: ok}, {token.Outcome(token.ErrUnavailable), callEnded}},
		byReason: map[string]int{},
	}
	for _, err := range token.Reasons() {
		k.list = append(k.list, kind{token.Outcome(err), token.Reason(err)})
	}
	for i, kind := range k.list {
		k.byReason[kind.reason] = i
	}
	return k
}

// of is the index in the list.
func (k *kinds) of(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil && errors.Is(err, token.ErrUnavailable) && errors.Is(err, ctx.Err()):
		return 1
	}
	if i, known := k.byReason[token.Reason(err)]; known {
		return i
	}
	return k.byReason[token.Reason(token.ErrUnavailable)]
}

// failed reports whether the service could not do its work: what a server
// answers with a status from 500 on.
func (k kind) failed() bool {
	return k.outcome == token.Outcome(token.ErrUnavailable) && k.reason != callEnded
}

// transports are the values of Transport.
var transports = [...]string{string(scope.HTTP), string(scope.GRPC), other}

func transportOf(d scope.Decision) int {
	switch d.Transport {
	case scope.HTTP:
		return 0
	case scope.GRPC:
		return 1
	default:
		return 2
	}
}

// verifications are the values of Verification.
var verifications = [...]string{"none", "verified", "cached"}

func verificationOf(d scope.Decision) int {
	switch {
	case d.Token.IsZero():
		return 0
	case d.Remembered:
		return 2
	default:
		return 1
	}
}
