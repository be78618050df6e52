package mcppostern

import (
	"errors"
	"maps"
	"net/http"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// handler decides about a request and hands it to the SDK.
type handler struct {
	guard       *Guard
	limit       int64
	any         *bridge
	sessionless *bridge // for newer protocol versions, or nil
}

// sessionlessSince is the first protocol version without sessions.
const sessionlessSince = "2026-07-28"

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g := h.guard
	r = r.WithContext(r.Context()) // a copy: what is around keeps its own
	q := h.question(w, r)
	r.Pattern = q.route
	if q.fault != nil && !g.rehearsal {
		h.refuse(w, r, q)
		return
	}
	policy := q.policy
	if id := r.Header.Get("Mcp-Session-Id"); id != "" {
		policy = g.owners.restrict(policy, id)
	}
	r, done := g.auth.Admit(w, r, policy)
	defer done()
	if r == nil {
		return
	}
	h.pass(w, r, q)
}

// refuse answers a request that cannot be understood: a good token is told so.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, q question) {
	_, err := h.guard.auth.Check(r, q.policy)
	if errors.Is(err, q.fault.err) {
		q.fault.write(w)
		return
	}
	h.guard.auth.WriteError(w, r, err)
}

// pass hands an admitted request to the SDK.
func (h *handler) pass(w http.ResponseWriter, r *http.Request, q question) {
	p := &pass{targets: q.targets, unjudged: h.guard.rehearsal}
	p.token, _ = token.FromContext(r.Context())
	p.deadline, _ = r.Context().Deadline()
	if !h.guard.rehearsal {
		r.Header = bare(r.Header)
	}
	if h.sessionless != nil && r.Header.Get("Mcp-Protocol-Version") >= sessionlessSince {
		h.sessionless.serve(w, r, p)
		return
	}
	h.any.serve(w, r, p)
}

// bare is h without credentials. The guard has removed them, unless
// middleware.Config.KeepCredentials is set; but tools see the fields, and must
// not pass the token on (MCP, token passthrough).
func bare(h http.Header) http.Header {
	_, authorization := h["Authorization"]
	if _, dpop := h["Dpop"]; !authorization && !dpop {
		return h
	}
	h = maps.Clone(h)
	delete(h, "Authorization")
	delete(h, "Dpop")
	return h
}

// question is what a request asks for, and what that needs.
type question struct {
	rule
	targets []target
	fault   *fault
}

func (h *handler) question(w http.ResponseWriter, r *http.Request) question {
	t := h.guard.table
	switch {
	case r.Method == http.MethodGet && len(r.Header.Values("Last-Event-Id")) > 0:
		return question{rule: t.request(ResumeStream)}
	case r.Method == http.MethodGet:
		return question{rule: t.request(OpenStream)}
	case r.Method == http.MethodDelete:
		return question{rule: t.request(EndSession)}
	case r.Method != http.MethodPost:
		// The SDK answers 405, to those who may know.
		return question{rule: rule{"(other methods of HTTP)", scope.Authenticated}}
	}
	body, fault, err := readBody(w, r, h.limit)
	if fault == nil {
		var q question
		if q, err = t.question(body); err == nil {
			return q
		}
		fault = malformed
	}
	return question{rule: rule{"(unreadable)", fault.policy(err)}, fault: fault}
}

func (t *table) request(name string) rule {
	if r, ok := t.rules[target{method: name, family: ofRequest}]; ok {
		return r
	}
	return rule{route: name}
}

// question is what a body asks for: everything that all of its messages need.
func (t *table) question(body string) (question, error) {
	read, err := readMessages(body)
	if err != nil {
		return question{}, err
	}
	var q question
	for i := range read.list {
		targets, err := read.list[i].targets()
		if err != nil {
			return question{}, err
		}
		if len(targets) == 0 { // a response to a request of the server
			q.and(rule{"(response)", scope.Authenticated}, i == 0)
		}
		for _, x := range targets {
			q.and(t.rule(x), len(q.targets) == 0 && i == 0)
			q.targets = append(q.targets, x)
		}
		if len(q.targets) > maxAtOnce {
			return question{}, errMany
		}
	}
	if read.batch {
		q.route = "(batch)"
	}
	return q, nil
}

// and adds what another rule needs.
func (q *question) and(r rule, first bool) {
	if first {
		q.rule = r
		return
	}
	q.policy = q.policy.And(r.policy)
}
