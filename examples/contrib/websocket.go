package contrib

import (
	"context"
	"net/http"

	"github.com/coder/websocket"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
)

// OrdersProtocol is the subprotocol of the WebSocket endpoint.
const OrdersProtocol = "orders.v1"

// WebSocket echoes what it is told, to browsers among others:
//
//	new WebSocket("wss://api.example.com/socket", ["orders.v1", "bearer." + token])
//
// Only pages of the origin may connect. The connection is closed when the token
// expires.
func WebSocket(auth *middleware.Middleware, origin string) http.Handler {
	mux := auth.NewMux()
	mux.HandleFunc("GET /socket", scope.All("orders:read"), func(w http.ResponseWriter, r *http.Request) { talk(w, r, origin) })
	return middleware.FromSubprotocol("bearer.")(mux)
}

func talk(w http.ResponseWriter, r *http.Request, origin string) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols:   []string{OrdersProtocol},
		OriginPatterns: []string{origin},
	})
	if err != nil {
		return // Accept has answered
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(1 << 10)
	// The context of the request would break the connection off. The caller
	// deserves a close frame.
	stop := context.AfterFunc(r.Context(), func() {
		_ = conn.Close(websocket.StatusPolicyViolation, "the access token has expired")
	})
	defer stop()
	answerEach(context.WithoutCancel(r.Context()), conn, caller(r))
}

func answerEach(ctx context.Context, conn *websocket.Conn, who string) {
	for {
		kind, message, err := conn.Read(ctx)
		if err != nil {
			return
		}
		if err := conn.Write(ctx, kind, append([]byte(who+": "), message...)); err != nil {
			return
		}
	}
}
