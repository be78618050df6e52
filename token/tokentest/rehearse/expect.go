package rehearse

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/verdict"
)

// expectation is what the answer to a call must be: it returns an error that
// describes the fault of one, or nil.
type expectation func(tokentest.Answer) error

// mustAdmit is for good tokens by keys that the service should hold.
func mustAdmit(a tokentest.Answer) error {
	if !a.Admitted {
		return ErrRefused
	}
	return nil
}

// mustRefuse is for bad tokens while the service can judge them.
func mustRefuse(a tokentest.Answer) error { return verdict.Invalid.Judge(a) }

// mustDistrust is for tokens that were good until their key was withdrawn.
func mustDistrust(a tokentest.Answer) error {
	if a.Admitted {
		return ErrKeyTrusted
	}
	return mustRefuse(a)
}

// mustAbstain is for tokens that the service cannot judge: it must say so, and
// when to ask again (RFC 9110 §15.6.4).
func mustAbstain(a tokentest.Answer) error {
	switch {
	case a.Admitted:
		return ErrKeyTrusted
	case isUnavailable(a) && a.Status != 0 && !isRetryAfter(a.RetryAfter):
		return fmt.Errorf("%w: Retry-After is %q", ErrAnswer, a.RetryAfter)
	case isUnavailable(a):
		return nil
	case isVerdict(a):
		return ErrBlamed
	default:
		return fmt.Errorf("%w: want 503 (gRPC %d)", ErrAnswer, verdict.CodeUnavailable)
	}
}

// mustForget is for opaque tokens that were revoked longer ago than the service
// may go by what it was told before.
func mustForget(a tokentest.Answer) error {
	if a.Admitted {
		return ErrRevoked
	}
	return mustRefuse(a)
}

// mustAbstainFrom is for opaque tokens that the service cannot ask about.
func mustAbstainFrom(a tokentest.Answer) error {
	if a.Admitted {
		return ErrUnasked
	}
	return mustAbstain(a)
}

// mayAbstain is for good tokens while the service may have no keys, or may not be
// able to ask about them.
func mayAbstain(a tokentest.Answer) error {
	if a.Admitted {
		return nil
	}
	return mustAbstain(a)
}

// mustNotAdmit is for bad tokens that the service need not be able to judge.
func mustNotAdmit(a tokentest.Answer) error {
	if a.Admitted {
		return ErrAdmitted
	}
	return anything(a)
}

// anything is for tokens in times that have to pass, and about which nothing is
// promised: the answer is one of those a guard gives.
func anything(a tokentest.Answer) error {
	if a.Admitted || mustRefuse(a) == nil {
		return nil
	}
	return mustAbstain(a)
}

func isUnavailable(a tokentest.Answer) bool {
	_, ok := verdict.Unavailable(a)
	return ok
}

// isVerdict tells whether the answer makes the client give up the token.
func isVerdict(a tokentest.Answer) bool {
	return a.Status/100 == 4 || a.Status == 0 && (a.Code == verdict.CodeUnauthenticated || a.Code == verdict.CodePermissionDenied)
}

// isRetryAfter tells whether the value is one of a Retry-After field (RFC 9110
// §10.2.3).
func isRetryAfter(value string) bool {
	if _, err := strconv.ParseUint(value, 10, 32); err == nil {
		return true
	}
	_, err := http.ParseTime(value)
	return err == nil
}
