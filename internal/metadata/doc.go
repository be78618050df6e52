// Package metadata reads what an authorization server publishes about itself
// (RFC 8414, OpenID Connect Discovery): where its endpoints are. A document is
// believed only if it names the issuer it was looked up for, and what it says can
// narrow what the configuration trusts and never widen it.
package metadata
