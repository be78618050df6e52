package introspect

import "time"

// Trace is a set of hooks that watch an Authenticator, for logs, metrics and alarms.
// Any of them may be nil. They are called synchronously and concurrently, so they
// should be quick. None receives any part of a token or of a secret. A hook that
// panics ends nothing: see Status.LastPanic.
type Trace struct {
	// Asked is called after each request to the endpoint.
	Asked func(Asked)
	// Credentials is called when the endpoint has refused the credentials of this
	// service. It deserves an alarm: no token can be judged until that is mended.
	Credentials func(err error)
	// Outage is called when the endpoint begins and ends to count as unavailable.
	Outage func(Outage)
	// Shed is called for each call that is answered 503 without a request, with the
	// reason.
	Shed func(Shed)
	// Stale is called when an answer past its time is used (Config.StaleFor), with the
	// time since it was given.
	Stale func(age time.Duration)
}

// Asked tells how one request went.
type Asked struct {
	// URL is the endpoint.
	URL string
	// Status is the HTTP status, or 0 if there was no answer.
	Status int
	// Duration is how long the request took.
	Duration time.Duration
	// Active is what the answer says of the token. It is false beside an Err.
	Active bool
	// Err is nil if the answer could be read.
	Err error
}

// Outage tells that an outage has begun, goes on or has ended.
type Outage struct {
	// Over says that the endpoint has answered again.
	Over bool
	// Failures is how many requests in a row have failed.
	Failures int
	// Since is when the first of them did.
	Since time.Time
	// RetryAfter is for how long the endpoint is not asked.
	RetryAfter time.Duration
	// Err is why the last request failed, or nil.
	Err error
}

// Shed is why a call was not asked about.
type Shed string

// The reasons.
const (
	// ShedOutage: the endpoint is unavailable, and the time for another attempt has
	// not come.
	ShedOutage Shed = "outage"
	// ShedInFlight: Config.MaxInFlight requests are under way.
	ShedInFlight Shed = "in_flight"
	// ShedUnknown: Config.UnknownPerSecond is spent.
	ShedUnknown Shed = "unknown"
)
