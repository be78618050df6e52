// Package metadata reads the metadata that an authorization server publishes
// (RFC 8414, OpenID Connect Discovery): where its endpoints are. A document is
// trusted only if it names the issuer it was looked up for, or the base at which
// the configuration says that it is. It can narrow the trust of the configuration
// and never widen it.
package metadata
