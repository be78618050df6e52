// Package live shows what the guards of services decide while they decide it:
// each call, every check of its token, and the verdict, for a terminal and on a
// page that follows along. It is for a demonstration on one machine. It keeps
// the last decisions and no token.
package live
