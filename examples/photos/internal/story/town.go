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
	"github.com/postern-go/postern/examples/photos/internal/printing"
	"github.com/postern-go/postern/examples/photos/internal/publicapi"
	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Lifetimes at the authorization server.
const (
	tokenLifetime = 10 * time.Minute
	keyLifetime   = 5 * time.Minute
)

// Town is every service of the story, each on a loopback port of its own.
type Town struct {
	clock    clock
	recorder recorder
	secrets  secrets
	olivia   person
	ben      person

	issuerURL, printingURL, apiURL, photosURL, albumsAddr string

	auth       *authserver.Server
	api        *publicapi.Service
	photoStore photosvc.Store
	albumStore albums.Store
	keys       map[string]*jwks.Remote // by the service that uses them
	servers    []func(context.Context) error

	mu     sync.Mutex
	tokens []*oauth2.Token // that the printing service got
}

// NewTown opens the ports and wires the services together. Nothing is served
// before Serve.
func NewTown() (*Town, error) {
	t := &Town{secrets: newSecrets(), keys: make(map[string]*jwks.Remote)}
	t.olivia, t.ben = people()
	ports, err := openPorts(5)
	if err != nil {
		return nil, err
	}
	t.issuerURL, t.printingURL = "http://"+ports[0].Addr().String(), "http://"+ports[1].Addr().String()
	t.apiURL, t.photosURL = "http://"+ports[2].Addr().String(), "http://"+ports[3].Addr().String()
	t.albumsAddr = ports[4].Addr().String()
	for i, build := range []func() (handler, error){
		t.buildAuthServer, t.buildPrinting, t.buildAPI, t.buildPhotos, t.buildAlbums,
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
func (t *Town) urls() map[string]string {
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

// Serve runs the town until ctx ends.
func (t *Town) Serve(ctx context.Context) error {
	defer t.api.Close()
	return serve.All(ctx, t.servers...)
}

func (t *Town) buildAuthServer() (handler, error) {
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

func (t *Town) buildPrinting() (handler, error) {
	return handler{http: printing.New(printing.Config{
		URL: t.printingURL, Issuer: t.issuerURL, ClientID: "printing", ClientSecret: t.secrets.printing,
		API: t.apiURL, Resource: photosResource, GotToken: t.gotToken,
	}).Handler()}, nil
}

func (t *Town) buildAPI() (handler, error) {
	verifier, err := t.verifier(publicAPI)
	if err != nil {
		return handler{}, err
	}
	t.api, err = publicapi.New(publicapi.Config{
		Auth: verifier, Photos: t.photosURL, Albums: t.albumsAddr,
		Allowance: publicapi.Allowance{PerSecond: 10, AtOnce: 20},
		Special:   map[string]publicapi.Allowance{"statistics": {PerSecond: 10_000, AtOnce: 10_000}},
		KeepFor:   10 * time.Second, Time: t.clock.now, Trace: t.recorder.trace(publicAPI),
	})
	if err != nil {
		return handler{}, err
	}
	return handler{http: t.api.Handler()}, nil
}

func (t *Town) buildPhotos() (handler, error) {
	verifier, err := t.verifier(photoService)
	if err != nil {
		return handler{}, err
	}
	mux := middleware.New(verifier, &middleware.Config{Resource: scope.Resource{Realm: "photos"}, Trace: t.recorder.trace(photoService)}).NewMux()
	photosvc.Route(mux, &t.photoStore)
	photosvc.RouteStatistics(mux, &t.photoStore)
	return handler{http: mux}, nil
}

func (t *Town) buildAlbums() (handler, error) {
	verifier, err := t.verifier(albumService)
	if err != nil {
		return handler{}, err
	}
	srv, err := albums.NewServer(verifier, &t.albumStore, t.recorder.trace(albumService))
	return handler{grpc: srv}, err
}

// verifier is a service's own: no two of them share keys or anything else.
func (t *Town) verifier(service string) (*token.Verifier, error) {
	keys, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: t.issuerURL, Time: t.clock.now})
	if err != nil {
		return nil, err
	}
	t.keys[service] = keys
	return token.NewVerifier(token.Config{
		Issuer: t.issuerURL, Audience: []string{photosResource}, Keys: keys, Time: t.clock.now,
	})
}

func (t *Town) fillAll() error {
	if err := t.fill(t.olivia); err != nil {
		return err
	}
	return t.fill(t.ben)
}

func (t *Town) gotToken(tok *oauth2.Token) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tokens = append(t.tokens[max(0, len(t.tokens)-9):], tok)
}

// printingTokens are the tokens the printing service got, oldest first.
func (t *Town) printingTokens() []*oauth2.Token {
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
