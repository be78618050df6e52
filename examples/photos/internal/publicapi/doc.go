// Package publicapi is the public API of the photo story: the one address that
// strangers' applications call. It checks the access token, limits how often
// each client may call, puts together what the photo service (HTTP) and the
// album service (gRPC) say, keeps that for a moment for the same caller, and
// passes the caller's token on to both. They check it again, each by itself:
// nothing rests on this API having done so.
package publicapi
