package story

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"google.golang.org/grpc"

	"github.com/postern-go/postern/examples/internal/photosvc"
	"github.com/postern-go/postern/examples/internal/serve"
	"github.com/postern-go/postern/examples/photos/internal/albums"
	"github.com/postern-go/postern/examples/photos/internal/authserver"
	"github.com/postern-go/postern/examples/photos/internal/live"
	"github.com/postern-go/postern/examples/photos/internal/printing"
	"github.com/postern-go/postern/examples/photos/internal/publicapi"
	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token/dpop"
)

// Lifetimes at the authorization server.
const (
	tokenLifetime = 10 * time.Minute
	keyLifetime   = 5 * time.Minute
)

// town is every service of the story, each on a loopback port of its own.
type town struct {
	clock    clock
	recorder recorder
	secrets  secrets
	olivia   person
	ben      person

	issuerURL, printingURL, apiURL, photosURL, replicaURL, albumsAddr string

	auth       *authserver.Server
	api        *publicapi.Service
	photoStore photosvc.Store
	albumStore albums.Store
	proofs     *dpop.MemoryStore       // that were used, as all replicas of the photo service know
	keys       map[string]*jwks.Remote // by the service that uses them
	servers    []func(context.Context) error

	note func(live.Decision) // nil in a story

	mu     sync.Mutex
	tokens []*oauth2.Token // that the printing service got
}

// newTown opens the ports and wires the services together. Nothing is served
// before serve. If note is not nil, it is told the decisions of the three
// services, and nothing is recorded for a story.
func newTown(note func(live.Decision)) (*town, error) {
	t := &town{secrets: newSecrets(), keys: make(map[string]*jwks.Remote), note: note}
	t.olivia, t.ben = people()
	var err error
	if t.proofs, err = dpop.NewMemoryStore(&dpop.MemoryStoreConfig{Time: t.clock.now}); err != nil {
		return nil, err
	}
	ports, err := openPorts(6)
	if err != nil {
		return nil, err
	}
	t.issuerURL, t.printingURL = "http://"+ports[0].Addr().String(), "http://"+ports[1].Addr().String()
	t.apiURL, t.photosURL = "http://"+ports[2].Addr().String(), "http://"+ports[3].Addr().String()
	t.albumsAddr, t.replicaURL = ports[4].Addr().String(), "http://"+ports[5].Addr().String()
	for i, build := range []func() (handler, error){
		t.buildAuthServer, t.buildPrinting, t.buildAPI, t.buildPhotos, t.buildAlbums, t.buildReplica,
	} {
		h, err := build()
		if err != nil {
			closeAll(ports)
			return nil, err
		}
		t.servers = append(t.servers, h.on(ports[i]))
	}
	return t, t.fillAll()
}

// urls are those of the services that are called over HTTP.
func (t *town) urls() map[string]string {
	return map[string]string{authServer: t.issuerURL, publicAPI: t.apiURL, photoService: t.photosURL}
}

// handler is one of the two kinds of servers.
type handler struct {
	http http.Handler
	grpc *grpc.Server
}

func (h handler) on(ln net.Listener) func(context.Context) error {
	if h.grpc != nil {
		return func(ctx context.Context) error { return serve.GRPC(ctx, ln, h.grpc) }
	}
	return func(ctx context.Context) error { return serve.HTTP(ctx, ln, h.http) }
}

// serve runs the town until ctx ends.
func (t *town) serve(ctx context.Context) error {
	defer t.api.Close()
	return serve.All(ctx, t.servers...)
}

func (t *town) buildAuthServer() (handler, error) {
	var users []authserver.User
	for _, p := range []person{t.olivia, t.ben} {
		u, err := p.user()
		if err != nil {
			return handler{}, err
		}
		users = append(users, u)
	}
	srv, err := authserver.New(authserver.Config{
		Issuer: t.issuerURL, Users: users, Clients: clients(t.secrets, t.printingURL), Resources: resources(),
		TokenLifetime: tokenLifetime, KeyLifetime: keyLifetime,
		Time: t.clock.now, Trace: t.recorder.trace(authServer),
	})
	if err != nil {
		return handler{}, err
	}
	t.auth = srv
	return handler{http: srv.Handler()}, nil
}

func (t *town) buildPrinting() (handler, error) {
	return handler{http: printing.New(printing.Config{
		URL: t.printingURL, Issuer: t.issuerURL, ClientID: "printing", ClientSecret: t.secrets.printing,
		API: t.apiURL, Resource: photosResource, GotToken: t.gotToken,
	}).Handler()}, nil
}

func (t *town) buildAPI() (handler, error) {
	g, err := t.guarded(publicAPI)
	if err != nil {
		return handler{}, err
	}
	t.api, err = publicapi.New(publicapi.Config{
		Auth: g.auth, Photos: t.photosURL, Albums: t.albumsAddr,
		Allowance: publicapi.Allowance{PerSecond: 10, AtOnce: 20},
		Special:   map[string]publicapi.Allowance{"statistics": {PerSecond: 10_000, AtOnce: 10_000}},
		KeepFor:   10 * time.Second, Time: t.clock.now, Trace: g.trace,
	})
	if err != nil {
		return handler{}, err
	}
	return handler{http: g.handler(t.api.Handler())}, nil
}

func (t *town) buildPhotos() (handler, error) { return t.photosOf(photoService) }

// buildReplica is the photo service once more, as it runs on a second machine.
func (t *town) buildReplica() (handler, error) { return t.photosOf(photoReplica) }

func (t *town) photosOf(service string) (handler, error) {
	g, err := t.guarded(service)
	if err != nil {
		return handler{}, err
	}
	mux := middleware.New(g.auth, &middleware.Config{Resource: scope.Resource{Realm: "photos", BaseURLs: []string{t.photosURL}}, Trace: g.trace}).NewMux()
	photosvc.Route(mux, &t.photoStore, photosvc.Operations())
	photosvc.RouteStatistics(mux, &t.photoStore)
	return handler{http: g.handler(mux)}, nil
}

func (t *town) buildAlbums() (handler, error) {
	g, err := t.guarded(albumService)
	if err != nil {
		return handler{}, err
	}
	srv, err := albums.NewServer(g.auth, &t.albumStore, g.trace, g.options()...)
	return handler{grpc: srv}, err
}

func (t *town) fillAll() error {
	if err := t.fill(t.olivia); err != nil {
		return err
	}
	return t.fill(t.ben)
}

func (t *town) gotToken(tok *oauth2.Token) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tokens = append(t.tokens[max(0, len(t.tokens)-9):], tok)
}

// printingTokens are the tokens the printing service got, oldest first.
func (t *town) printingTokens() []*oauth2.Token {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tokens
}

func openPorts(n int) ([]net.Listener, error) {
	var ports []net.Listener
	for range n {
		ln, err := serve.Loopback()
		if err != nil {
			closeAll(ports)
			return nil, err
		}
		ports = append(ports, ln)
	}
	return ports, nil
}

func closeAll(ports []net.Listener) {
	for _, ln := range ports {
		_ = ln.Close()
	}
}
