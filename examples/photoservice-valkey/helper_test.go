package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/examples/internal/photoserver"
	pb "github.com/postern-go/postern/examples/internal/photospb"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/tokentest"
)

const (
	audience = "https://photos.example"
	method   = "/photos.v1.PhotoService/ListPhotos"
)

// replica is the command as it is started from a shell, over the network.
type replica struct {
	url    string
	photos pb.PhotoServiceClient
}

func start(t *testing.T, args ...string) *replica {
	t.Helper()
	o, err := program(io.Discard).Parse(append([]string{
		"-listen", "127.0.0.1:0", "-grpc-listen", "127.0.0.1:0", "-audience", audience, "-dpop", "require", "-base-url", audience,
	}, args...), io.Discard)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := photoserver.Run(ctx, o, w, io.Discard)
		_ = w.CloseWithError(io.EOF)
		ended <- err
	}()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-ended, "an orderly end")
	})
	lines := bufio.NewScanner(r)
	s := &replica{url: said(t, lines, "HTTP on ")}
	conn, err := grpc.NewClient(said(t, lines, "gRPC on "), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	s.photos = pb.NewPhotoServiceClient(conn)
	return s
}

func said(t *testing.T, lines *bufio.Scanner, what string) string {
	t.Helper()
	for lines.Scan() {
		if where, ok := strings.CutPrefix(lines.Text(), what); ok {
			return where
		}
	}
	t.Fatalf("the service did not say %q", what)
	return ""
}

// client is one with a token that is bound to its key.
type client struct {
	*dpop.Prover
	raw  string
	http *http.Client
}

func newClient(t *testing.T, issuer *tokentest.Issuer) *client {
	t.Helper()
	key, err := dpop.NewKey()
	require.NoError(t, err)
	prover, err := dpop.NewProver(key)
	require.NoError(t, err)
	raw := issuer.Token(tokentest.Scope("photos:read"), tokentest.Claim("cnf", map[string]string{"jkt": prover.Thumbprint()}))
	return &client{prover, raw, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 10 * time.Second}}
}

// call is one over a transport, with its proof.
type call struct {
	proof string
	rpc   bool
}

func (c *client) newCall(rpc bool) (call, error) {
	claims := dpop.Claims{Method: "GET", URL: audience + "/photos", Token: c.raw}
	if rpc {
		claims.Method, claims.URL = "POST", audience+method
	}
	proof, err := c.Proof(claims)
	return call{proof, rpc}, err
}

// send returns the HTTP status, or what stands for it over gRPC.
func (c *client) send(to *replica, what call) (int, error) {
	if what.rpc {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "DPoP "+c.raw, "dpop", what.proof)
		_, err := to.photos.ListPhotos(ctx, &pb.ListPhotosRequest{})
		switch status.Code(err) {
		case codes.OK:
			return 200, nil
		case codes.Unauthenticated:
			return 401, nil
		case codes.Unavailable:
			return 503, nil
		default:
			return 0, err
		}
	}
	status, _, err := c.do(to, what.proof)
	return status, err
}

// do asks for the photos, and returns the status and the nonce that came with it.
func (c *client) do(to *replica, proof string) (status int, nonce string, err error) {
	req, err := http.NewRequest(http.MethodGet, to.url+"/photos", nil)
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Authorization", "DPoP "+c.raw)
	req.Header.Set("DPoP", proof)
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, "", err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Header.Get("DPoP-Nonce"), resp.Body.Close()
}
