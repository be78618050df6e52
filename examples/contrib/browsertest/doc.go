// Package browsertest calls guarded services from a script in a real browser:
// a WebSocket with the token among its subprotocols, server-sent events read by
// fetch, and calls across origins. It needs Chromium:
//
//	apt-get install chromium
//
// CHROMIUM=PATH names the browser if it is not on the PATH.
package browsertest
