package outbound

// The judges of a transport.
var (
	StayHere     = stayHere
	PastLoopback = pastLoopback
	ErrNotHere   = errNotHere
)
