package middleware

// The judges of a Forwarder's own transport.
var (
	StayHere     = stayHere
	PastLoopback = pastLoopback
	ErrNotHere   = errNotHere
)
