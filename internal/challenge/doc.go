// Package challenge is the one table that turns the outcome of a check into the
// answer to the caller: an HTTP status with its WWW-Authenticate challenge (RFC
// 6750 §3, RFC 9470 §3, RFC 9728 §5.1) and a gRPC status with its details. HTTP
// and gRPC read the same rows, so neither can drift from the other.
//
// Callers get fixed sentences. Nothing that a request or a token carries is
// ever part of an answer.
package challenge
