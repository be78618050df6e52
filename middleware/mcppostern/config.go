package mcppostern

// Config says how a Guard serves. The zero Config is good for most servers. New
// copies it.
type Config struct {
	// BothFamilies serves callers of protocol version 2026-07-28 and later without
	// a session beside the sessions of older ones. By itself a handler of the SDK
	// does one or the other: a stateful one refuses the newer version, and a
	// client falls back to an older one. It does nothing if
	// StreamableHTTPOptions.Stateless is set, with which callers of every version
	// are served without sessions.
	BothFamilies bool

	// OffersVary leaves out the Audit that Handler makes: for servers whose tools,
	// resources and prompts are added or removed later. What has no rule is
	// refused all the same.
	OffersVary bool
}
