package mcppostern

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/yosida95/uritemplate/v3"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Rules are the policies of a server, a rule for each thing that it offers.
// What has no rule is refused. New copies the maps.
type Rules struct {
	// Tools are the rules of tools, by name.
	Tools map[string]scope.Policy

	// Resources are the rules of resources, by URI, and of resource templates, by
	// their text, such as "photos://album/{id}". A URI is compared byte for byte,
	// and with templates as the SDK does it; nothing is normalised. A URI that
	// matches several templates, and is none by itself, needs what all of them ask
	// for. The rule is that of reading, of subscribing, and of completing the
	// variables of a template.
	Resources map[string]scope.Policy

	// Prompts are the rules of prompts, by name: of getting one and of completing
	// its arguments.
	Prompts map[string]scope.Policy

	// Methods are rules in place of the defaults, by method, and those of methods
	// of the program's own. The methods of the protocol that name nothing, such as
	// "tools/list" and "initialize", are scope.Authenticated by default; see
	// DefaultMethods. A rule for a method that names something, such as
	// "tools/call", holds in addition to that of the tool. OpenStream, ResumeStream
	// and EndSession name the requests without a message.
	Methods map[string]scope.Policy
}

// Names of requests without a message, for Rules.Methods.
const (
	// OpenStream is GET: a session's stream of messages that answer no request.
	// It is scope.Authenticated by default.
	OpenStream = "GET"
	// ResumeStream is GET with Last-Event-ID, which replays what a stream of the
	// session has said, results of tools included. It is refused by default, and
	// a handler with an EventStore needs a rule for it.
	ResumeStream = "GET Last-Event-ID"
	// EndSession is DELETE. It is scope.Authenticated by default.
	EndSession = "DELETE"
)

// DefaultMethods lists the methods that any good token may use unless
// Rules.Methods has another rule. They name neither tool, resource nor prompt.
func DefaultMethods() []string {
	return []string{
		EndSession, OpenStream, "initialize", "logging/setLevel", "notifications/cancelled", "notifications/initialized",
		"notifications/progress", "notifications/roots/list_changed", "ping", "prompts/list", "resources/list",
		"resources/templates/list", "server/discover", "subscriptions/listen", "tools/list",
	}
}

// maxName is how long a name or a URI may be.
const maxName = 2048

// rule is a policy with the name it has in traces: one of a closed set, on a
// line of printable ASCII.
type rule struct {
	route  string
	policy scope.Policy
}

// template is the rule of a resource template.
type template struct {
	text    string
	pattern *regexp.Regexp
	policy  scope.Policy
}

// table is Rules to look up.
type table struct {
	rules     map[target]rule
	methods   map[string]scope.Policy // with the defaults
	added     map[string]scope.Policy // to what a named method is about
	templates []template              // by text
}

func newTable(r Rules) (*table, error) {
	t := &table{rules: map[target]rule{}, methods: map[string]scope.Policy{}, added: map[string]scope.Policy{}}
	for _, method := range DefaultMethods() {
		t.methods[method] = scope.Authenticated
	}
	for _, group := range []struct {
		what string
		list map[string]scope.Policy
		add  func(name string, p scope.Policy) error
	}{
		{"method", r.Methods, t.addMethod}, {"tool", r.Tools, t.addTool},
		{"prompt", r.Prompts, t.addPrompt}, {"resource", r.Resources, t.addResource},
	} {
		for _, name := range slices.Sorted(maps.Keys(group.list)) {
			p := group.list[name]
			err := cmp.Or(checkName(name), checkPolicy(p))
			if err == nil {
				err = group.add(name, p)
			}
			if err != nil {
				return nil, fmt.Errorf("mcppostern: %w: the rule of %s %q: %w", token.ErrConfig, group.what, name, err)
			}
		}
	}
	for method, p := range t.methods {
		t.rules[target{method: method, family: familyOf(method)}] = rule{printable(method), p}
	}
	return t, nil
}

// familyOf keeps requests without a message apart from messages: a caller may
// send one whose method is "GET".
func familyOf(method string) family {
	switch method {
	case OpenStream, ResumeStream, EndSession:
		return ofRequest
	default:
		return ofMethod
	}
}

func checkName(name string) error {
	if name == "" || len(name) > maxName/4 || !utf8.ValidString(name) {
		return fmt.Errorf("a name has 1 to %d bytes of valid UTF-8", maxName/4)
	}
	return nil
}

func checkPolicy(p scope.Policy) error {
	if p.IsZero() {
		return fmt.Errorf("it is the zero Policy, which refuses every call")
	}
	return nil
}

func (t *table) addMethod(name string, p scope.Policy) error {
	if isNamed(name) {
		t.added[name] = p
	} else {
		t.methods[name] = p
	}
	return nil
}

func (t *table) addTool(name string, p scope.Policy) error {
	t.add(ofTool, name, p, "tools/call")
	return nil
}

func (t *table) addPrompt(name string, p scope.Policy) error {
	t.add(ofPrompt, name, p, "prompts/get", "completion/complete")
	return nil
}

func (t *table) addResource(text string, p scope.Policy) error {
	t.add(ofResource, text, p, "completion/complete")
	if !isTemplate(text) {
		t.add(ofResource, text, p, "resources/read", "resources/subscribe", "resources/unsubscribe", "subscriptions/listen")
		return nil
	}
	parsed, err := uritemplate.New(text)
	if err != nil {
		return err
	}
	t.templates = append(t.templates, template{text, parsed.Regexp(), p})
	return nil
}

// isTemplate tells a template from a URI, in which there are no braces (RFC 3986).
func isTemplate(text string) bool { return strings.ContainsAny(text, "{}") }

func (t *table) add(f family, name string, p scope.Policy, methods ...string) {
	for _, method := range methods {
		t.rules[target{method, f, name}] = rule{method + " " + printable(name), t.with(method, p)}
	}
}

// with is p and what the rule of its method adds to it.
func (t *table) with(method string, p scope.Policy) scope.Policy {
	if added, ok := t.added[method]; ok {
		return p.And(added)
	}
	return p
}

// rule is what a target asks for. That of an unknown one has the zero Policy.
func (t *table) rule(x target) rule {
	if r, ok := t.rules[x]; ok {
		return r
	}
	r := rule{route: unlisted}
	if isNamed(x.method) || x.method == "subscriptions/listen" {
		r.route = x.method + " " + unlisted
	}
	if x.family != ofResource || len(x.name) > maxName {
		return r
	}
	for _, each := range t.templates {
		switch {
		case !each.pattern.MatchString(x.name):
		case r.policy.IsZero():
			r = rule{x.method + " " + printable(each.text), t.with(x.method, each.policy)}
		default:
			r.policy = r.policy.And(each.policy)
		}
	}
	return r
}

// unlisted stands for everything without a rule: callers choose the names.
const unlisted = "(no rule)"

// printable is name on one line of printable ASCII without spaces.
func printable(name string) string {
	outside := func(r rune) bool { return r <= ' ' || r > '~' }
	if name != ResumeStream && strings.ContainsFunc(name, outside) {
		return strconv.QuoteToASCII(name)
	}
	return name
}
