package mcppostern

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Guard protects MCP servers, by a rule for each tool, resource and prompt. It is
// safe for concurrent use. Make one by New.
type Guard struct {
	auth      *middleware.Middleware
	table     *table
	config    Config
	rehearsal bool
	owners    owners

	mu      sync.Mutex
	guarded []*mcp.Server
}

// New returns a Guard that asks auth about tokens. A nil cfg means the zero
// Config.
//
// It panics with an error that matches token.ErrConfig if auth is nil, or if a
// rule has an empty name, the zero Policy, or a template that cannot be parsed,
// since these are literals in most programs. It makes no request.
func New(auth *middleware.Middleware, rules Rules, cfg *Config) *Guard {
	if auth == nil {
		panic(fmt.Errorf("mcppostern: %w: the middleware is nil", token.ErrConfig))
	}
	t, err := newTable(rules)
	if err != nil {
		panic(err)
	}
	g := &Guard{auth: auth, table: t, rehearsal: auth.Posture().Rehearsal}
	if cfg != nil {
		g.config = *cfg
	}
	return g
}

// Handler serves server over HTTP, guarded. A nil opts means the zero options.
// It is mounted as it is, or with scope.Public in a Mux: it decides about each
// request itself.
//
// The server gets a receiving middleware, by which its handlers find the token of
// their request in their context, and by which it runs nothing that this package
// has not decided about: it refuses what comes by another way, such as standard
// input. A server may have several handlers and Guards.
//
// The error matches token.ErrConfig. There is one if server is nil; if opts lift
// the limit of bodies; if they keep sessions and the rule of "initialize" lets
// callers in without a token, since a session must belong to someone; if they
// have an EventStore and there is no rule for ResumeStream; and if Audit finds
// something, for which it lists what the server offers and takes as long as the
// server's middleware does.
func (g *Guard) Handler(server *mcp.Server, opts *mcp.StreamableHTTPOptions) (http.Handler, error) {
	var o mcp.StreamableHTTPOptions
	if opts != nil {
		o = *opts
	}
	if err := g.check(server, &o); err != nil {
		return nil, err
	}
	g.protect(server)
	if !g.config.OffersVary {
		if err := g.Audit(context.Background(), server); err != nil {
			return nil, err
		}
	}
	return g.serving(server, o)
}

// serving is the handler for options that are good.
func (g *Guard) serving(server *mcp.Server, o mcp.StreamableHTTPOptions) (*handler, error) {
	h := &handler{guard: g, limit: o.MaxRequestBodyBytes}
	if h.limit == 0 {
		h.limit = mcp.DefaultMaxRequestBodyBytes
	}
	if o.EventStore != nil {
		o.EventStore = store{o.EventStore, o.Logger}
	}
	var err error
	if h.any, err = newBridge(sdkHandler(server, o)); err != nil {
		return nil, err
	}
	h.any.sessions = !o.Stateless
	if g.config.BothFamilies && !o.Stateless {
		o.Stateless = true
		h.sessionless, err = newBridge(sdkHandler(server, o))
	}
	return h, err
}

func sdkHandler(server *mcp.Server, o mcp.StreamableHTTPOptions) http.Handler {
	return mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &o)
}

var errBridge = fmt.Errorf("mcppostern: %w: this version of the SDK does not take a TokenInfo from the context", token.ErrConfig)

// check refuses options that would leave something unguarded.
func (g *Guard) check(server *mcp.Server, o *mcp.StreamableHTTPOptions) error {
	var why string
	begin := g.table.methods["initialize"]
	_, resumes := g.table.methods[ResumeStream]
	switch {
	case server == nil:
		why = "the server is nil"
	case o.MaxRequestBodyBytes < 0:
		why = "StreamableHTTPOptions.MaxRequestBodyBytes lifts the limit of bodies"
	case !o.Stateless && (begin.IsPublic() || begin.IsOptional() || begin.IsRehearsed()):
		why = `the rule of "initialize" lets callers in without a token, and StreamableHTTPOptions.Stateless is not set: a session must belong to someone`
	case !o.Stateless && o.EventStore != nil && !resumes:
		why = "StreamableHTTPOptions.EventStore replays results of tools to GET requests, and Rules.Methods has no rule for ResumeStream"
	default:
		return nil
	}
	return fmt.Errorf("mcppostern: %w: %s", token.ErrConfig, why)
}

// protect adds the receiving middleware, once.
func (g *Guard) protect(server *mcp.Server) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !slices.Contains(g.guarded, server) {
		g.guarded = append(g.guarded, server)
		server.AddReceivingMiddleware(g.receive)
	}
}

// Policies lists the policies of all rules, the defaults included, in the order
// of Posture. They are for the metadata document of the resource.
func (g *Guard) Policies() []scope.Policy {
	var all []scope.Policy
	for _, r := range g.table.list() {
		all = append(all, r.Policy)
	}
	return all
}

// Posture describes the Guard: whose tokens it accepts, and what each method,
// tool, prompt and resource wants. It makes no request and does not block.
func (g *Guard) Posture() scope.Posture { return g.auth.Posture(g.table.list()...) }

// String is a table of the rules, a line each, to print when a service starts
// and to compare in a test.
func (g *Guard) String() string {
	list := append(g.table.list(), middleware.Route{Pattern: unlisted})
	width := 0
	for _, r := range list {
		width = max(width, len(r.Pattern))
	}
	var b strings.Builder
	if g.rehearsal {
		b.WriteString("REHEARSAL: no call is refused\n")
	}
	for _, r := range list {
		fmt.Fprintf(&b, "%-*s  %v\n", width, r.Pattern, r.Policy)
	}
	return b.String()
}

// list are the rules, sorted by their routes.
func (t *table) list() []middleware.Route {
	var list []middleware.Route
	for _, r := range t.rules {
		list = append(list, middleware.Route{Pattern: r.route, Policy: r.policy})
	}
	for _, each := range t.templates {
		for _, method := range []string{"resources/read", "resources/subscribe", "resources/unsubscribe", "subscriptions/listen"} {
			list = append(list, middleware.Route{Pattern: method + " " + printable(each.text), Policy: t.with(method, each.policy)})
		}
	}
	slices.SortFunc(list, func(a, b middleware.Route) int { return strings.Compare(a.Pattern, b.Pattern) })
	return list
}
