package publicapi

import (
	"context"
	"net/http"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/local"

	"github.com/postern-go/postern/examples/internal/albumspb"
	"github.com/postern-go/postern/examples/internal/photosvc"
	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Config says what the API stands in front of. Every field but Special
// and Trace is required.
type Config struct {
	Auth   token.Authenticator
	Photos string // the photo service, as a URL
	Albums string // the album service, as host and port
	// Allowance is how often each client may call.
	Allowance Allowance
	// Special are the allowances of clients that have one of their own, by
	// client id. Nil means that nobody has.
	Special map[string]Allowance
	// KeepFor is how long an answer is kept for its caller.
	KeepFor time.Duration
	Time    func() time.Time
	Trace   *scope.Trace
}

// Service is the public API. It may be used concurrently.
type Service struct {
	cfg    Config
	photos *http.Client
	conn   *grpc.ClientConn
	albums albumspb.AlbumServiceClient
	limits *limiter
	cache  *cache
}

// timeout bounds a call to an internal service.
const timeout = 5 * time.Second

// New makes the API. It connects to nobody yet. Close it when done.
func New(cfg Config) (*Service, error) {
	toPhotos, err := middleware.NewForwarder(nil, cfg.Photos)
	if err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient(cfg.Albums, append(grpcauth.NewForwarder().AllowLoopback().DialOptions(),
		grpc.WithTransportCredentials(local.NewCredentials()))...)
	if err != nil {
		return nil, err
	}
	return &Service{
		cfg:    cfg,
		photos: &http.Client{Transport: toPhotos, Timeout: timeout},
		conn:   conn,
		albums: albumspb.NewAlbumServiceClient(conn),
		limits: newLimiter(cfg.Allowance, cfg.Special),
		cache:  newCache(cfg.KeepFor, cfg.Time),
	}, nil
}

// Close ends the connections to the internal services.
func (s *Service) Close() error {
	s.photos.CloseIdleConnections()
	return s.conn.Close()
}

// Handler serves the API.
func (s *Service) Handler() http.Handler {
	mux := middleware.New(s.cfg.Auth, &middleware.Config{Resource: scope.Resource{Realm: "public api"}, Trace: s.cfg.Trace}).NewMux()
	mux.Handle("GET /library", scope.All(photosvc.ScopeRead), s.limits.limit(s.cached(s.library)))
	mux.Handle("GET /statistics", scope.All(photosvc.ScopeCount).And(scope.Client), s.limits.limit(s.fresh(s.statistics)))
	mux.HandleFunc("GET /healthz", scope.Public, func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, []byte(`{"status":"ok"}`))
	})
	return mux
}

// answer is what an endpoint puts together from the internal services, as
// JSON.
type answer func(ctx context.Context) ([]byte, error)

// fresh serves an answer that is never kept.
func (s *Service) fresh(f answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := f(r.Context())
		if err != nil {
			writeUpstreamError(w, err)
			return
		}
		writeJSON(w, http.StatusOK, body)
	})
}

// cached serves an answer that is kept for a moment, for the same caller with
// the same rights. The token has been checked by now, every time.
func (s *Service) cached(f answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, _ := token.FromContext(r.Context())
		if body, ok := s.cache.get(t); ok {
			w.Header().Set("X-Cache", "hit")
			writeJSON(w, http.StatusOK, body)
			return
		}
		body, err := f(r.Context())
		if err != nil {
			writeUpstreamError(w, err)
			return
		}
		s.cache.put(t, body)
		w.Header().Set("X-Cache", "miss")
		writeJSON(w, http.StatusOK, body)
	})
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store") // by anybody but this API
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller has gone; nobody is left to tell
}
