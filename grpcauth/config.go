package grpcauth

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Config says how an Interceptor guards its service. The zero
// Config is good for most services. New copies it.
type Config struct {
	// Resource describes the service. Give the same to middleware.Config.
	Resource scope.Resource

	// CallsOutliveToken lets a call go on after its token has expired.
	// Otherwise it ends then; see Interceptor.Stream and Interceptor.Unary.
	CallsOutliveToken bool

	// Hide names further metadata keys that handlers do not get to see, in any
	// case, such as "x-api-key". It must be empty if KeepCredentials is set. By
	// itself, and on public methods too, the guard removes those that end in
	// "authorization", "dpop", "txn-token", "id-token", "jwt-assertion" or
	// "cookie", alone or after a hyphen, those that end in "access-token" or
	// "accesstoken", and "x-amzn-oidc-data".
	Hide []string

	// KeepCredentials leaves the caller's credentials in the metadata that
	// handlers see. Otherwise they are removed, so that a handler which copies
	// its metadata into an outgoing call does not hand them on. A Forwarder and
	// a guard further in find the token in the context.
	KeepCredentials bool

	// Rehearsal makes a guard that REFUSES NO CALL and tells Trace which it would
	// have refused, by scope.Decision.Rehearsed; methods without a policy are among
	// them. It is for a server that runs behind another guard, until its log shows
	// that callers would notice nothing. It implies KeepCredentials and
	// CallsOutliveToken, and Hide does nothing, so that what is there now works as
	// before. It needs Trace.Allowed.
	Rehearsal bool

	// Trace observes decisions. Nil observes nothing. New copies it.
	Trace *scope.Trace

	// Panicked is called when the handler of a stream panics after the caller
	// has been told that the token has expired: the interceptors in front of
	// the guard have returned then, and none of them can recover it. call
	// describes the call, with neither Err nor Token, and ctx carries the
	// token. err has the value and the stack, over many lines; if the value is
	// an error, err matches the same errors. A panic in Panicked is dropped.
	// Nil drops the panic of the handler. Interceptors behind the guard recover
	// every panic of a handler, as always.
	Panicked func(ctx context.Context, call scope.Decision, err error)
}

// Validate checks the settings without using them, for those that come from a
// file. A nil Config is valid. An error matches token.ErrConfig.
func (c *Config) Validate() error {
	if err := c.orZero().Resource.Validate(); err != nil {
		return fmt.Errorf("grpcauth: %w", err)
	}
	if set := c.orZero(); set.Rehearsal && (set.Trace == nil || set.Trace.Allowed == nil) {
		return fmt.Errorf("grpcauth: %w: Rehearsal tells its findings to Trace.Allowed, which is nil", token.ErrConfig)
	}
	return c.hiding()
}

// hiding checks the settings about keys to hide.
func (c *Config) hiding() error {
	set := c.orZero()
	if set.KeepCredentials && len(set.Hide) > 0 {
		return fmt.Errorf("grpcauth: %w: Hide names keys while KeepCredentials is set", token.ErrConfig)
	}
	for _, key := range set.Hide {
		if !isKey(key) {
			return fmt.Errorf("grpcauth: %w: Hide has %s, want a metadata key of letters, digits and -_.", token.ErrConfig, strconv.QuoteToASCII(key))
		}
	}
	return nil
}

// isKey reports whether key can be one of metadata, in any case.
func isKey(key string) bool {
	const in = "-_.0123456789abcdefghijklmnopqrstuvwxyz"
	return key != "" && !strings.ContainsFunc(strings.ToLower(key), func(r rune) bool { return !strings.ContainsRune(in, r) })
}

func (c *Config) orZero() Config {
	if c == nil {
		return Config{}
	}
	return *c
}

// effective is a copy of c with what a rehearsal implies.
func (c *Config) effective() Config {
	set := c.orZero()
	set.Hide = slices.Clone(set.Hide)
	if set.Rehearsal {
		set.KeepCredentials, set.CallsOutliveToken, set.Hide = true, true, nil
	}
	return set
}
