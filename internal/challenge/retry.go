package challenge

import (
	"errors"
	"time"
)

// retryAfter is the number of seconds after which a caller may try again. An
// error in err that knows when its resource is asked next has a method
// RetryAfter; a client that comes earlier would only be refused again. The
// bounds keep clients from coming all at once, and from staying away for a day
// because a resource says so.
func retryAfter(err error) int {
	const unknown, most = 5, 3600
	var known interface{ RetryAfter() time.Duration }
	if !errors.As(err, &known) {
		return unknown
	}
	wait := min(known.RetryAfter(), most*time.Second)
	return max(1, int((wait+time.Second-1)/time.Second))
}
