package rehearse

import (
	"time"

	"github.com/postern-go/postern/token/tokentest"
)

// lastingScenarios are outages without an end in sight.
func lastingScenarios() []scenario {
	return []scenario{{
		name: "an outage longer than keys may serve",
		why:  "a key that its issuer cannot withdraw must not serve for ever, and its tokens are not to blame",
		run:  outlasted,
	}, {
		name: "an outage that begins while the service is idle",
		why:  "the first caller of the day must not find the service closed because its keys are an hour old",
		run:  idleOutage,
	}}
}

// outlasted is an outage that is longer than keys may serve. When they were
// confirmed last is not known to a lifetime.
func outlasted(s *rehearsal) {
	s.issuer.GoDown()
	if grace := s.cfg.grace(); grace > 0 {
		s.run(phase{name: "the keys serve", lasts: grace, most: s.retries(grace), clients: s.usual(s.cfg.prompt())})
	}
	s.run(phase{
		name: "the keys grow too old", lasts: s.cfg.settled(s.cfg.lifetime()),
		clients: s.traffic(mayAbstain, mustNotAdmit, 0),
	})
	s.run(phase{
		name: "the keys are too old", lasts: time.Hour, most: s.retries(time.Hour),
		clients: s.traffic(mustAbstain, mustNotAdmit, 0),
	})
	s.recover()
}

// recover is the end of an outage after which the service has no keys.
func (s *rehearsal) recover() {
	s.comeUp()
	s.run(phase{
		name: "the issuer is back", lasts: s.cfg.settled(s.cfg.recovery()),
		clients: s.traffic(mayAbstain, mustNotAdmit, 0),
	})
	s.run(phase{name: "all is well", lasts: 2 * s.cfg.lifetime(), clients: s.usual(0)})
}

// idleOutage needs no promptness of the first calls: nothing has told the
// service of the outage.
func idleOutage(s *rehearsal) {
	s.issuer.Hang()
	s.idle("no calls", min(2*s.cfg.lifetime(), s.cfg.grace()))
	if s.cfg.grace() > 0 {
		s.run(phase{name: "the first calls", clients: []client{
			{make: s.fresh, want: mustAdmit, times: callers},
			{make: s.attacker.present, want: mustRefuse},
		}})
	}
	s.recover()
}

// coldScenarios are outages that the service is started in.
func coldScenarios() []scenario {
	why := "a service that does not start while its issuer is down makes one outage into two"
	return []scenario{
		{name: "a start while connections are refused", why: why, before: (*tokentest.Issuer).GoDown, run: cold},
		{name: "a start while requests hang", why: why, before: (*tokentest.Issuer).Hang, run: cold},
		{name: "a start while the key set is empty", why: why, before: func(i *tokentest.Issuer) { i.Garbage(`{"keys":[]}`) }, run: cold},
	}
}

func cold(s *rehearsal) {
	const lasts = 10 * time.Minute
	s.run(phase{
		name: "there are no keys yet", lasts: lasts, most: s.retries(lasts),
		clients: s.traffic(mustAbstain, mustNotAdmit, 0),
	})
	s.recover()
}
