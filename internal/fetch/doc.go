// Package fetch makes single HTTP exchanges with servers that a configuration
// or a document names: authorization servers, above all. An exchange is one GET
// or one POST with a limit of size and of time. It follows no redirect, keeps
// no cookie, is not repeated, and by default uses no proxy of the environment
// and connects to no address that such a server cannot have. Its errors name
// the document they are about, the value received, the value wanted, and the
// setting that would change it.
//
// Trust comes from the configuration: see [Config.Named]. Check a URL from a
// document with [Config.CheckURL] before fetching it.
package fetch
