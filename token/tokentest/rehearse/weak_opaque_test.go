package rehearse_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/rehearse"
)

// asker is a service for opaque tokens written without postern, with a memory, one
// question for each token at a time, a pause during outages, and one thing wrong.
type asker struct {
	issuer *tokentest.Issuer
	flaw   string

	mu      sync.Mutex // not held while the issuer is asked
	known   map[string]verdict
	flights map[string]*flight
	pause   time.Time // not to ask before
	spent   []time.Time
}

// verdict is a status, and until when it holds.
type verdict struct {
	status int
	until  time.Time
	active bool // it was good before
}

// flight is a question that is being asked.
type flight struct {
	done   chan struct{}
	status int
}

const (
	rememberedForEver = "answers are remembered for ever"
	rememberedNever   = "answers are not remembered"
	badForgotten      = "bad answers are not remembered"
	eachAsks          = "each caller asks"
	noPause           = "an outage does not end the questions"
	blamesTokens      = "an outage is blamed on the token"
	welcoming         = "an outage lets all in"
	staleForEver      = "an outage makes known tokens good"
	deafened          = "Retry-After is not heard"
	spendthrift       = "inventions are all asked about"
	sulking           = "a pause is an hour"
	closedByGarbage   = "a bad token pauses the questions"
	patientForEver    = "questions have no timeout"
)

func newAsker(flaw string) rehearse.Service {
	return func(_ *testing.T, issuer *tokentest.Issuer) tokentest.Target {
		return tokentest.HTTPTarget(&asker{issuer: issuer, flaw: flaw, known: map[string]verdict{}, flights: map[string]*flight{}}, orders)
	}
}

func (a *asker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status := a.judge(r.Context(), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	switch status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "5")
	}
	w.WriteHeader(status)
}

func (a *asker) judge(ctx context.Context, raw string) int {
	a.mu.Lock()
	now, known := time.Now(), a.known[raw]
	if now.Before(known.until) && a.flaw != rememberedNever {
		a.mu.Unlock()
		return known.status
	}
	if now.Before(a.pause) || !known.active && a.broke(now) {
		a.mu.Unlock()
		return a.unknown(known)
	}
	f, flying := a.flights[raw]
	if !flying || a.flaw == eachAsks {
		f = &flight{done: make(chan struct{})}
		a.flights[raw] = f
		if a.spending() {
			a.pause = now.Add(3 * time.Second) // one question at a time, until it is answered
		}
		a.mu.Unlock()
		a.fly(raw, f)
		return a.told(f, known)
	}
	a.mu.Unlock()
	select {
	case <-f.done:
	case <-ctx.Done():
		return http.StatusServiceUnavailable
	}
	return a.told(f, known)
}

// spending tells whether this may be the question that finds an outage over. It
// needs a.mu.
func (a *asker) spending() bool { return !a.pause.IsZero() && a.flaw != noPause }

// broke tells whether too much was asked about bad tokens in the last second. It
// needs a.mu.
func (a *asker) broke(now time.Time) bool {
	a.spent = slices.DeleteFunc(a.spent, func(t time.Time) bool { return now.Sub(t) >= time.Second })
	return len(a.spent)+len(a.flights) >= 50 && a.flaw != spendthrift
}

func (a *asker) told(f *flight, known verdict) int {
	if f.status == http.StatusServiceUnavailable {
		return a.unknown(known)
	}
	return f.status
}

func (a *asker) unknown(known verdict) int {
	switch {
	case a.flaw == blamesTokens:
		return http.StatusUnauthorized
	case a.flaw == welcoming, a.flaw == staleForEver && known.active:
		return http.StatusOK
	default:
		return http.StatusServiceUnavailable
	}
}

// fly asks, and remembers.
func (a *asker) fly(raw string, f *flight) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if a.flaw == patientForEver {
		ctx = context.Background()
	}
	active, wait, err := a.ask(ctx, raw)
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	defer close(f.done)
	delete(a.flights, raw)
	switch {
	case err != nil:
		f.status = http.StatusServiceUnavailable
		a.pauseFor(now, wait)
	case active:
		f.status, a.pause = http.StatusOK, time.Time{}
		a.known[raw] = verdict{http.StatusOK, now.Add(a.goodFor()), true}
	default:
		f.status, a.pause = http.StatusUnauthorized, time.Time{}
		a.spent = append(a.spent, now)
		if a.flaw != badForgotten {
			a.known[raw] = verdict{http.StatusUnauthorized, now.Add(10 * time.Second), false}
		}
		if a.flaw == closedByGarbage {
			a.pause = now.Add(5 * time.Second)
		}
	}
}

func (a *asker) goodFor() time.Duration {
	if a.flaw == rememberedForEver {
		return time.Hour
	}
	return 30 * time.Second
}

// pauseFor needs a.mu.
func (a *asker) pauseFor(now time.Time, wait time.Duration) {
	switch a.flaw {
	case noPause:
		return
	case sulking:
		wait = time.Hour
	}
	a.pause = now.Add(max(wait, 5*time.Second))
}

var errAnswer = errors.New("no answer")

// ask is one question. wait is what the issuer says that it wants.
func (a *asker) ask(ctx context.Context, raw string) (active bool, wait time.Duration, err error) {
	form := url.Values{"token": {raw}}
	r, _ := http.NewRequestWithContext(ctx, http.MethodPost, a.issuer.IntrospectionURL(), strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("resource+server", "a+secret%3A+100%25+%2B")
	response, err := a.issuer.Client().Do(r)
	if err != nil {
		return false, 0, err
	}
	defer func() { _ = response.Body.Close() }()
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && a.flaw != deafened {
		wait = time.Duration(seconds) * time.Second
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	var said struct {
		Active *bool
		Iss    string
		Aud    string
		Exp    int64
	}
	if err != nil || response.StatusCode != http.StatusOK || json.Unmarshal(text, &said) != nil || said.Active == nil {
		return false, wait, errAnswer
	}
	good := said.Iss == a.issuer.Identifier() && said.Aud == a.issuer.Options().Audience[0] && time.Now().Unix() < said.Exp
	return *said.Active && good, 0, nil
}

// introspections are the scenarios of services that ask, in their order.
var introspections = []string{
	"a token revoked", "all tokens revoked at once", "a token revoked during an outage",
	"many callers with one new token", "slow answers", "a flood of invented tokens", "one invented token again and again",
	"no one listens", "questions hang", "questions fail", "there is no endpoint", "questions are throttled",
	"the service may not ask", "the service may not ask, with 400", "the secret of the service was changed", "an error page for an answer", "an empty answer",
	"an answer about nothing", "an answer that is a word", "an answer that is too long",
	"a start while no one listens", "a start while questions hang",
}

// weakAskers are services that do one thing wrong, and what a rehearsal must find.
var weakAskers = map[string][]finding{
	rememberedForEver: {
		{"a token revoked", "it is dead", rehearse.ErrRevoked}, {"all tokens revoked at once", "they are dead", rehearse.ErrRevoked},
		{"a token revoked during an outage", "it is too old", rehearse.ErrUnasked}, {"no one listens", "the outage goes on", rehearse.ErrUnasked},
	},
	rememberedNever: {{"one invented token again and again", "the same token each second", rehearse.ErrRequests}},
	badForgotten:    {{"one invented token again and again", "the same token each second", rehearse.ErrRequests}},
	eachAsks:        {{"many callers with one new token", "they come at once", rehearse.ErrRequests}},
	noPause:         {{"questions fail", "the outage goes on", rehearse.ErrRequests}, {"questions hang", "the outage goes on", rehearse.ErrRequests}},
	blamesTokens: {
		{"questions fail", "the outage begins", rehearse.ErrBlamed}, {"the secret of the service was changed", "the outage begins", rehearse.ErrBlamed},
		{"a start while no one listens", "nothing is answered yet", rehearse.ErrBlamed},
	},
	welcoming:       {{"an answer about nothing", "the outage begins", rehearse.ErrUnasked}, {"a start while questions hang", "nothing is answered yet", rehearse.ErrUnasked}},
	staleForEver:    {{"a token revoked during an outage", "it is too old", rehearse.ErrUnasked}},
	deafened:        {{"questions are throttled", "the outage goes on", rehearse.ErrRequests}},
	spendthrift:     {{"a flood of invented tokens", "too many of them", rehearse.ErrRequests}},
	sulking:         {{"no one listens", "all is well", rehearse.ErrRefused}, {"an answer that is too long", "all is well", rehearse.ErrRefused}},
	closedByGarbage: {{"a flood of invented tokens", "invented tokens", rehearse.ErrRefused}},
	patientForEver:  {{"questions hang", "the outage begins", rehearse.ErrSlow}},
}

func TestWeakAskersAreFound(t *testing.T) {
	t.Parallel()
	for flaw, findings := range weakAskers {
		t.Run(flaw, func(t *testing.T) {
			t.Parallel()
			results := introspectionOf(t, newAsker(flaw), func(scenario string) bool {
				return slices.ContainsFunc(findings, func(f finding) bool { return f.scenario == scenario })
			})
			for _, f := range findings {
				r := results[f.scenario]
				assert.True(t, slices.ContainsFunc(r.Violations, func(v *rehearse.Violation) bool {
					return v.Phase == f.phase && errors.Is(v, f.err)
				}), "%s: %v in %q: not found in\n%s\n%v", f.scenario, f.err, f.phase, r, r.Err())
			}
		})
	}
}

// A service that does nothing wrong passes, so that what is found is the flaw.
func TestAskerThatIsNotWeak(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	t.Parallel()
	results := introspectionOf(t, newAsker(""), func(string) bool { return true })
	for _, name := range introspections {
		r := results[name]
		assert.NoError(t, r.Err(), r.String())
		assert.Empty(t, r.Skipped)
	}
	assert.Len(t, results, len(introspections))
}

func introspectionOf(t *testing.T, service rehearse.Service, only func(string) bool) map[string]rehearse.Result {
	t.Helper()
	cfg := &rehearse.Config{Skip: map[string]string{}}
	for _, name := range introspections {
		if !only(name) {
			cfg.Skip[name] = "another test"
		}
	}
	results := map[string]rehearse.Result{}
	synctest.Test(t, func(t *testing.T) {
		for _, r := range rehearse.RunIntrospection(t, service, cfg) {
			results[r.Name] = r
		}
	})
	return results
}
