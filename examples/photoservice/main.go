// Command photoservice is the photo service of the photos example alone, over
// HTTP and gRPC, for trying postern against any issuer:
//
//	go run ./examples/photoservice -listen 127.0.0.1:8080 -grpc-listen 127.0.0.1:8081 \
//	    -issuer https://login.example.com -audience https://photos.example.com
//
// or with -settings issuers.yaml, as docs/settings.md says. It serves
//
//	GET  /photos    needs photos:read
//	POST /photos    needs photos:write; {"title": "Harbour at dawn"}
//	GET  /whoami    any valid token; answers sub, client_id, scope and iss
//	GET  /healthz   public
//
// and photos.v1.PhotoService with ListPhotos, AddPhoto, WhoAmI and WatchPhotos,
// health and reflection. Who may do what is the same over HTTP and gRPC. A settings
// file may say it otherwise, by the operations photos.list, photos.add and whoami.
// With
//
//	-resource https://photos.example.test/photos -metadata
//
// it also serves metadata about itself (RFC 9728) at
// /.well-known/oauth-protected-resource/photos.
//
// Tokens may be bound to their client, so that a thief cannot use them. With
//
//	-dpop accept -dpop-nonce -base-url https://photos.example.com
//
// the service takes tokens that are bound to a key (RFC 9449), with a nonce in each
// proof; -dpop require takes no others. It remembers used proofs in memory;
// photoservice-valkey shares them with other replicas. With
//
//	-mtls -tls-cert cert.pem -tls-key key.pem
//
// it takes tokens that are bound to the client's certificate (RFC 8705), and behind a
// proxy that passes certificates on, with
//
//	-mtls -client-cert-header rfc9440 -trusted-proxy 10.0.0.0/8
//
// Opaque tokens are for the issuer to judge (RFC 7662). With
//
//	-introspect discover -introspect-client photos -introspect-secret-file secret -opaque only
//
// the service asks it about each token, as the client photos; -opaque beside-jwt takes
// JWTs as well, -introspect-auth says how the client proves who it is, and
// -introspect-jwt takes signed answers alone (RFC 9701).
//
// The service keeps its photos in memory. It starts whether the
// issuer can be reached or not; until it can, calls that need a token are
// answered 503 (gRPC UNAVAILABLE). Without -tls-cert serve it on loopback, or put
// TLS in front.
package main

import (
	"os"

	"github.com/postern-go/postern/examples/internal/photoserver"
)

var program = photoserver.Program{Name: "photoservice"}

func main() { os.Exit(program.Main()) }
