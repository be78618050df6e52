package mcppostern

import (
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// family is what a name belongs to.
type family uint8

const (
	ofMethod family = iota // the method alone
	ofTool
	ofPrompt
	ofResource
	ofRequest // a request of HTTP without a message
)

// target is what a message asks for: a rule is looked up by it, and what the SDK
// is about to run is compared with it.
type target struct {
	method string
	family family
	name   string
}

// isNamed reports whether messages of this method are about something with a rule
// of its own. There is no call of such a method as a whole.
func isNamed(method string) bool {
	switch method {
	case "tools/call", "prompts/get", "resources/read", "resources/subscribe", "resources/unsubscribe", "completion/complete":
		return true
	default:
		return false
	}
}

// targets are all that a message asks for. A response has none.
func (m *message) targets() ([]target, error) {
	method := strings.Clone(m.method.text) // of the body, which need not be held
	if m.method.kind == noValue {
		return nil, nil
	}
	if m.paramsFolded && (isNamed(method) || method == "subscriptions/listen") {
		return nil, errFolded
	}
	switch method {
	case "tools/call":
		return one(method, ofTool, m.name)
	case "prompts/get":
		return one(method, ofPrompt, m.name)
	case "resources/read", "resources/subscribe", "resources/unsubscribe":
		return one(method, ofResource, m.uri)
	case "completion/complete":
		return m.completed(method)
	case "subscriptions/listen":
		return m.subscribed(method)
	default:
		return []target{{method: method}}, nil
	}
}

func one(method string, f family, name value) ([]target, error) {
	if name.kind != aString {
		return nil, errParams
	}
	return []target{{method, f, strings.Clone(name.text)}}, nil
}

// completed is the prompt or the resource for which values are asked: they are
// as private as what they are for.
func (m *message) completed(method string) ([]target, error) {
	switch {
	case m.refType.kind != aString:
		return nil, errParams
	case m.refType.text == "ref/prompt" && m.refURI.kind == noValue:
		return one(method, ofPrompt, m.refName)
	case m.refType.text == "ref/resource" && m.refName.kind == noValue:
		return one(method, ofResource, m.refURI)
	default:
		return nil, errParams
	}
}

// subscribed is the method and each resource whose changes are to be told.
func (m *message) subscribed(method string) ([]target, error) {
	all := []target{{method: method}}
	for _, uri := range m.uris {
		each, err := one(method, ofResource, uri)
		if err != nil {
			return nil, err
		}
		all = append(all, each...)
	}
	return all, nil
}

// targetsOf are all that a request asks for, as the SDK has decoded it. There is
// none that is judged where the parameters have an unexpected type. A method of
// the program's own may have parameters of any type, and none in a call.
func targetsOf(method string, p mcp.Params) []target {
	name := func(f family, name string) []target { return []target{{method, f, name}} }
	if !isNamed(method) && method != "subscriptions/listen" {
		return name(ofMethod, "")
	}
	switch p := p.(type) {
	case *mcp.CallToolParamsRaw:
		return name(ofTool, p.Name)
	case *mcp.GetPromptParams:
		return name(ofPrompt, p.Name)
	case *mcp.ReadResourceParams:
		return name(ofResource, p.URI)
	case *mcp.SubscribeParams:
		return name(ofResource, p.URI)
	case *mcp.UnsubscribeParams:
		return name(ofResource, p.URI)
	case *mcp.CompleteParams:
		switch {
		case p.Ref == nil:
			return name(ofMethod, "")
		case p.Ref.Type == "ref/prompt":
			return name(ofPrompt, p.Ref.Name)
		}
		return name(ofResource, p.Ref.URI)
	case *mcp.SubscriptionsListenParams:
		all := name(ofMethod, "")
		if p.Notifications != nil {
			for _, uri := range p.Notifications.ResourceSubscriptions {
				all = append(all, target{method, ofResource, uri})
			}
		}
		return all
	}
	return name(ofMethod, "")
}
