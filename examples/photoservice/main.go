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
// health and reflection. It keeps its photos in memory. It starts whether the
// issuer can be reached or not; until it can, calls that need a token are
// answered 503 (gRPC UNAVAILABLE). Serve it on loopback, or put TLS in front.
//
// With -dpop accept, or -dpop require, it checks that callers hold the key that
// their token is bound to (RFC 9449). It then remembers proofs in memory;
// photoservice-valkey shares them with other replicas.
package main

import (
	"os"

	"github.com/postern-go/postern/examples/internal/photoserver"
)

var program = photoserver.Program{Name: "photoservice"}

func main() { os.Exit(program.Main()) }
