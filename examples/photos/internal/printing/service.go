package printing

import (
	"context"
	"net/http"
	"time"

	"golang.org/x/oauth2"
)

// Config says who the service is and whom it talks to. Every field but
// GotToken is required.
type Config struct {
	URL          string // its own
	Issuer       string // the authorization server
	ClientID     string
	ClientSecret string
	API          string // the public API of the photos, as a URL
	Resource     string // what tokens for that API are for
	// GotToken, if not nil, is called with every token the service gets. The
	// story uses it to try what a printing service with bad intentions might.
	GotToken func(*oauth2.Token)
}

// Service is the printing service. It may be used concurrently.
type Service struct {
	cfg      Config
	oauth    oauth2.Config
	client   *http.Client
	visitors visitorStore
}

// timeout bounds every request to somebody else.
const timeout = 10 * time.Second

// New makes the service. It starts nothing: serve its Handler.
func New(cfg Config) *Service {
	return &Service{
		cfg:    cfg,
		client: &http.Client{Timeout: timeout},
		oauth: oauth2.Config{
			ClientID:     cfg.ClientID,
			ClientSecret: cfg.ClientSecret,
			RedirectURL:  CallbackURL(cfg.URL),
			Scopes:       []string{"openid", "photos:read"},
			Endpoint: oauth2.Endpoint{
				AuthURL:   cfg.Issuer + "/authorize",
				TokenURL:  cfg.Issuer + "/token",
				AuthStyle: oauth2.AuthStyleInHeader,
			},
		},
	}
}

// CallbackURL is where codes are to be sent to a service at base.
func CallbackURL(base string) string { return base + "/callback" }

// Handler serves the pages.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.showHome)
	mux.HandleFunc("GET /connect", s.connect)
	mux.HandleFunc("GET /callback", s.callback)
	mux.HandleFunc("GET /prints", s.showPrints)
	mux.Handle("POST /order", http.NewCrossOriginProtection().Handler(http.HandlerFunc(s.takeOrder)))
	return mux
}

func (s *Service) showHome(w http.ResponseWriter, _ *http.Request) {
	s.page(w, http.StatusOK, "home.html", nil)
}

// withClient is the context for golang.org/x/oauth2, which would otherwise use
// http.DefaultClient and wait for ever.
func (s *Service) withClient(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, s.client)
}
