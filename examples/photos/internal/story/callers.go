package story

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "github.com/postern-go/postern/examples/internal/albumspb"
)

// callers are the HTTP and gRPC clients of those in the story that are not
// services.
type callers struct {
	http   *http.Client
	conn   *grpc.ClientConn
	albums pb.AlbumServiceClient
}

// patience bounds every call of the story.
const patience = 30 * time.Second

func newCallers(albumsAddr string) (*callers, error) {
	conn, err := grpc.NewClient(albumsAddr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	return &callers{
		http:   &http.Client{Timeout: patience, Transport: http.DefaultTransport.(*http.Transport).Clone()},
		conn:   conn,
		albums: pb.NewAlbumServiceClient(conn),
	}, nil
}

func (c *callers) close() {
	c.http.CloseIdleConnections()
	_ = c.conn.Close()
}

// response is an HTTP answer, read to the end.
type response struct {
	status int
	header http.Header
	body   string
}

// maxBody bounds what a caller reads.
const maxBody = 4 << 20

// request is an HTTP request: a GET, or a POST if it has a body. With a proof the
// token is presented under the scheme DPoP.
type request struct{ url, bearer, body, proof string }

func (c *callers) send(ctx context.Context, r request) (response, error) {
	method := http.MethodGet
	if r.body != "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, r.url, strings.NewReader(r.body))
	if err != nil {
		return response{}, err
	}
	switch {
	case r.proof != "":
		req.Header.Set("Authorization", "DPoP "+r.bearer)
		req.Header.Set("DPoP", r.proof)
	case r.bearer != "":
		req.Header.Set("Authorization", "Bearer "+r.bearer)
	}
	if r.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return response{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	return response{resp.StatusCode, resp.Header, string(text)}, err
}

// rpc makes a gRPC call with a token, and returns the name of its status code.
func rpc[Req, Resp any](
	ctx context.Context, call func(context.Context, *Req, ...grpc.CallOption) (*Resp, error), req *Req, bearer string,
) string {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if bearer != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+bearer)
	}
	_, err := call(ctx, req)
	return codeName(status.Code(err).String())
}

// codeName spells a code as the gRPC documentation does: PERMISSION_DENIED.
func codeName(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && 'A' <= r && r <= 'Z' && name != "OK" {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToUpper(b.String())
}

// ownClient is a client that acts for itself, and the scope it asks for.
type ownClient struct{ id, secret, scope string }

// ownToken is a token of the client for a resource (RFC 6749 §4.4).
func (s *story) ownToken(ctx context.Context, c ownClient, resource string) (string, error) {
	return s.ownTokenOver(ctx, s.http, c, resource)
}

func (s *story) ownTokenOver(ctx context.Context, client *http.Client, c ownClient, resource string) (string, error) {
	cfg := clientcredentials.Config{
		ClientID: c.id, ClientSecret: c.secret, TokenURL: s.issuerURL + "/token", Scopes: []string{c.scope},
		EndpointParams: url.Values{"resource": {resource}}, AuthStyle: oauth2.AuthStyleInHeader,
	}
	tok, err := cfg.Token(context.WithValue(ctx, oauth2.HTTPClient, client))
	if err != nil {
		return "", err
	}
	return tok.AccessToken, nil
}

// get is an HTTP call to a service that decides about it, with the token as it
// is by then.
func (s *story) get(service, path string, bearer *string) func(context.Context) answer {
	return func(ctx context.Context) answer {
		return s.ask(service, request{url: s.urls()[service] + path, bearer: *bearer})(ctx)
	}
}

func (s *story) ask(service string, r request) func(context.Context) answer {
	return func(ctx context.Context) answer {
		resp, err := s.send(ctx, r)
		if err != nil {
			return noAnswer(err)
		}
		seen := s.decided(service, fmt.Sprint(resp.status))
		if challenges := resp.header.Values("WWW-Authenticate"); len(challenges) > 0 {
			seen.note = "the caller is told: " + strings.Join(challenges, ", ")
		}
		if later := resp.header.Get("Retry-After"); later != "" {
			seen.note = "the caller is told: Retry-After: " + later
		}
		return seen
	}
}

// askAlbums is a gRPC call to the album service.
func (s *story) askAlbums(call func(context.Context) string) func(context.Context) answer {
	return func(ctx context.Context) answer { return s.decided(albumService, call(ctx)) }
}

// decided is the answer to a call that a service decides about: its status,
// and the reason if that service refused the call itself.
func (s *story) decided(service, status string) answer {
	r := &s.town.recorder
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range r.decisions {
		if d.service == service && d.reason != "" {
			return answer{text: status + " " + d.reason}
		}
	}
	return answer{text: status}
}

// noAnswer is the answer of a service that gives none.
func noAnswer(err error) answer { return answer{text: "no answer", note: err.Error()} }
