package middleware

import (
	"encoding/json"
	"net/http"

	"github.com/postern-go/postern/scope"
)

// Posture describes a guard with these routes: whose tokens it accepts and what
// each route wants. It is for routers that get their policies from elsewhere,
// as package mcppostern does; a Mux has its own. It makes no request and does not
// block.
func (m *Middleware) Posture(routes ...Route) scope.Posture {
	p := scope.NewPosture(scope.HTTP, m.config.Resource, m.auth)
	p.Rehearsal = m.config.Rehearsal
	for _, r := range routes {
		p.Add(r.Pattern, r.Policy, m.auth)
	}
	return p
}

// Posture describes the Mux: whose tokens it accepts and what each route wants.
// It makes no request and does not block.
func (x *Mux) Posture() scope.Posture { return x.m.Posture(x.Routes()...) }

// HealthHandler answers GET and HEAD with the postures that the functions
// return, in JSON: {"ready": true, "guards": [...]}. The status is 200, or 503 if
// one of them is not Ready. A nil function is left out. The functions are called
// for each request, concurrently.
//
// The answer tells the whole configuration, so register the handler with a
// policy for operators:
//
//	mux.Handle("GET /debug/guards", scope.All("ops"), middleware.HealthHandler(mux.Posture, guard.Posture))
func HealthHandler(guards ...func() scope.Posture) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		answer := struct {
			Ready  bool            `json:"ready"`
			Guards []scope.Posture `json:"guards"`
		}{true, []scope.Posture{}}
		for _, guard := range guards {
			if guard == nil {
				continue
			}
			p := guard()
			answer.Ready = answer.Ready && p.Ready()
			answer.Guards = append(answer.Guards, p)
		}
		writeJSON(w, r, map[bool]int{true: http.StatusOK, false: http.StatusServiceUnavailable}[answer.Ready], answer)
	})
}

func writeJSON(w http.ResponseWriter, r *http.Request, status int, v any) {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil { // names, texts and dates, which cannot fail
		body, status = nil, http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(append(body, '\n'))
	}
}
