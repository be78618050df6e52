// Package verdict holds what the suites of the test kit share about answers:
// how a call is made, how it must be refused, and the errors for wrong answers.
package verdict

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/postern-go/postern/token/tokentest"
)

// The errors of both suites. They are documented where users see them.
var (
	ErrAdmitted = errors.New("the attack got in")
	ErrRefused  = errors.New("the good token was refused")
	ErrAnswer   = errors.New("the answer is wrong")
	ErrSkip     = errors.New("there is nothing of that name to skip")
)

// The gRPC status codes of answers (google.rpc.Code). The test kit does not
// link grpc.
const (
	CodePermissionDenied uint32 = 7
	CodeUnavailable      uint32 = 14
	CodeUnauthenticated  uint32 = 16
)

// WithoutReason stands for the reason of a skip that has none.
const WithoutReason = "skipped without a reason"

// Bearer presents a token as clients do.
func Bearer(raw string) tokentest.Credentials {
	return tokentest.Credentials{Authorization: []string{"Bearer " + raw}}
}

// Call makes one call. A service that panics has failed: a server would drop
// the connection, and others with it.
func Call(ctx context.Context, target tokentest.Target, c tokentest.Credentials) (answer tokentest.Answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: the service panicked: %v", ErrAnswer, p)
		}
	}()
	return target(ctx, c), nil
}

// Refusal is how a call must be refused.
type Refusal struct {
	Status int
	Code   uint32
	Error  string
}

// Invalid is the refusal of a bad token.
var Invalid = Refusal{Status: http.StatusUnauthorized, Code: CodeUnauthenticated, Error: "invalid_token"}

func (r Refusal) String() string {
	name := r.Error
	if name == "" {
		name = "no error code"
	}
	return fmt.Sprintf("%d %s (gRPC %d)", r.Status, name, r.Code)
}

// Judge returns an error that describes the fault of an answer, or nil. A 403
// and a 503 without an error code have no challenge: no other token would help.
func (r Refusal) Judge(a tokentest.Answer) error {
	denied := (r.Status == http.StatusForbidden || r.Status == http.StatusServiceUnavailable) && r.Error == ""
	switch {
	case a.Admitted:
		return ErrAdmitted
	case a.Status != 0 && a.Status != r.Status, a.Status == 0 && a.Code != r.Code:
		return fmt.Errorf("%w: %s, want %s", ErrAnswer, a, r)
	case denied && len(a.Challenge) > 0:
		return fmt.Errorf("%w: challenge %q, want none", ErrAnswer, a.Challenge)
	case a.Status != 0 && len(a.Challenge) == 0 && !denied:
		// RFC 9110 §11.6.1, RFC 6750 §3
		return fmt.Errorf("%w: no challenge", ErrAnswer)
	case len(a.Challenge) > 0 && a.ErrorCode() != r.Error:
		return fmt.Errorf("%w: challenge %q, want error code %q", ErrAnswer, a.Challenge, r.Error)
	default:
		return nil
	}
}

// Unavailable tells whether an answer is that the service cannot judge, and when
// to ask again: at once is a second.
func Unavailable(a tokentest.Answer) (again time.Duration, ok bool) {
	seconds, err := strconv.ParseUint(a.RetryAfter, 10, 16)
	if err != nil || seconds == 0 {
		seconds = 1
	}
	return time.Duration(seconds) * time.Second, a.Status == http.StatusServiceUnavailable || a.Status == 0 && a.Code == CodeUnavailable
}
