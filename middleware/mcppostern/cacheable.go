package mcppostern

import "github.com/modelcontextprotocol/go-sdk/mcp"

// private is a result that was asked for with a token, as one that only this
// caller's client may cache. The SDK says "public" where the program says nothing,
// and then a cache on the way may give it to callers without a token.
func private(result mcp.Result) mcp.Result {
	const scope = "private"
	switch r := result.(type) {
	case *mcp.ReadResourceResult:
		if r != nil {
			own := *r // the program may hold it
			own.CacheScope = scope
			return &own
		}
	case *mcp.ListToolsResult:
		r.CacheScope = scope
	case *mcp.ListPromptsResult:
		r.CacheScope = scope
	case *mcp.ListResourcesResult:
		r.CacheScope = scope
	case *mcp.ListResourceTemplatesResult:
		r.CacheScope = scope
	case *mcp.DiscoverResult:
		r.CacheScope = scope
	}
	return result
}
