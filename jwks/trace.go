package jwks

import (
	"time"

	"github.com/postern-go/postern/internal/contain"
)

// Trace is a set of hooks that watch a Remote, for logs, metrics and alarms.
// Any of them may be nil. They are called synchronously and concurrently, by
// the fetch or by the call that they are about, so they should be quick;
// calling Remote.Keys or Remote.Ready from FetchStart, FetchDone or Discovered
// would wait for itself. None of them receives any part of a token. Texts from
// outside, errors included, come as one bounded line of printable ASCII. A hook
// that panics ends nothing: see Status.LastPanic.
type Trace struct {
	// FetchStart is called before each HTTP request, with its URL.
	FetchStart func(url string)
	// FetchDone is called after each HTTP exchange.
	FetchDone func(FetchDone)
	// Discovered is called when metadata has told where the keys are.
	Discovered func(Discovered)
	// Refresh is called at the end of each attempt to get the key set, which
	// may have taken several HTTP exchanges.
	Refresh func(Refresh)
	// Skip is called for each key of a fetched set that is not used. One with
	// the reason ErrKeyPrivate deserves an alarm.
	Skip func(Skipped)
	// Budget is called when an unknown kid is refused without a fetch. Many such calls mean a flood of garbage.
	Budget func()
	// Stale is called when keys past their lifetime are handed out because the
	// issuer cannot be reached, with the time since the last success.
	Stale func(age time.Duration)
	// Snapshot is called by NewRemote with the outcome of taking over
	// RemoteConfig.Snapshot: nil, or an error that matches ErrSnapshot.
	Snapshot func(err error)
}

// FetchDone tells how one HTTP exchange went.
type FetchDone struct {
	// URL is the address that was fetched.
	URL string
	// Status is the HTTP status, or 0 if there was no answer.
	Status int
	// Bytes is the length of the body as far as it was read.
	Bytes int
	// Duration is how long the exchange took.
	Duration time.Duration
	// Err is nil if the answer came whole and within the limits, or is a 304 to
	// a conditional request. The content is judged later: see Refresh.
	Err error
}

// Discovered tells what a metadata document said.
type Discovered struct {
	// Issuer and DiscoverAt are as configured. The document named one of them.
	Issuer, DiscoverAt string
	// URL is its jwks_uri.
	URL string
	// CrossHost says that it is on another host than DiscoverAt, or else than
	// Issuer.
	CrossHost bool
}

// Cause is why a key set is fetched.
type Cause string

// The causes of a fetch.
const (
	// CauseEmpty: no key is held that may be trusted.
	CauseEmpty Cause = "empty"
	// CauseAhead: the set is near the end of its lifetime.
	CauseAhead Cause = "ahead"
	// CauseExpired: the set is past its lifetime.
	CauseExpired Cause = "expired"
	// CauseUnknownKey: a call asked for a kid that the set does not have.
	CauseUnknownKey Cause = "unknown_key"
	// CauseBadSignature: a signature verified under no key that is held under
	// its kid, so that the key may have been replaced. See Remote.Reconsider.
	CauseBadSignature Cause = "bad_signature"
)

// Refresh tells how an attempt to get the key set went.
type Refresh struct {
	// Cause is why it was made.
	Cause Cause
	// URL is where the set came from, or "".
	URL string
	// Added and Removed are the ids of keys that came and went, cut and escaped
	// as in Skipped. A key without a kid counts with the id "".
	Added, Removed []string
	// NotModified says that the issuer confirmed the set that is held.
	NotModified bool
	// Lifetime is how long the set may be used.
	Lifetime time.Duration
	// Err is nil on success. Otherwise the keys held before are kept.
	Err error
	// Failures is how many attempts in a row have failed, this one included.
	Failures int
	// RetryAfter is how long no attempt is made after a failure.
	RetryAfter time.Duration
}

// hooks are a Trace with nil fields allowed and panics contained.
type hooks struct {
	Trace
	panics *contain.Panics
}

func newHooks(t *Trace, p *contain.Panics) *hooks {
	if t == nil {
		t = &Trace{}
	}
	return &hooks{*t, p}
}

// tell calls a hook, if there is one, with what it is about.
func tell[T any](h *hooks, hook func(T), about T) {
	if hook != nil {
		h.panics.Contain(func() { hook(about) })
	}
}

func (h *hooks) fetchStart(url string)   { tell(h, h.FetchStart, url) }
func (h *hooks) fetchDone(d FetchDone)   { tell(h, h.FetchDone, d) }
func (h *hooks) discovered(d Discovered) { tell(h, h.Discovered, d) }
func (h *hooks) refresh(r Refresh)       { tell(h, h.Refresh, r) }
func (h *hooks) stale(age time.Duration) { tell(h, h.Stale, age) }
func (h *hooks) snapshot(err error)      { tell(h, h.Snapshot, err) }

func (h *hooks) skip(skipped []Skipped) {
	for _, s := range skipped {
		tell(h, h.Skip, s)
	}
}

func (h *hooks) budget() {
	if h.Budget != nil {
		h.panics.Contain(h.Budget)
	}
}
