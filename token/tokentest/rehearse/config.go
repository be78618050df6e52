package rehearse

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// Config tells a rehearsal about the service under test. The zero
// value of each field, and a nil *Config, fit a service that leaves
// jwks.RemoteConfig at its defaults and accepts Issuer.Token without edits.
type Config struct {
	// Issuer are the settings of the issuer in each scenario, such as its
	// Identifier and Algorithms. Time and Loopback must be zero: the issuer
	// lives in simulated time and in memory.
	Issuer tokentest.Options
	// Good is what a good token of this service has besides what Issuer.Token
	// gives it, such as an audience, scopes, and the shape of its profile
	// (tokentest.Shaped). It must not change the key, iat or exp.
	Good []tokentest.Edit

	// Lifetime is for how long the service may use a key set without asking
	// again, and so how long a withdrawn key may live. The issuer says so too,
	// by max-age, unless Issuer.CacheControl is set: then it is what the
	// service makes of that. From one minute to 24 hours. Zero: five minutes.
	Lifetime time.Duration
	// StaleFor is how long after the last successful fetch the service uses
	// its keys while the issuer is down, as in jwks.RemoteConfig. Zero: 24
	// hours. Negative: not at all, beyond Lifetime.
	StaleFor time.Duration
	// AnswersFor is for how long the service may go by what the issuer has said of
	// an opaque token, and so how long a revoked one may live. Zero: 30 seconds.
	AnswersFor time.Duration
	// StaleAnswersFor is how much longer it may during an outage. Zero: not at all.
	StaleAnswersFor time.Duration
	// AskedPerSecond is how many questions a second the service may ask about tokens
	// that turn out to be bad, with twice as many at once. Zero: 50.
	AskedPerSecond int
	// RefetchInterval is the least time between two fetches that callers cause
	// by keys that are not published, as in jwks.RemoteConfig. Zero: 30
	// seconds.
	RefetchInterval time.Duration
	// Recovery is how long after the end of an outage it may take until all
	// good tokens are let in, and until the lifetime of keys counts again. Zero:
	// ten minutes, which is the longest pause that package jwks makes between
	// two attempts, and the longest Retry-After that it heeds. For opaque tokens
	// zero is one minute.
	Recovery time.Duration

	// Every is the time between two calls of a client. Services fetch keys
	// when they are called, so it matters how often that is: with more than 30
	// seconds, calls may wait for the issuer during an outage. Zero: ten
	// seconds, and a minute in phases longer than an hour.
	Every time.Duration
	// Patience is how long a client waits for an answer before it is an error
	// not to have given one. Zero: 30 seconds, which is longer than package
	// jwks lets a call wait for keys with default settings.
	Patience time.Duration

	// Skip leaves out scenarios, by their name, with the reason why the service is
	// right to fail them. Tests log it.
	Skip map[string]string
}

const (
	usualLifetime = 5 * time.Minute
	usualRecovery = 10 * time.Minute
	usualPatience = 30 * time.Second
	// promptness is for a call that need not wait for the issuer.
	promptness = time.Second
)

func (c Config) lifetime() time.Duration { return cmp.Or(c.Lifetime, usualLifetime) }
func (c Config) recovery() time.Duration { return cmp.Or(c.Recovery, usualRecovery) }
func (c Config) patience() time.Duration { return cmp.Or(c.Patience, usualPatience) }

func (c Config) goodFor() time.Duration { return cmp.Or(c.AnswersFor, 30*time.Second) }

// answerLimit is how long into an outage an answer may be gone by.
func (c Config) answerLimit() time.Duration { return c.goodFor() + c.StaleAnswersFor }

func (c Config) askedPerSecond() int { return cmp.Or(c.AskedPerSecond, 50) }

// strangers is how many bad tokens at once are not too many.
func (c Config) strangers() int { return min(callers, c.askedPerSecond()) }

// worth is how many questions a flood of bad tokens may cost, with those of two
// good clients.
func (c Config) worth(lasts time.Duration) int {
	seconds := 1 + int(lasts/time.Second)
	return c.askedPerSecond()*(seconds+2) + 2*seconds
}

// answersAgain is when the service asks again after an outage.
func (c Config) answersAgain() time.Duration { return cmp.Or(c.Recovery, time.Minute) }

func (c Config) refetchInterval() time.Duration {
	return cmp.Or(c.RefetchInterval, 30*time.Second)
}

// limit is how long after its confirmation a key set may be used at
// most.
func (c Config) limit() time.Duration {
	return max(c.lifetime(), cmp.Or(c.StaleFor, 24*time.Hour))
}

// grace is how long into an outage the keys serve at least: before it they
// were last confirmed up to a lifetime ago.
func (c Config) grace() time.Duration { return c.limit() - c.lifetime() }

// every is the time between calls in a phase that lasts so long.
func (c Config) every(lasts time.Duration) time.Duration {
	if c.Every == 0 && lasts > time.Hour {
		return time.Minute
	}
	return cmp.Or(c.Every, 10*time.Second)
}

// settled is when the last call has been made that may still meet the state of
// d ago.
func (c Config) settled(d time.Duration) time.Duration { return d + c.every(d) }

// prompt is how long a call by a key that is held may take in an outage.
func (c Config) prompt() time.Duration {
	if c.Every > 30*time.Second {
		return c.patience()
	}
	return promptness
}

// doubt is how long into an outage calls are made by a key that is not held and
// may have been published just before it. They are answered within a minute.
func (c Config) doubt() time.Duration { return max(0, 59*time.Second-c.patience()) }

// issuerOptions are those of the issuer of a scenario.
func (c Config) issuerOptions() *tokentest.Options {
	o := c.Issuer
	if o.CacheControl == "" {
		o.CacheControl = fmt.Sprintf("max-age=%d", c.lifetime()/time.Second)
	}
	return &o
}

func (c Config) validate() error {
	if err := errors.Join(c.validateIssuer(), c.validateTimes()); err != nil {
		return fmt.Errorf("%w: %w", token.ErrConfig, err)
	}
	return c.validateSkips()
}

func (c Config) validateIssuer() error {
	if c.Issuer.Loopback || c.Issuer.Time != nil {
		return errors.New("Issuer: Loopback and Time do not go with simulated time")
	}
	return nil
}

func (c Config) validateTimes() error {
	if d := c.lifetime(); d < time.Minute || d > 24*time.Hour {
		return fmt.Errorf("Lifetime of %v is not from one minute to 24 hours", d)
	}
	for name, d := range map[string]time.Duration{
		"RefetchInterval": c.RefetchInterval, "Recovery": c.Recovery, "Every": c.Every, "Patience": c.Patience,
		"AnswersFor": c.AnswersFor, "StaleAnswersFor": c.StaleAnswersFor,
	} {
		if d < 0 {
			return fmt.Errorf("%s is negative", name)
		}
	}
	if c.AskedPerSecond < 0 {
		return errors.New("AskedPerSecond is negative")
	}
	if c.every(0) > c.lifetime()/5 {
		return fmt.Errorf("Every of %v is too seldom for keys that live for %v", c.Every, c.lifetime())
	}
	return nil
}

// validateSkips finds names that no scenario has: such an entry would look like a
// decision and mean nothing.
func (c Config) validateSkips() error {
	scenarios := slices.Concat(rotationScenarios(), outageScenarios(), introspectionScenarios())
	for name := range c.Skip {
		if !slices.ContainsFunc(scenarios, func(sc scenario) bool { return sc.name == name }) {
			return fmt.Errorf("%w: %q", ErrSkip, name)
		}
	}
	return nil
}
