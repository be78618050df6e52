package contrib

import (
	"fmt"
	"net/http"
	"time"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
)

// Events sends server-sent events, one a second. It ends with the token of the
// caller, since it heeds its context. The EventSource of browsers cannot send an
// Authorization field: read the stream by fetch.
func Events(auth *middleware.Middleware) http.Handler {
	mux := auth.NewMux()
	mux.HandleFunc("GET /events", scope.All("orders:read"), sendEvents)
	return mux
}

func sendEvents(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	control := http.NewResponseController(w)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if _, err := fmt.Fprintf(w, "data: an order of %s\n\n", caller(r)); err != nil {
			return
		}
		if err := control.Flush(); err != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
	}
}
