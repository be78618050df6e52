package publicapi_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/postern-go/postern/examples/internal/albumspb"
	"github.com/postern-go/postern/examples/internal/serve"
	"github.com/postern-go/postern/examples/photos/internal/publicapi"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

const keepFor = 10 * time.Second

const goodPhotos = `{"photos": [{"id": "p1", "title": "Snow"}]}`

// house is the API with two internal services behind it that answer what they
// are told to, and check nothing.
type house struct {
	t      *testing.T
	issuer *tokentest.Issuer
	api    http.Handler
	clock  atomic.Int64 // ahead of the real time
	photos photos
	albums albums
}

type photos struct {
	mu     sync.Mutex
	status int
	body   string
	got    []string // Authorization fields
}

// answer makes the internal services answer so from now on. A call that was
// given up may still be on its way to them.
func (h *house) answer(photosStatus int, photosBody string, albumsErr error) {
	h.photos.mu.Lock()
	defer h.photos.mu.Unlock()
	h.albums.mu.Lock()
	defer h.albums.mu.Unlock()
	h.photos.status, h.photos.body, h.albums.err = photosStatus, photosBody, albumsErr
}

func (p *photos) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, r.Header.Get("Authorization"))
	w.WriteHeader(p.status)
	fmt.Fprint(w, p.body)
}

type albums struct {
	albumspb.UnimplementedAlbumServiceServer
	mu  sync.Mutex
	err error
	got []string // authorization metadata
}

func (a *albums) note(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	md, _ := metadata.FromIncomingContext(ctx)
	a.got = append(a.got, md.Get("authorization")...)
	return a.err
}

func (a *albums) ListAlbums(ctx context.Context, _ *albumspb.ListAlbumsRequest) (*albumspb.ListAlbumsResponse, error) {
	return &albumspb.ListAlbumsResponse{Albums: []*albumspb.Album{{Id: "a1", Title: "Winter", PhotoIds: []string{"p1"}}}}, a.note(ctx)
}

func (a *albums) CountAlbums(ctx context.Context, _ *albumspb.CountAlbumsRequest) (*albumspb.CountAlbumsResponse, error) {
	return &albumspb.CountAlbumsResponse{Albums: 7}, a.note(ctx)
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, issuer: tokentest.NewIssuer(t, nil)}
	h.answer(http.StatusOK, goodPhotos, nil)
	behind := httptest.NewServer(&h.photos)
	t.Cleanup(behind.Close)
	cfg := h.issuer.Config()
	cfg.Time = h.now
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	api, err := publicapi.New(publicapi.Config{
		Auth: verifier, Photos: behind.URL, Albums: h.serveAlbums(),
		Allowance: publicapi.Allowance{PerSecond: 0.001, AtOnce: 5},
		Special: map[string]publicapi.Allowance{
			"special": {PerSecond: 0.001, AtOnce: 8},
			"busy":    {PerSecond: 1000, AtOnce: 1000},
		},
		KeepFor: keepFor, Time: h.now,
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = api.Close() })
	h.api = api.Handler()
	return h
}

func (h *house) serveAlbums() string {
	ln, err := serve.Loopback()
	require.NoError(h.t, err)
	srv := grpc.NewServer()
	albumspb.RegisterAlbumServiceServer(srv, &h.albums)
	go func() { _ = srv.Serve(ln) }() // ends with Stop
	h.t.Cleanup(srv.Stop)
	return ln.Addr().String()
}

func (h *house) now() time.Time { return time.Now().Add(time.Duration(h.clock.Load())) }

func (h *house) get(path, bearer string) *httptest.ResponseRecorder {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodGet, path, nil)
	r.Header.Set("Authorization", "Bearer "+bearer)
	w := httptest.NewRecorder()
	h.api.ServeHTTP(w, r)
	return w
}

// owner is a token of a printing service for an owner's photos, after edits.
func (h *house) owner(edits ...tokentest.Edit) string {
	return h.issuer.Token(tokentest.Subject("olivia"), tokentest.ClientID("printing"),
		tokentest.Scope("photos:read"), tokentest.Edits(edits...))
}

// job is a token of a client that acts for itself.
func (h *house) job() string {
	return h.issuer.Token(tokentest.ClientCredentials(), tokentest.Scope("photos:count"))
}
