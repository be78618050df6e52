// Package token decides whether an access token is good.
package token
