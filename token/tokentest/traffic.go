package tokentest

import (
	"crypto/rand"
	"time"
)

// line is what one client sends at each beat of a phase.
type line struct {
	make   func() sent
	want   expectation
	within time.Duration // zero: Patience
	times  int           // calls at each beat; zero: one
}

// sent is what is presented in one call.
type sent struct {
	what        string
	credentials Credentials
}

// good mints a good token of this service.
func (s *stage) good(edits ...Edit) Credentials {
	return authorization("Bearer " + s.issuer.Token(Edits(s.cfg.Good...), Edits(edits...)))
}

// usual is the traffic of every phase in which the service has keys: a client
// with a new token for each call, one that keeps its token for as long as it
// is good, and one with bad tokens.
func (s *stage) usual(within time.Duration) []line {
	return s.traffic(mustAdmit, mustRefuse, within)
}

func (s *stage) traffic(good, bad expectation, within time.Duration) []line {
	return []line{
		{make: s.fresh, want: good, within: within},
		{make: s.regular.present, want: good, within: within},
		{make: s.villain.present, want: bad},
	}
}

// fresh is a token just issued.
func (s *stage) fresh() sent {
	return sent{"a new token by " + s.issuer.SigningKey().ID, s.good()}
}

// by is tokens by one key, whether or not it is published or signs.
func (s *stage) by(k SigningKey, what string, want expectation) line {
	return line{want: want, make: func() sent {
		return sent{"a token by " + k.ID + ", " + what, s.good(Key(k))}
	}}
}

// again is one token by a key, minted now and presented at every beat. Services
// that remember tokens have to forget it. It is good for long, which not every
// service accepts, so it must only be wanted to be refused.
func (s *stage) again(k SigningKey, what string, want expectation) line {
	c := s.good(Key(k), ExpiresIn(time.Hour+6*s.cfg.lifetime()))
	return line{want: want, make: func() sent {
		return sent{"the same token by " + k.ID + " as before, " + what, c}
	}}
}

// regular is a client that keeps its token until it expires.
type regular struct {
	stage   *stage
	token   sent
	expires time.Time
}

func (c *regular) present() sent {
	if time.Until(c.expires) <= c.stage.cfg.patience() {
		c.renew()
	}
	return c.token
}

func (c *regular) renew() {
	c.expires = time.Now().Add(c.stage.issuer.lifetime())
	c.token = sent{"a token kept since it was issued, by " + c.stage.issuer.SigningKey().ID, c.stage.good()}
}

// villain is a client with bad tokens, of another kind each time. None of them
// is worth a request to the issuer: they are signed by a key that is published.
// A bad signature is, once a minute, and would keep the keys fresh for a service
// that holds them for too long.
type villain struct {
	stage *stage
	calls int
}

func (v *villain) present() sent {
	v.calls++
	s := v.stage
	switch v.calls % 3 {
	case 0:
		return sent{"an expired token", s.good(ExpiresIn(-time.Hour))}
	case 1:
		return sent{"a token for another service", s.good(Audience("https://elsewhere.example.com"))}
	default:
		return sent{"a token of another issuer", s.good(Claim("iss", "https://elsewhere.example.com"))}
	}
}

// forged is a token by another key under the id of the one that signs.
func (s *stage) forged() sent {
	k := s.issuer.SigningKey()
	k.Private = s.issuer.forger(k.Algorithm).Private
	return sent{"a forged token under the id of " + k.ID, s.good(Key(k))}
}

// invented is a token of a key that nobody publishes, of another id each time.
// Its signature is noise, which is cheaper to make than to look at.
func (s *stage) invented() sent {
	noise := SignWith(func([]byte) []byte {
		signature := make([]byte, 64)
		_, _ = rand.Read(signature)
		return signature
	})
	return sent{"a token of a key that nobody publishes", s.good(Header("kid", rand.Text()), noise)}
}
