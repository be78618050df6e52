package scope

import (
	"runtime/debug"

	"github.com/postern-go/postern/token"
)

// Posture is what a guard accepts and whom it lets in, for operators and for a
// comparison in a test: Mux.Posture of package middleware and Interceptor.Posture
// of package grpcauth return one. It has names for JSON. It tells the whole
// configuration: show it to operators only.
type Posture struct {
	// Version is that of this module in the program, or "" if the program does not
	// tell.
	Version string `json:"version,omitempty"`
	// Transport is HTTP or GRPC.
	Transport Transport `json:"transport"`
	// Resource is Resource.Identifier.
	Resource string `json:"resource,omitempty"`
	// Metadata is the URL of the metadata document that challenges name.
	Metadata string `json:"metadata,omitempty"`
	// Rehearsal is whether the guard refuses no call.
	Rehearsal bool `json:"rehearsal,omitempty"`
	// Issuers are the issuers whose tokens it accepts.
	Issuers []token.Posture `json:"issuers"`
	// Rules are its policies: in the order of registration over HTTP, and by name
	// over gRPC.
	Rules []RulePosture `json:"rules"`

	absent []string // routes that Except was given and that are not there
}

// RulePosture is one policy of a guard.
type RulePosture struct {
	// Route is the pattern, or the full name of the method.
	Route string `json:"route"`
	// Policy is its text.
	Policy string `json:"policy"`
	// Operation is the operation of a Table that it was taken from, or "".
	Operation string `json:"operation,omitempty"`
	// Narrows is the text of the operation's policy if Policy asks for more, and
	// "" otherwise.
	Narrows string `json:"narrows,omitempty"`
	// NeverMet says why no good token can meet it, or is "".
	NeverMet string `json:"never_met,omitempty"`
}

// NewPosture is for guards. It describes auth, and has no rules yet.
func NewPosture(transport Transport, r Resource, auth token.Authenticator) Posture {
	return Posture{
		Version: version(), Transport: transport, Resource: r.Identifier, Metadata: r.MetadataURL(),
		Issuers: token.Postures(auth), Rules: []RulePosture{},
	}
}

// Add adds a policy that stands for a route.
func (p *Posture) Add(route string, policy Policy, auth token.Authenticator) {
	rule := RulePosture{Route: route, Policy: policy.String(), Operation: policy.Operation(), Narrows: policy.narrows()}
	if err := policy.NeverMet(auth); err != nil {
		rule.NeverMet = err.Error()
	}
	p.Rules = append(p.Rules, rule)
}

// Settings is p without what changes while a service runs: the version and the
// state of keys. A test can compare it with a file.
func (p Posture) Settings() Posture {
	p.Version = ""
	p.Issuers = append([]token.Posture{}, p.Issuers...)
	for i := range p.Issuers {
		p.Issuers[i].Keys = nil
	}
	return p
}

// Ready reports whether the keys of every issuer can be used, as far as they
// tell. Before the first call of a service no keys are held: call Verifier.Ready
// at start.
func (p Posture) Ready() bool {
	for _, i := range p.Issuers {
		if !i.Ready() {
			return false
		}
	}
	return true
}

const module = "github.com/postern-go/postern"

// version is that of this module in the program.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	if info.Main.Path == module {
		return info.Main.Version
	}
	for _, m := range info.Deps {
		if m.Path == module {
			return m.Version
		}
	}
	return ""
}
