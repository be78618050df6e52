package tokentest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// stage is where a scene is played: an issuer, a service, and what happened so
// far.
type stage struct {
	t       *testing.T
	scene   scene
	cfg     RehearsalConfig
	issuer  *Issuer
	target  Target
	regular *regular
	villain *villain
	began   time.Time
	pending sync.WaitGroup // calls that have no answer yet

	mu         sync.Mutex // held to change what follows, and for records
	records    []*record
	violations []*Violation
}

// phase is a part of a scene during which the issuer behaves in one way.
type phase struct {
	name  string
	lasts time.Duration
	lines []line        // none: no calls
	most  int           // requests to one URL of the issuer; 0: any number
	every time.Duration // between two calls at most; 0: as the configuration says
}

func newStage(t *testing.T, sc scene, cfg RehearsalConfig) *stage {
	s := &stage{t: t, scene: sc, cfg: cfg, issuer: NewIssuer(t, cfg.issuerOptions()), began: time.Now()}
	s.regular, s.villain = &regular{stage: s}, &villain{stage: s}
	return s
}

func (s *stage) now() time.Duration { return time.Since(s.began) }

// run plays one phase: at each beat every line makes its calls, all at once.
// It ends when the last call has been answered.
func (s *stage) run(p phase) {
	r := s.newRecord(p)
	before := s.requests()
	every := or(p.every, s.cfg.every(p.lasts))
	var calls sync.WaitGroup
	for end := time.Now().Add(p.lasts); ; {
		for _, l := range p.lines {
			s.spawn(&calls, r, l)
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

// idle lets time pass in which nobody calls.
func (s *stage) idle(name string, lasts time.Duration) {
	before, r := s.requests(), s.newRecord(phase{name: name})
	time.Sleep(lasts)
	s.settle(r, before)
}

// spawn makes the calls of one line at one beat. Tokens are made here, in the
// goroutine of the scene, so that what they come from needs no lock.
func (s *stage) spawn(calls *sync.WaitGroup, r *record, l line) {
	for range max(1, l.times) {
		sent := l.make()
		calls.Go(func() { s.call(r, l, sent) })
	}
}

func (s *stage) call(r *record, l line, sent sent) {
	begin := time.Now()
	answer, err := s.ask(sent.credentials)
	took := time.Since(begin)
	switch {
	case err != nil || answer.Unsent:
	case took > or(l.within, s.cfg.patience()) || took >= s.cfg.patience():
		err = fmt.Errorf("%w: %v", ErrSlow, took)
	default:
		err = l.want(answer)
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
func (s *stage) ask(c Credentials) (Answer, error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), s.cfg.patience())
	defer cancel()
	var answer Answer
	var err error
	done := make(chan struct{})
	s.pending.Go(func() {
		defer close(done)
		answer, err = s.target.call(ctx, c)
	})
	if !within(s.cfg.patience()+time.Second, done) {
		return Answer{}, ErrSlow
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
func (s *stage) blame(v Violation) {
	n := slices.IndexFunc(s.violations, v.is)
	if n < 0 {
		v.Scene, v.Until, v.Count = s.scene.name, v.At, 1
		s.violations = append(s.violations, &v)
		return
	}
	known := s.violations[n]
	known.Until = max(known.Until, v.At)
	known.Count++
}

// settle ends a phase: how long it lasted, and what the issuer saw of it.
func (s *stage) settle(r *record, before map[string]int) {
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

func (s *stage) requests() map[string]int {
	counts := map[string]int{}
	for _, url := range s.urls() {
		counts[url] = s.issuer.Requests(url)
	}
	return counts
}

func (s *stage) urls() []string { return append(s.issuer.MetadataURLs(), s.issuer.KeysURL()) }

func (s *stage) newRecord(p phase) *record {
	r := &record{phase: p, at: s.now()}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records = append(s.records, r)
	return r
}

// close lets go what may still wait for the issuer, and waits for it: a bubble
// must not end before its goroutines.
func (s *stage) close() {
	s.issuer.ComeUp()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.pending.Wait()
	}()
	within(24*time.Hour, done)
}
