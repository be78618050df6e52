package story

import (
	"net/http"
	"strings"

	"google.golang.org/grpc"

	"github.com/postern-go/postern/examples/photos/internal/live"
	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
)

// guarded is what the guard of a service is made of.
type guarded struct {
	auth  token.Authenticator
	trace *scope.Trace
	watch *live.Watch // nil in a story
}

func (t *town) guarded(service string) (guarded, error) {
	verifier, err := t.verifier(service)
	switch {
	case err != nil:
		return guarded{}, err
	case t.note == nil:
		return guarded{auth: verifier, trace: t.recorder.trace(service)}, nil
	}
	w := live.NewWatch(service, verifier, t.note)
	return guarded{auth: w, trace: w.Trace(), watch: w}, nil
}

func (g guarded) handler(h http.Handler) http.Handler {
	if g.watch == nil {
		return h
	}
	return g.watch.Handler(h)
}

func (g guarded) options() []grpc.ServerOption {
	if g.watch == nil {
		return nil
	}
	return []grpc.ServerOption{g.watch.ServerOption()}
}

// verifier is a service's own: no two of them share keys or anything else, but for
// the replicas of the photo service, which share the store of used proofs.
func (t *town) verifier(service string) (*token.Verifier, error) {
	keys, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: t.issuerURL, Time: t.clock.now})
	if err != nil {
		return nil, err
	}
	if service != photoReplica { // it gets no traffic, so that it fetches no keys while others do
		t.keys[service] = keys
	}
	cfg := token.Config{Issuer: t.issuerURL, Audience: []string{photosResource}, Keys: keys, Time: t.clock.now}
	if strings.HasPrefix(service, photoService) {
		proofs, err := dpop.New(dpop.Config{Store: t.proofs, Time: t.clock.now})
		if err != nil {
			return nil, err
		}
		cfg.Confirmations = []token.ConfirmationChecker{proofs}
	}
	return token.NewVerifier(cfg)
}
