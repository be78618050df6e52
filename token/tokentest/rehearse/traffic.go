package rehearse

import (
	"crypto/rand"
	"time"

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
	"github.com/postern-go/postern/token/tokentest/internal/verdict"
)

// client is a caller of the service: what it sends at each tick of a phase, and
// what must come of it.
type client struct {
	make   func() sent
	want   expectation
	within time.Duration // zero: Patience
	times  int           // calls at each tick; zero: one
}

// sent is the credentials of one call.
type sent struct {
	what        string
	credentials tokentest.Credentials
}

// good mints a good token of this service.
func (s *rehearsal) good(edits ...tokentest.Edit) tokentest.Credentials {
	make := s.issuer.Token
	if s.scenario.opaque {
		make = s.issuer.Opaque
	}
	return verdict.Bearer(make(tokentest.Edits(s.cfg.Good...), tokentest.Edits(edits...)))
}

// usual is the traffic of every phase in which the service has keys: a client
// with a new token for each call, one that keeps its token for as long as it
// is good, and one with bad tokens.
func (s *rehearsal) usual(within time.Duration) []client {
	return s.traffic(mustAdmit, mustRefuse, within)
}

func (s *rehearsal) traffic(good, bad expectation, within time.Duration) []client {
	return []client{
		{make: s.fresh, want: good, within: within},
		{make: s.steady.present, want: good, within: within},
		{make: s.attacker.present, want: bad},
	}
}

// fresh is a token just issued.
func (s *rehearsal) fresh() sent {
	return sent{"a new token" + s.byKey(), s.good()}
}

// byKey names the key of a token that has one.
func (s *rehearsal) byKey() string {
	if s.scenario.opaque {
		return " opaque"
	}
	return " by " + s.issuer.SigningKey().ID
}

// by is tokens by one key, whether or not it is published or signs.
func (s *rehearsal) by(k tokentest.SigningKey, what string, want expectation) client {
	return client{want: want, make: func() sent {
		return sent{"a token by " + k.ID + ", " + what, s.good(tokentest.Key(k))}
	}}
}

// again is one token by a key, minted now and presented at every tick. Services
// that remember tokens have to forget it. It is good for long, which not every
// service accepts, so it must only be wanted to be refused.
func (s *rehearsal) again(k tokentest.SigningKey, what string, want expectation) client {
	c := s.good(tokentest.Key(k), tokentest.ExpiresIn(time.Hour+s.issuer.Options().Lifetime+6*s.cfg.lifetime()))
	return client{want: want, make: func() sent {
		return sent{"the same token by " + k.ID + " as before, " + what, c}
	}}
}

// steady is a client that keeps its token until it expires.
type steady struct {
	rehearsal *rehearsal
	token     sent
	expires   time.Time
}

func (c *steady) present() sent {
	if time.Until(c.expires) <= c.rehearsal.cfg.patience() {
		c.renew()
	}
	return c.token
}

func (c *steady) renew() {
	c.expires = time.Now().Add(c.rehearsal.issuer.Options().Lifetime)
	c.token = sent{"a token kept since it was issued," + c.rehearsal.byKey(), c.rehearsal.good()}
}

// attacker is a client with bad tokens, of another kind each time. None of them
// is worth a request to the issuer: they are signed by a key that is published.
// A bad signature is, once a minute, and would keep the keys fresh for a service
// that holds them for too long.
type attacker struct {
	rehearsal *rehearsal
	calls     int
}

func (v *attacker) present() sent {
	v.calls++
	s := v.rehearsal
	switch v.calls % 3 {
	case 0:
		return sent{"an expired token", s.good(tokentest.ExpiresIn(-time.Hour))}
	case 1:
		return sent{"a token for another service", s.good(tokentest.Audience("https://elsewhere.example.com"))}
	default:
		return sent{"a token of another issuer", s.good(tokentest.Claim("iss", "https://elsewhere.example.com"))}
	}
}

// forged is a token by another key under the id of the one that signs.
func (s *rehearsal) forged() sent {
	return sent{"a forged token under the id of " + s.issuer.SigningKey().ID, s.good(tokentest.EditDraft((*mint.Draft).Forge))}
}

// invented is a token of an unpublished key, of another id each time.
// Its signature is noise, which is cheaper to make than to look at.
func (s *rehearsal) invented() sent {
	noise := tokentest.SignWith(func([]byte) []byte {
		signature := make([]byte, 64)
		_, _ = rand.Read(signature)
		return signature
	})
	return sent{"a token of an unpublished key", s.good(tokentest.Header("kid", rand.Text()), noise)}
}
