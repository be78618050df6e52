package rehearse

import (
	"net/http"
	"strings"
	"time"

	"github.com/postern-go/postern/token/tokentest"
)

// unanswered are the ways in which an issuer can fail to answer a question about
// a token.
func unanswered() []trouble {
	garbage := func(body string) func(*tokentest.Issuer) { return func(i *tokentest.Issuer) { i.Garbage(body) } }
	failing := func(status int) func(*tokentest.Issuer) { return func(i *tokentest.Issuer) { i.Fail(status) } }
	return []trouble{
		{name: "no one listens", begin: (*tokentest.Issuer).GoDown},
		{name: "questions hang", begin: (*tokentest.Issuer).Hang},
		{name: "questions fail", begin: failing(http.StatusInternalServerError)},
		{name: "there is no endpoint", begin: failing(http.StatusNotFound)},
		{name: "questions are throttled", begin: throttle, told: true},
		{name: "the service may not ask", begin: failing(http.StatusForbidden)},
		{name: "the service may not ask, with 400", begin: unauthorized},
		{name: "the secret of the service was changed", begin: func(i *tokentest.Issuer) { i.SetIntrospectors() }},
		{name: "an error page for an answer", begin: garbage("<!doctype html><title>Back soon</title>")},
		{name: "an empty answer", begin: garbage("")},
		{name: "an answer about nothing", begin: garbage("{}")},
		{name: "an answer that is a word", begin: garbage(`{"active":"true"}`)},
		{name: "an answer that is too long", begin: garbage(`{"active":true,"padding":"` + strings.Repeat("x", 1<<20) + `"}`)},
	}
}

// unauthorized is about the service, by the status that is otherwise about the
// token (RFC 6749 §5.2).
func unauthorized(i *tokentest.Issuer) {
	i.AnswerIntrospection(func(_ tokentest.IntrospectionRequest, a *tokentest.IntrospectionAnswer) {
		a.Status, a.Body = http.StatusBadRequest, `{"error":"unauthorized_client"}`
	})
}

func unansweredScenarios() []scenario {
	var scenarios []scenario
	for _, tr := range unanswered() {
		scenarios = append(scenarios, scenario{
			name: tr.name, run: tr.unanswered,
			why: "a token that nothing is known about must not get in, and must not be blamed: one lets strangers in, the other signs all users out",
		})
	}
	return scenarios
}

// unanswered is an outage after which the credentials of the service are good
// again.
func (tr trouble) unanswered(s *rehearsal) {
	may := s.issuer.Introspectors()
	tr.begin(s.issuer)
	begins := s.cfg.settled(s.cfg.answerLimit())
	clients := s.traffic(mustAbstainFrom, mustNotAdmit, 0)
	clients[1].want = mayAbstain // the steady one, which the service knows
	s.run(phase{name: "the outage begins", lasts: begins, clients: clients})
	crowd := client{make: s.fresh, want: mustAbstainFrom, times: callers}
	const lasts = 2 * time.Minute
	s.run(phase{
		name: "the outage goes on", lasts: lasts, every: time.Second, most: tr.attempts(lasts),
		clients: with(s.traffic(mustAbstainFrom, mustNotAdmit, 0), crowd),
	})
	s.issuer.SetIntrospectors(may...)
	s.comeUp()
	s.run(phase{name: "the issuer is back", lasts: s.cfg.settled(s.wait(tr)), clients: s.traffic(mayAbstain, mustNotAdmit, 0)})
	s.run(phase{name: "all is well", lasts: time.Minute, clients: s.usual(0)})
}

// attempts is how many questions an outage may cost, once the service has seen
// it: one a second, where twenty times as many callers come. A service that was
// told when to ask again asks then.
func (tr trouble) attempts(lasts time.Duration) int {
	if tr.told {
		return 10 + 2*int(lasts/retryAfter)
	}
	return 20 + int(lasts/time.Second)
}

func (s *rehearsal) wait(tr trouble) time.Duration {
	if tr.told {
		return max(s.cfg.answersAgain(), retryAfter)
	}
	return s.cfg.answersAgain()
}

// coldQuestionScenarios are outages that the service is started in.
func coldQuestionScenarios() []scenario {
	why := "a service that does not start while its issuer is down makes one outage into two"
	scenarios := []scenario{
		{name: "a start while no one listens", before: (*tokentest.Issuer).GoDown},
		{name: "a start while questions hang", before: (*tokentest.Issuer).Hang},
	}
	for n := range scenarios {
		scenarios[n].why, scenarios[n].run = why, coldQuestions
	}
	return scenarios
}

func coldQuestions(s *rehearsal) {
	s.run(phase{name: "nothing is answered yet", lasts: 5 * time.Minute, clients: s.traffic(mustAbstainFrom, mustNotAdmit, 0)})
	s.comeUp()
	s.run(phase{name: "the issuer is back", lasts: s.cfg.settled(s.cfg.answersAgain()), clients: s.traffic(mayAbstain, mustNotAdmit, 0)})
	s.run(phase{name: "all is well", lasts: time.Minute, clients: s.usual(0)})
}
