package jwks

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/postern-go/postern/internal/pacing"
	"github.com/postern-go/postern/internal/printable"
)

// State says in one word whether a Remote can serve.
type State string

// The states of a Remote.
const (
	// StateEmpty: no key is held that may be used. The next call fetches.
	StateEmpty State = "empty"
	// StateFresh: the set is within its lifetime.
	StateFresh State = "fresh"
	// StateExpired: the set is past its lifetime. The next call fetches first.
	StateExpired State = "expired"
	// StateStale: the set is past its lifetime and serves because the issuer
	// cannot be reached.
	StateStale State = "stale"
)

// Status describes the keys that a Remote holds and its fetches, for a health
// endpoint and for alerting on replicas that hold old keys. Times not known are
// zero.
type Status struct {
	State State
	// Issuer is as configured, URL is where the set that is held came from.
	Issuer, URL string
	// DiscoverAt, PlainHTTPHosts, AllowHosts and Proxy are the settings that
	// change whom the keys are believed from. Proxy comes without user and
	// password.
	DiscoverAt                 string
	PlainHTTPHosts, AllowHosts []string
	Proxy                      string
	// KeyIDs are the kids held, in the order of the set, cut and escaped as in
	// Skipped.
	KeyIDs []string
	// Skipped are the keys of the set that are not used. If the last attempt
	// brought a set without a usable key, they are the keys of that.
	Skipped []Skipped
	// LastSuccess is when the issuer last confirmed the set, LastChange when it
	// last had other keys than before.
	LastSuccess, LastChange time.Time
	// NextRefresh is the time from which the next call starts a fetch; in the past
	// if there has been no call since.
	NextRefresh time.Time
	// Expires is when the lifetime of the set ends, UsableUntil when it stops
	// serving even if the issuer cannot be reached.
	Expires, UsableUntil time.Time
	// BudgetSpentUntil is when the next kid that is not held, and was not asked for
	// before, may cause a fetch. Zero: now.
	BudgetSpentUntil time.Time
	// LastError is why the last attempt failed, or nil if it did not.
	// FailingSince is when the first of those in a row failed, Failures their
	// number.
	LastError    error
	FailingSince time.Time
	Failures     int
	// LastPanic is the last panic of a hook of Trace, or of Jitter, that was
	// contained: it matches ErrPanic. Nil: none has panicked.
	LastPanic error
}

// Status returns the current status. It makes no request and does not block. The
// error texts in it may name hosts: show it to operators. Every text is one
// bounded line of printable ASCII.
func (r *Remote) Status() Status {
	st, now := r.state.Load(), r.now()
	s := Status{State: st.at(now), Issuer: printable.Line(r.config.Issuer), LastPanic: r.panics.Err(ErrPanic)}
	s.DiscoverAt, s.Proxy = r.config.DiscoverAt, r.config.Proxy
	s.PlainHTTPHosts, s.AllowHosts = slices.Clone(r.config.PlainHTTPHosts), slices.Clone(r.config.AllowHosts)
	s.BudgetSpentUntil = r.budgetSpentUntil(now)
	s.fillSet(st.set)
	s.fillFailure(st.failure)
	return s
}

func (r *Remote) budgetSpentUntil(now time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if b := &r.budget.once; pacing.IsWithin(b.last, now, b.every) {
		return b.last.Add(b.every)
	}
	return time.Time{}
}

func (st *state) at(now time.Time) State {
	switch st.phase(now) {
	case phaseEmpty:
		return StateEmpty
	case phaseExpired:
		if st.failure.current(now) {
			return StateStale
		}
		return StateExpired
	default:
		return StateFresh
	}
}

func (s *Status) fillSet(set *keySet) {
	if set == nil {
		return
	}
	s.URL = set.origin.url
	s.KeyIDs = namesOf(set.all)
	s.Skipped = append(s.Skipped, set.skipped...)
	s.LastSuccess, s.LastChange = set.at, set.changed
	s.NextRefresh = set.at.Add(set.ahead)
	s.Expires = set.at.Add(set.lifetime)
	s.UsableUntil = set.at.Add(set.limit)
}

func (s *Status) fillFailure(f *failure) {
	if f == nil {
		return
	}
	s.LastError, s.FailingSince, s.Failures = f.cause, f.since, f.count
	if len(f.skipped) > 0 {
		s.Skipped = slices.Clone(f.skipped)
	}
	wait := f.refreshWait
	if s.State == StateEmpty {
		wait = f.wait
	}
	if again := f.at.Add(wait); again.After(s.NextRefresh) {
		s.NextRefresh = again
	}
}

// MarshalJSON writes the status with names in snake case, times as RFC 3339,
// and without unknown values.
func (s Status) MarshalJSON() ([]byte, error) {
	type skipped struct {
		ID     string `json:"kid"`
		Reason string `json:"reason"`
		Detail string `json:"detail,omitempty"`
	}
	out := struct {
		State        State     `json:"state"`
		Issuer       string    `json:"issuer,omitempty"`
		URL          string    `json:"url,omitempty"`
		DiscoverAt   string    `json:"discover_at,omitempty"`
		PlainHTTP    []string  `json:"plain_http_hosts,omitempty"`
		AllowHosts   []string  `json:"allow_hosts,omitempty"`
		Proxy        string    `json:"proxy,omitempty"`
		KeyIDs       []string  `json:"key_ids"`
		Skipped      []skipped `json:"skipped,omitempty"`
		LastSuccess  time.Time `json:"last_success,omitzero"`
		LastChange   time.Time `json:"last_change,omitzero"`
		NextRefresh  time.Time `json:"next_refresh,omitzero"`
		Expires      time.Time `json:"expires,omitzero"`
		UsableUntil  time.Time `json:"usable_until,omitzero"`
		SpentUntil   time.Time `json:"budget_spent_until,omitzero"`
		LastError    string    `json:"last_error,omitempty"`
		FailingSince time.Time `json:"failing_since,omitzero"`
		Failures     int       `json:"failures,omitempty"`
		LastPanic    string    `json:"last_panic,omitempty"`
	}{
		State: s.State, Issuer: s.Issuer, URL: s.URL,
		DiscoverAt: s.DiscoverAt, PlainHTTP: s.PlainHTTPHosts, AllowHosts: s.AllowHosts, Proxy: s.Proxy,
		KeyIDs:      append([]string{}, s.KeyIDs...),
		LastSuccess: s.LastSuccess, LastChange: s.LastChange, NextRefresh: s.NextRefresh,
		Expires: s.Expires, UsableUntil: s.UsableUntil, SpentUntil: s.BudgetSpentUntil, FailingSince: s.FailingSince, Failures: s.Failures,
	}
	for _, k := range s.Skipped {
		out.Skipped = append(out.Skipped, skipped{k.ID, k.Reason.Error(), k.Detail})
	}
	out.LastError, out.LastPanic = textOf(s.LastError), textOf(s.LastPanic)
	return json.Marshal(out)
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
