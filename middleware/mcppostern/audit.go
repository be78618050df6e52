package mcppostern

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/postern-go/postern/token"
)

// Audit compares the rules with what the server offers: it names each tool,
// resource, template and prompt without a rule, each rule for which there is
// none, and each rule that no good token can ever meet. Handler calls it unless
// Config.OffersVary is set; call it again when the offers have changed.
//
// It asks the server by a session of its own in memory, which passes through the
// receiving middleware that the program has added. The error has one line for
// each finding and matches token.ErrConfig. It also adds the middleware that
// Handler adds.
func (g *Guard) Audit(ctx context.Context, server *mcp.Server) error {
	if server == nil {
		return fmt.Errorf("mcppostern: %w: the server is nil", token.ErrConfig)
	}
	g.protect(server)
	offered, err := offers(ctx, server)
	if err != nil {
		return fmt.Errorf("mcppostern: %w: %w: %w", token.ErrConfig, errAudit, err)
	}
	wrong := g.neverMet()
	ruled := map[target]bool{}
	for x := range g.table.rules {
		if about, ok := subject(x); ok {
			ruled[about] = true
			if !slices.Contains(offered, about) {
				wrong = append(wrong, finding(about, "has a rule, and the server does not offer it"))
			}
		}
	}
	for _, x := range offered {
		if !ruled[x] {
			wrong = append(wrong, finding(x, "has no rule, and every call of it is refused"))
		}
	}
	slices.SortFunc(wrong, byText)
	return errors.Join(slices.CompactFunc(wrong, func(a, b error) bool { return byText(a, b) == 0 })...)
}

func byText(a, b error) int {
	switch x, y := a.Error(), b.Error(); {
	case x < y:
		return -1
	case x > y:
		return 1
	default:
		return 0
	}
}

// subject is what a rule is about, without the method.
func subject(x target) (about target, ok bool) {
	return target{family: x.family, name: x.name}, x.family != ofMethod && x.family != ofRequest
}

func finding(x target, what string) error {
	kinds := map[family]string{ofTool: "tool", ofPrompt: "prompt", ofResource: "resource"}
	return fmt.Errorf("mcppostern: %w: %s %s %s", token.ErrConfig, kinds[x.family], printable(x.name), what)
}

// neverMet are the rules that no good token can meet.
func (g *Guard) neverMet() (wrong []error) {
	for _, r := range g.Posture().Rules {
		if r.NeverMet != "" {
			wrong = append(wrong, fmt.Errorf("mcppostern: %w: %s can never be served: %s", token.ErrConfig, r.Route, r.NeverMet))
		}
	}
	return wrong
}

// offers is what a server lists.
func offers(ctx context.Context, server *mcp.Server) ([]target, error) {
	ctx = context.WithValue(ctx, auditKey{}, true)
	ours, theirs := mcp.NewInMemoryTransports()
	s, err := server.Connect(ctx, theirs, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close() }()
	client := mcp.NewClient(&mcp.Implementation{Name: "audit"}, nil)
	c, err := client.Connect(ctx, ours, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	var all []target
	err = errors.Join(
		collect(&all, ofTool, c.Tools(ctx, nil), func(t *mcp.Tool) string { return t.Name }),
		collect(&all, ofPrompt, c.Prompts(ctx, nil), func(p *mcp.Prompt) string { return p.Name }),
		collect(&all, ofResource, c.Resources(ctx, nil), func(r *mcp.Resource) string { return r.URI }),
		collect(&all, ofResource, c.ResourceTemplates(ctx, nil), func(t *mcp.ResourceTemplate) string { return t.URITemplate }),
	)
	return all, err
}

func collect[T any](all *[]target, f family, offered iter.Seq2[*T, error], name func(*T) string) error {
	for each, err := range offered {
		if err != nil {
			return err
		}
		*all = append(*all, target{family: f, name: name(each)})
	}
	return nil
}
