package middleware

// The judges of a Forwarder's own transport.
var (
	StayHere     = stayHere
	PastLoopback = pastLoopback
	ErrNotHere   = errNotHere
)

// OneSpelling is how a Mux reads hosts.
var OneSpelling = oneSpelling
