// Package jwks supplies the public keys an authorization server signs with.
package jwks
