package mcppostern

import (
	"errors"
	"strings"
)

// maxAtOnce is how many things one body may ask for: messages of a batch, and
// resources of subscriptions. A policy is made of what each needs.
const maxAtOnce = 64

// Faults of a body that is JSON and whose messages are not clear.
var (
	errMessage = errors.New("not a JSON-RPC message")
	errFolded  = errors.New("a member name in an unusual case")
	errParams  = errors.New("the parameters do not name what the method is about")
	errMany    = errors.New("too much is asked for at once")
)

// message is what a JSON-RPC message says of what it asks for.
type message struct {
	method, name, uri        value
	refType, refName, refURI value
	uris                     []value
	folded, paramsFolded     bool
}

// messages are those of a body: one, or those of a batch.
type messages struct {
	list  []message
	batch bool
	room  [1]message
}

// readMessages reads a body. What it returns is what the decoder of the SDK makes
// of the body too, or an error.
func readMessages(body string) (*messages, error) {
	m := &messages{}
	m.list = m.room[:0]
	if err := scan(body, m); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *messages) member(name string) node {
	if len(m.list) == 0 {
		m.list = append(m.list, message{})
	}
	return m.list[0].member(name)
}

func (m *messages) element() (node, error) {
	if len(m.list) == maxAtOnce {
		return nil, errMany
	}
	m.list = append(m.list, message{})
	return &m.list[len(m.list)-1], nil
}

func (m *messages) done(v value) error {
	m.batch = v.kind == anArray
	switch {
	case len(m.list) == 0:
		return errMessage
	case m.batch:
		return nil
	default:
		return m.list[0].done(v)
	}
}

func (m *message) member(name string) node {
	switch name {
	case "method":
		return (*field)(&m.method)
	case "params":
		return (*params)(m)
	}
	m.folded = m.folded || folds(name, "jsonrpc", "id", "method", "params", "result", "error")
	return nil
}

func (*message) element() (node, error) { return nil, nil }

func (m *message) done(v value) error {
	switch {
	case v.kind != anObject, m.method.kind != noValue && m.method.kind != aString:
		return errMessage
	case m.folded:
		return errFolded
	}
	return nil
}

// params are those of a message.
type params message

func (p *params) member(name string) node {
	switch name {
	case "name":
		return (*field)(&p.name)
	case "uri":
		return (*field)(&p.uri)
	case "ref":
		return (*ref)(p)
	case "notifications":
		return (*notifications)(p)
	}
	p.fold(name, "name", "uri", "ref", "notifications")
	return nil
}

func (p *params) fold(name string, known ...string) {
	p.paramsFolded = p.paramsFolded || folds(name, known...)
}

func (*params) element() (node, error) { return nil, nil }
func (*params) done(value) error       { return nil }

// ref is what completion/complete is about.
type ref params

func (r *ref) member(name string) node {
	switch name {
	case "type":
		return (*field)(&r.refType)
	case "name":
		return (*field)(&r.refName)
	case "uri":
		return (*field)(&r.refURI)
	}
	(*params)(r).fold(name, "type", "name", "uri")
	return nil
}

func (*ref) element() (node, error) { return nil, nil }
func (*ref) done(value) error       { return nil }

// notifications are those that subscriptions/listen asks for.
type notifications params

func (n *notifications) member(name string) node {
	if name == "resourceSubscriptions" {
		return (*resources)(n)
	}
	(*params)(n).fold(name, "resourceSubscriptions")
	return nil
}

func (*notifications) element() (node, error) { return nil, nil }
func (*notifications) done(value) error       { return nil }

// resources are a list of URIs.
type resources params

func (*resources) member(string) node { return nil }

func (r *resources) element() (node, error) {
	if len(r.uris) == maxAtOnce {
		return nil, errMany
	}
	r.uris = append(r.uris, value{})
	return (*field)(&r.uris[len(r.uris)-1]), nil
}

func (*resources) done(value) error { return nil }

// field is a value of which the text is wanted.
type field value

func (*field) member(string) node     { return nil }
func (*field) element() (node, error) { return nil, nil }
func (f *field) done(v value) error   { *f = field(v); return nil }

// folds reports whether name differs from a known name in case alone, by the
// rules of encoding/json. The SDK tells such names apart; not every decoder does.
func folds(name string, known ...string) bool {
	for _, k := range known {
		if name != k && strings.EqualFold(name, k) {
			return true
		}
	}
	return false
}
