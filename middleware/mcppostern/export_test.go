package mcppostern

import (
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// Over is the handler of a Guard with another one in place of the SDK's.
func Over(g *Guard, sdk http.Handler) http.Handler {
	b, err := newBridge(sdk)
	if err != nil {
		panic(err)
	}
	return &handler{guard: g, limit: mcp.DefaultMaxRequestBodyBytes, any: b}
}

// Target is what a message asks for.
type Target = target

// Read is what the messages of a body ask for.
func Read(body string) (all []Target, err error) {
	read, err := readMessages(body)
	if err != nil {
		return nil, err
	}
	for i := range read.list {
		targets, err := read.list[i].targets()
		if err != nil {
			return nil, err
		}
		all = append(all, targets...)
	}
	return all, nil
}

// Runs is what the SDK is about to run.
func Runs(method string, r mcp.Request) []Target { return targetsOf(method, r.GetParams()) }

// Valid reports why text is refused as JSON.
func Valid(text string) error { return scan(text, nil) }

// Reasons of Valid.
var (
	ErrUTF8      = errUTF8
	ErrDepth     = errDepth
	ErrDuplicate = errDuplicate
)

// Owners is how many sessions belong to someone.
func Owners(g *Guard) int {
	g.owners.mu.Lock()
	defer g.owners.mu.Unlock()
	return len(g.owners.byID)
}
