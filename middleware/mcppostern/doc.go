// Package mcppostern protects Model Context Protocol servers made with the
// official Go SDK, tool by tool.
//
//	guard := mcppostern.New(auth, mcppostern.Rules{
//		Tools: map[string]scope.Policy{
//			"list_photos": scope.All("photos:read"),
//			"add_photo":   scope.All("photos:write"),
//		},
//		Resources: map[string]scope.Policy{"photos://album/{id}": scope.All("photos:read")},
//	}, nil)
//	handler, err := guard.Handler(server, &mcp.StreamableHTTPOptions{Stateless: true})
//	if err != nil {
//		return err
//	}
//	http.Handle("/mcp", handler)
//
// auth is a *middleware.Middleware, which says whose tokens are good and how
// refusals look.
//
// # What is decided
//
// Each request is, before a handler of the server runs: a POST by what its
// messages ask for, a batch by all of them; a GET and a DELETE by OpenStream,
// ResumeStream and EndSession. What has no rule is refused: 401 without a good
// token, and 403 with one. A token that lacks scopes gets one 403 that names
// everything the tool needs. Methods that name neither tool, resource nor prompt
// need a good token by default; see DefaultMethods.
//
// The rule is chosen by the body, in every version of the protocol. The fields
// Mcp-Method and Mcp-Name choose nothing. The SDK compares them with the body
// from version 2026-07-28 on, and only there could they be believed. Reading the
// body adds some four microseconds to a call with a few arguments. A body that two
// decoders could read differently is refused: repeated member names, names that
// differ in case alone, invalid Unicode, text after the message.
//
// What the SDK is about to run is compared with what was decided about once more,
// inside the server.
//
// # Sessions
//
// A session belongs to the issuer, the subject and the client of the token that
// began it. Requests in it with any other good token are denied, and those without
// one are asked for one, whatever their rule is. The rule of a tool is held against
// the token of each request.
//
// # Handlers
//
// token.FromContext gives a handler the token of its own request. Its context has
// the values of that request, where the SDK by itself passes on those of the
// request that began the session. It ends with the token, and so do the streams:
// of a POST, of a GET, and of subscriptions/listen. RequestExtra.Header does not
// have the credentials; with middleware.Config.KeepCredentials, it lacks the
// fields Authorization and DPoP alone. A middleware.Forwarder is the only way to
// pass the token on.
//
// A receiving middleware added after Handler was called is further out. In a
// session, its context has no values of any request; RequestExtra is right there.
//
// Results of a request with a token have the cacheScope "private", where the SDK
// by itself says "public". Those of scope.Public are as the program makes them.
//
// RequestExtra.TokenInfo has the scopes, the expiry, and a UserID that stands for
// issuer, subject and client.
package mcppostern
