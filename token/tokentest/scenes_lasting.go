package tokentest

import "time"

// lastingScenes are outages of which the end is not in sight.
func lastingScenes() []scene {
	return []scene{{
		name: "an outage longer than keys may serve",
		why:  "a key that its issuer cannot withdraw must not serve for ever, and its tokens are not to blame",
		act:  outlasted,
	}, {
		name: "an outage that begins while nobody calls",
		why:  "the first caller of the day must not find the service closed because its keys are an hour old",
		act:  idleOutage,
	}}
}

// outlasted is an outage that is longer than keys may serve. When they were
// confirmed last is not known to a lifetime.
func outlasted(s *stage) {
	s.issuer.GoDown()
	if grace := s.cfg.grace(); grace > 0 {
		s.run(phase{name: "the keys serve", lasts: grace, most: s.retries(grace), lines: s.usual(s.cfg.prompt())})
	}
	s.run(phase{
		name: "the keys grow too old", lasts: s.cfg.settled(s.cfg.lifetime()),
		lines: s.traffic(mayAbstain, mustNotAdmit, 0),
	})
	s.run(phase{
		name: "the keys are too old", lasts: time.Hour, most: s.retries(time.Hour),
		lines: s.traffic(mustAbstain, mustNotAdmit, 0),
	})
	s.recover()
}

// recover is the end of an outage after which the service has no keys.
func (s *stage) recover() {
	s.comeUp()
	s.run(phase{
		name: "the issuer is back", lasts: s.cfg.settled(s.cfg.recovery()),
		lines: s.traffic(mayAbstain, mustNotAdmit, 0),
	})
	s.run(phase{name: "all is well", lasts: 2 * s.cfg.lifetime(), lines: s.usual(0)})
}

// idleOutage needs no promptness of the first calls: nothing has told the
// service of the outage.
func idleOutage(s *stage) {
	s.issuer.Hang()
	s.idle("nobody calls", min(2*s.cfg.lifetime(), s.cfg.grace()))
	if s.cfg.grace() > 0 {
		s.run(phase{name: "the first calls", lines: []line{
			{make: s.fresh, want: mustAdmit, times: callers},
			{make: s.villain.present, want: mustRefuse},
		}})
	}
	s.recover()
}

// coldScenes are outages that the service is started in.
func coldScenes() []scene {
	why := "a service that does not start while its issuer is down makes one outage into two"
	return []scene{
		{name: "a start while connections are refused", why: why, before: (*Issuer).GoDown, act: cold},
		{name: "a start while requests hang", why: why, before: (*Issuer).Hang, act: cold},
		{name: "a start while the key set is empty", why: why, before: func(i *Issuer) { i.Garbage(`{"keys":[]}`) }, act: cold},
	}
}

func cold(s *stage) {
	const lasts = 10 * time.Minute
	s.run(phase{
		name: "there are no keys yet", lasts: lasts, most: s.retries(lasts),
		lines: s.traffic(mustAbstain, mustNotAdmit, 0),
	})
	s.recover()
}
