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

// callers are the means of everybody in the story who is not a service: plain
// HTTP and gRPC clients that send whatever they are told to.
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

func (c *callers) send(ctx context.Context, method, to, bearer, body string) (response, error) {
	req, err := http.NewRequestWithContext(ctx, method, to, strings.NewReader(body))
	if err != nil {
		return response{}, err
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	if body != "" {
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
) (string, *Resp) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if bearer != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+bearer)
	}
	resp, err := call(ctx, req)
	return codeName(status.Code(err).String()), resp
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

// ownToken is what a client that acts for itself gets from the authorization
// server (RFC 6749 §4.4).
func (c *callers) ownToken(ctx context.Context, issuer, id, secret, resource, scope string) (string, error) {
	cfg := clientcredentials.Config{
		ClientID: id, ClientSecret: secret, TokenURL: issuer + "/token", Scopes: []string{scope},
		EndpointParams: url.Values{"resource": {resource}}, AuthStyle: oauth2.AuthStyleInHeader,
	}
	tok, err := cfg.Token(context.WithValue(ctx, oauth2.HTTPClient, c.http))
	if err != nil {
		return "", err
	}
	return tok.AccessToken, nil
}

// verdict is the answer to a call that a service decides about: its status
// and, if there is one, the reason for a refusal that service gave itself.
func verdict(r *recorder, service, status, note string) answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range r.decisions {
		if d.service == service && d.reason != "" {
			return answer{text: fmt.Sprintf("%s %s", status, d.reason), note: note}
		}
	}
	return answer{text: status, note: note}
}

// noAnswer is the answer of a service that gives none.
func noAnswer(err error) answer { return answer{text: "no answer", note: err.Error()} }
