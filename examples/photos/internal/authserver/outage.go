package authserver

import "net/http"

// Outage is a way of being out of order.
type Outage int32

// The ways of being out of order.
const (
	// Up is no outage.
	Up Outage = iota
	// Cut breaks every connection without an answer, as a server does that
	// has crashed or lost its network.
	Cut
	// Failing answers everything with 503.
	Failing
	// Hanging accepts every request and never answers it.
	Hanging
)

// SetOutage begins an outage, or ends it with Up. It may be called at any
// time, by anyone.
func (s *Server) SetOutage(o Outage) { s.outage.Store(int32(o)) }

func (s *Server) outOfOrder(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch Outage(s.outage.Load()) {
		case Cut:
			panic(http.ErrAbortHandler) // net/http closes the connection, quietly
		case Failing:
			http.Error(w, "out of order", http.StatusServiceUnavailable)
		case Hanging:
			<-r.Context().Done()
		default:
			next.ServeHTTP(w, r)
		}
	})
}
