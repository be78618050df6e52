package dpop

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/postern-go/postern/internal/jws"
	"github.com/postern-go/postern/internal/nilcheck"
	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
)

// Config is what a Checker accepts. The zero value of each field is a good choice
// for a service with a single replica. New copies it, slices included.
type Config struct {
	// Algorithms lists the accepted signature algorithms of proofs, which are not
	// those of tokens. Challenges name them in this order (RFC 9449 §7.1). Nil means
	// ES256, PS256, Ed25519 and EdDSA; see token.Config.Algorithms for all there are.
	Algorithms []string
	// Required takes tokens under the scheme DPoP alone. Bearer tokens are refused,
	// and challenges do not name Bearer.
	Required bool

	// MaxAge is how old a proof may be by its iat. Zero means a minute; the range is
	// 5 seconds to 5 minutes.
	MaxAge time.Duration
	// MaxAhead is how far iat may be ahead of this clock. Zero means 30 seconds,
	// negative means none; the most is a minute.
	MaxAhead time.Duration

	// Nonces demands a nonce of this service in each proof (RFC 9449 §9). Nil demands
	// none.
	Nonces *Nonces
	// NonceLifetime is how long a nonce is good for. The next one is offered with an
	// answer when half of it is over. Zero means two minutes; the range is 10 seconds
	// to 10 minutes. It needs Nonces.
	NonceLifetime time.Duration
	// NonceReplacesClock accepts any iat, since a nonce says when a proof was made
	// better than the clock of a client does (RFC 9449 §8). It needs Nonces.
	NonceReplacesClock bool

	// Store remembers which proofs were used. Nil means a MemoryStore of the
	// Checker's own with the default settings: a proof is then good once for each
	// replica.
	Store ReplayStore
	// StoreTimeout is how long a call waits for the Store before it is answered 503.
	// Zero means 200 milliseconds; the range is a millisecond to 10 seconds.
	StoreTimeout time.Duration
	// ReplicaSkew is the most by which the clocks of replicas differ. A proof is
	// remembered for that much longer than it is good for, and a nonce is accepted
	// that much before its time. Zero means 5 seconds, negative means none; the most
	// is a minute.
	ReplicaSkew time.Duration

	// Time tells the time. Nil means time.Now.
	Time func() time.Time
}

// withDefaults is c with the defaults filled in.
func (c Config) withDefaults() Config {
	c.Algorithms = slices.Clone(c.Algorithms)
	if c.Algorithms == nil {
		c.Algorithms = []string{"ES256", "PS256", "Ed25519", "EdDSA"}
	}
	for _, d := range []struct {
		field *time.Duration
		zero  time.Duration
	}{
		{&c.MaxAge, time.Minute},
		{&c.MaxAhead, 30 * time.Second},
		{&c.StoreTimeout, 200 * time.Millisecond},
		{&c.ReplicaSkew, 5 * time.Second},
	} {
		if *d.field == 0 {
			*d.field = d.zero
		}
	}
	if c.NonceLifetime == 0 && c.Nonces != nil {
		c.NonceLifetime = 2 * time.Minute
	}
	c.MaxAhead, c.ReplicaSkew = max(c.MaxAhead, 0), max(c.ReplicaSkew, 0)
	if c.Time == nil {
		c.Time = time.Now
	}
	return c
}

// Validate checks the settings without using them, for those that come from a
// file. New calls it. The error matches token.ErrConfig.
func (c Config) Validate() error {
	c = c.withDefaults()
	for _, check := range []func() error{c.validateAlgorithms, c.validateTimes, c.validateNonces, c.validateStore} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func badConfig(format string, args ...any) error {
	return fmt.Errorf("dpop: %w: %s", token.ErrConfig, printable.Line(fmt.Sprintf(format, args...)))
}

func (c Config) validateAlgorithms() error {
	if len(c.Algorithms) == 0 {
		return badConfig("Algorithms is empty, so no proof could pass")
	}
	for _, name := range c.Algorithms {
		if !jws.Known(name) {
			return badConfig("algorithm %+q is not an asymmetric signature algorithm known here", name)
		}
	}
	return nil
}

func (c Config) validateTimes() error {
	for _, r := range []struct {
		field              string
		value, least, most time.Duration
	}{
		{"MaxAge", c.MaxAge, 5 * time.Second, 5 * time.Minute},
		{"MaxAhead", c.MaxAhead, 0, time.Minute},
		{"StoreTimeout", c.StoreTimeout, time.Millisecond, 10 * time.Second},
		{"ReplicaSkew", c.ReplicaSkew, 0, time.Minute},
	} {
		if r.value < r.least || r.value > r.most {
			return badConfig("%s of %v is not from %v to %v", r.field, r.value, r.least, r.most)
		}
	}
	return nil
}

func (c Config) validateNonces() error {
	const least, most = 10 * time.Second, 10 * time.Minute
	switch {
	case c.Nonces == nil && c.NonceReplacesClock:
		return badConfig("NonceReplacesClock needs Nonces")
	case c.Nonces == nil && c.NonceLifetime != 0:
		return badConfig("NonceLifetime needs Nonces")
	case c.Nonces == nil:
		return nil
	case len(c.Nonces.keys) == 0:
		return badConfig("Nonces was not made by NewNonces or NewLocalNonces")
	case c.NonceLifetime < least || c.NonceLifetime > most:
		return badConfig("NonceLifetime of %v is not from %v to %v", c.NonceLifetime, least, most)
	}
	return nil
}

// validateStore refuses a store that forgets proofs while they are still accepted.
func (c Config) validateStore() error {
	if c.Store == nil {
		return nil
	}
	if nilcheck.Is(c.Store) {
		return badConfig("Store is a nil %T", c.Store)
	}
	if m, ok := c.Store.(*MemoryStore); ok && m.most == 0 {
		return badConfig("Store is a MemoryStore that NewMemoryStore has not made")
	}
	if limited, ok := c.Store.(interface{ MaxTTL() time.Duration }); ok && limited.MaxTTL() < c.ttl() {
		return badConfig("Store remembers a proof for %v, want at least %v, for as long as the proof is accepted", limited.MaxTTL(), c.ttl())
	}
	return nil
}

// ttl is for how long a proof may be accepted anywhere: for as long as its iat
// allows or its nonce, whichever is longer, and the difference between the clock
// that accepts it first and the clock that would accept it last.
func (c Config) ttl() time.Duration {
	return max(c.MaxAge+c.MaxAhead, c.NonceLifetime) + c.ReplicaSkew
}

// algs is the parameter of challenges.
func (c Config) algs() string { return strings.Join(c.Algorithms, " ") }
