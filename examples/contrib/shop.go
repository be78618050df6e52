package contrib

import (
	"fmt"
	"net/http"

	"github.com/postern-go/postern/token"
)

func showOrder(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "an order of %s", caller(r))
}

func placeOrder(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, "an order for %s", caller(r))
}

func healthy(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }

// caller is the user behind the call, whom the middleware has verified.
func caller(r *http.Request) string {
	t, ok := token.FromContext(r.Context())
	if !ok {
		return "nobody"
	}
	return t.Subject()
}
