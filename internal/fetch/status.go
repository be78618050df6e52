package fetch

import (
	"errors"
	"net/http"
	"time"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/printable"
)

// delayed is an error with the time for which a server asked to be left alone.
type delayed struct {
	error
	wait time.Duration
}

func (d *delayed) Unwrap() error { return d.error }

// RetryAfter is for how long a server asked to be left alone (RFC 9110 §10.2.3),
// up to ten minutes, if err says so, and otherwise zero.
func RetryAfter(err error) time.Duration {
	var d *delayed
	if errors.As(err, &d) {
		return d.wait
	}
	return 0
}

// Join joins the errors of several exchanges, and picks one of their waits.
func Join(errs []error, pick func([]time.Duration) time.Duration) error {
	var waits []time.Duration
	for _, err := range errs {
		waits = append(waits, RetryAfter(err))
	}
	return &delayed{evidence.Join(errs...), pick(waits)}
}

// wrongStatus is the error for an answer with another status than 200. Of the
// target of a redirect it says the host only: the rest may hold secrets.
func (c *Client) wrongStatus(response *http.Response) error {
	err := evidence.Errorf(ErrStatus, "status is %d, want 200", response.StatusCode)
	if location := response.Header.Get("Location"); location != "" && response.StatusCode/100 == 3 {
		place := "an unreadable place"
		if to, err := response.Location(); err == nil {
			place = "host " + printable.Value(to.Host)
		}
		err = evidence.Errorf(ErrStatus, "status is %d to %s, want 200: redirects are not followed", response.StatusCode, place)
	}
	switch response.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return &delayed{err, retryAfter(response.Header, c.Now())}
	}
	return err
}

// retryAfter reads when a server that is overloaded or down for maintenance
// wants to be asked again (RFC 9110 §10.2.3), up to ten minutes.
func retryAfter(h http.Header, now time.Time) time.Duration {
	const longest = 10 * time.Minute
	value := trim(h.Get("Retry-After"))
	wait, ok := deltaSeconds(value)
	if !ok {
		at, err := http.ParseTime(value)
		if err != nil {
			return 0
		}
		wait = at.Sub(now)
	}
	return min(max(0, wait), longest)
}
