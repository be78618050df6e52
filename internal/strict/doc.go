// Package strict reads the two encodings that hostile tokens and key sets
// arrive in, base64url and JSON, so that every text has one meaning and every
// meaning has one spelling.
//
// It refuses what the standard decoders forgive: line breaks and unused bits
// in base64url; repeated member names, invalid UTF-8, lone surrogates and deep
// nesting in JSON. It allocates in proportion to its input only for inputs
// that no honest issuer sends.
package strict
