package fetch

import "errors"

// Why an exchange failed or was not made.
var (
	// ErrInsecureURL means that a URL is neither https nor http on a loopback host
	// or one of PlainHTTPHosts.
	ErrInsecureURL = errors.New("fetch: URL is neither https nor http to a permitted host")
	// ErrBlockedAddress means that a host name resolved to an address that no
	// authorization server has.
	ErrBlockedAddress = errors.New("fetch: address refused")
	// ErrProxy means that the proxy of the settings could not be reached, or
	// refused.
	ErrProxy = errors.New("fetch: proxy failed")
	// ErrTokenFile means that the file of the settings held no token to send.
	ErrTokenFile = errors.New("fetch: token file is of no use")
	// ErrTooLarge means that an answer is longer than its limit, or a form than
	// any honest one.
	ErrTooLarge = errors.New("fetch: too large")
	// ErrStatus means that a server answered with an unexpected HTTP status.
	ErrStatus = errors.New("fetch: unexpected HTTP status")
	// ErrTimeout means that a server did not answer in full in time. It does not
	// match context.DeadlineExceeded, which is for a deadline of the caller.
	ErrTimeout = errors.New("fetch: timed out")
	// ErrEncoding means that an answer came compressed, which was not asked for.
	ErrEncoding = errors.New("fetch: unexpected content encoding")
)
