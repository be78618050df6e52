package introspect

import (
	"encoding/json"
	"time"
)

// State says whether the endpoint is asked.
type State string

// The states.
const (
	// StateServing: the last request was answered, or none was made yet.
	StateServing State = "serving"
	// StateFailing: the last requests have failed, and are too few to stop asking.
	StateFailing State = "failing"
	// StateClosed: the endpoint has failed, and is not asked before NextAttempt.
	StateClosed State = "closed"
)

// Status is the state of an Authenticator at one moment.
type Status struct {
	// State is that of the endpoint. Tokens that are known to have been good are asked
	// about apart from all others; it is the state of those that are worse off.
	State State
	// Endpoint is where the issuer is asked, or "" if it is not found yet.
	Endpoint string
	// InFlight is how many requests are under way.
	InFlight int
	// Good and Bad are about how many tokens something is remembered of.
	Good, Bad int
	// Failures is how many requests in a row have failed, and FailingSince when the first
	// of them did.
	Failures     int
	FailingSince time.Time
	// NextAttempt is when the endpoint is asked again, if State is StateClosed.
	NextAttempt time.Time
	// CredentialsRefused says that the last request failed because of the credentials of
	// this service.
	CredentialsRefused bool
	// LastError is why the last request failed, or nil if it did not.
	LastError error
	// LastPanic is the last panic of a hook of Trace that was contained, or nil.
	LastPanic error
}

// Status returns the current status. It makes no request and does not block. Its texts are
// for operators.
func (a *Authenticator) Status() Status {
	if a == nil {
		return Status{}
	}
	l, inFlight := a.gate.worse()
	s := Status{
		State: StateServing, Endpoint: a.endpoint.current.Load().URL, InFlight: inFlight,
		Good: a.good.count(), Bad: a.bad.count(),
		Failures: l.failures, FailingSince: l.since,
		CredentialsRefused: l.refused, LastError: l.last, LastPanic: a.hooks.panics.Err(errPanic),
	}
	switch {
	case l.closed:
		s.State, s.NextAttempt = StateClosed, l.at.Add(l.wait)
	case l.failures > 0:
		s.State = StateFailing
	}
	return s
}

// MarshalJSON writes the status with names in snake case, times as RFC 3339, and without
// unknown values.
func (s Status) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		State              State     `json:"state"`
		Endpoint           string    `json:"endpoint,omitempty"`
		InFlight           int       `json:"in_flight"`
		Good               int       `json:"good"`
		Bad                int       `json:"bad"`
		Failures           int       `json:"failures,omitempty"`
		FailingSince       time.Time `json:"failing_since,omitzero"`
		NextAttempt        time.Time `json:"next_attempt,omitzero"`
		CredentialsRefused bool      `json:"credentials_refused,omitempty"`
		LastError          string    `json:"last_error,omitempty"`
		LastPanic          string    `json:"last_panic,omitempty"`
	}{
		s.State, s.Endpoint, s.InFlight, s.Good, s.Bad, s.Failures, s.FailingSince, s.NextAttempt,
		s.CredentialsRefused, textOf(s.LastError), textOf(s.LastPanic),
	})
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
