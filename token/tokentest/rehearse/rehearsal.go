package rehearse

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/verdict"
)

// rehearsal is one run of a scenario: an issuer, a service, and the record so far.
type rehearsal struct {
	t        *testing.T
	scenario scenario
	cfg      Config
	issuer   *tokentest.Issuer
	target   tokentest.Target
	steady   *steady
	attacker *attacker
	began    time.Time
	pending  sync.WaitGroup // calls that have no answer yet

	mu         sync.Mutex // held to change what follows, and for records
	records    []*record
	violations []*Violation
}

// phase is a part of a scenario during which the issuer behaves in one way.
type phase struct {
	name    string
	lasts   time.Duration
	clients []client      // none: no calls
	most    int           // requests to one URL of the issuer; 0: any number
	every   time.Duration // between two calls at most; 0: as the configuration says
}

func newRehearsal(t *testing.T, sc scenario, cfg Config) *rehearsal {
	s := &rehearsal{t: t, scenario: sc, cfg: cfg, issuer: tokentest.NewIssuer(t, cfg.issuerOptions()), began: time.Now()}
	s.steady, s.attacker = &steady{rehearsal: s}, &attacker{rehearsal: s}
	return s
}

func (s *rehearsal) now() time.Duration { return time.Since(s.began) }

// run is one phase: at each tick every client makes its calls, all at once.
// It ends when the last call has been answered.
func (s *rehearsal) run(p phase) {
	r := s.newRecord(p)
	before := s.requests()
	every := cmp.Or(p.every, s.cfg.every(p.lasts))
	var calls sync.WaitGroup
	for end := time.Now().Add(p.lasts); ; {
		for _, c := range p.clients {
			s.spawn(&calls, r, c)
		}
		left := time.Until(end)
		if left <= 0 {
			break
		}
		time.Sleep(min(every, left))
	}
	calls.Wait()
	s.settle(r, before)
}

// idle lets time pass without calls.
func (s *rehearsal) idle(name string, lasts time.Duration) {
	before, r := s.requests(), s.newRecord(phase{name: name})
	time.Sleep(lasts)
	s.settle(r, before)
}

// spawn makes the calls of one client at one tick. Tokens are made here, in the
// goroutine of the scenario, so that what they come from needs no lock.
func (s *rehearsal) spawn(calls *sync.WaitGroup, r *record, c client) {
	for range max(1, c.times) {
		sent := c.make()
		calls.Go(func() { s.call(r, c, sent) })
	}
}

func (s *rehearsal) call(r *record, c client, sent sent) {
	begin := time.Now()
	answer, err := s.ask(sent.credentials)
	took := time.Since(begin)
	switch {
	case err != nil || answer.Unsent:
	case took > cmp.Or(c.within, s.cfg.patience()) || took >= s.cfg.patience():
		err = fmt.Errorf("%w: %v", ErrSlow, took)
	default:
		err = c.want(answer)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r.count(answer, took)
	if err != nil {
		s.blame(Violation{Phase: r.phase.name, At: begin.Sub(s.began), Sent: sent.what, Answer: answer, Err: err})
	}
}

// ask makes one call. A service that hangs although the context has ended is
// left to itself, and waited for at the end.
func (s *rehearsal) ask(c tokentest.Credentials) (tokentest.Answer, error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), s.cfg.patience())
	defer cancel()
	var answer tokentest.Answer
	var err error
	done := make(chan struct{})
	s.pending.Go(func() {
		defer close(done)
		answer, err = verdict.Call(ctx, s.target, c)
	})
	if !within(s.cfg.patience()+time.Second, done) {
		return tokentest.Answer{}, ErrSlow
	}
	return answer, err
}

// within waits for done, and reports whether it came in time.
func within(d time.Duration, done <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// blame notes a violation, once for all of a kind in a phase. It needs s.mu.
func (s *rehearsal) blame(v Violation) {
	n := slices.IndexFunc(s.violations, v.is)
	if n < 0 {
		v.Scenario, v.Until, v.Count = s.scenario.name, v.At, 1
		s.violations = append(s.violations, &v)
		return
	}
	known := s.violations[n]
	known.Until = max(known.Until, v.At)
	known.Count++
}

// settle ends a phase: how long it lasted, and what the issuer saw of it.
func (s *rehearsal) settle(r *record, before map[string]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.lasted = s.now() - r.at
	for _, url := range s.urls() {
		n := s.issuer.Requests(url) - before[url]
		r.requests += n
		if r.phase.most > 0 && n > r.phase.most {
			err := fmt.Errorf("%w: more than %d in %v", ErrRequests, r.phase.most, r.lasted)
			s.blame(Violation{Phase: r.phase.name, At: s.now(), Sent: fmt.Sprintf("%d requests for %s", n, url), Err: err})
		}
	}
}

func (s *rehearsal) requests() map[string]int {
	counts := map[string]int{}
	for _, url := range s.urls() {
		counts[url] = s.issuer.Requests(url)
	}
	return counts
}

func (s *rehearsal) urls() []string {
	return append(s.issuer.MetadataURLs(), s.issuer.KeysURL(), s.issuer.IntrospectionURL())
}

func (s *rehearsal) newRecord(p phase) *record {
	r := &record{phase: p, at: s.now()}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records = append(s.records, r)
	return r
}

// close lets go what may still wait for the issuer, and waits for it: a bubble
// must not end before its goroutines.
func (s *rehearsal) close() {
	s.issuer.ComeUp()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.pending.Wait()
	}()
	within(24*time.Hour, done)
}
