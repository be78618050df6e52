// Package story plays the photo story: it starts every service in it on a
// loopback port of its own, lets them talk to each other over real HTTP and
// gRPC, and holds each answer against what the story says it should be.
//
// Nothing that is printed is made up: the answer of a step is the one that
// came over the wire, and who decided and why comes from the hooks of the
// services that did.
package story
