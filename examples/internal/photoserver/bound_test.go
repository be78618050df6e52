package photoserver

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	pb "github.com/postern-go/postern/examples/internal/photospb"
	"github.com/postern-go/postern/examples/internal/photosvc"
	"github.com/postern-go/postern/grpcauth/grpcauthtest"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

const base = "https://photos.example"

// boundService is the service with the flags of a command line, but for the way to its
// issuer, which is in memory.
func boundService(t *testing.T, issuer *tokentest.Issuer, args ...string) service {
	t.Helper()
	o, err := photoservice.Parse(append([]string{"-issuer", issuer.Identifier(), "-audience", audience}, args...), io.Discard)
	require.NoError(t, err)
	return serviceOf(t, issuer, o, nil)
}

func serviceOf(t *testing.T, issuer *tokentest.Issuer, o Options, store dpop.ReplayStore) service {
	t.Helper()
	var err error
	cfg := issuer.Config()
	cfg.Confirmations, err = o.bound.Confirmations(store)
	require.NoError(t, err)
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	s, err := newService(verifier, photosvc.Operations(), o.resource, refusalsTo(io.Discard), nil)
	require.NoError(t, err)
	return s
}

// The attacks on bound tokens over both transports, with the flags for them.
func TestBoundTokensRefuse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		dpop refusals.DPoP
	}{
		"accept":  {[]string{"-dpop", "accept"}, refusals.DPoP{}},
		"require": {[]string{"-dpop", "require"}, refusals.DPoP{Required: true}},
		"nonces":  {[]string{"-dpop", "require", "-dpop-nonce"}, refusals.DPoP{Required: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := tokentest.NewIssuer(t, &tokentest.Options{Audience: []string{audience}})
			s := boundService(t, issuer, append(c.args, "-base-url", base)...)
			web, rpc := c.dpop, c.dpop
			web.Method, web.URL = http.MethodGet, base+"/photos"
			rpc.Method, rpc.URL = http.MethodPost, base+pb.PhotoService_ListPhotos_FullMethodName
			refusals.Test(t, issuer, tokentest.HTTPTarget(s.http, func() *http.Request {
				return httptest.NewRequest(http.MethodGet, "/photos", nil)
			}), &refusals.Config{Scopes: []string{"photos:read"}, DPoP: &web})
			photos := pb.NewPhotoServiceClient(grpcauthtest.Serve(t, s.grpc))
			refusals.Test(t, issuer, grpcauthtest.Target(func(ctx context.Context, opts ...grpc.CallOption) error {
				_, err := photos.ListPhotos(ctx, &pb.ListPhotosRequest{}, opts...)
				return err
			}), &refusals.Config{Scopes: []string{"photos:read"}, DPoP: &rpc})
		})
	}
}

// One proof counts once, whichever of the two ways it comes in. Without -base-url
// the target is what the connection shows.
func TestDPoPOverTheNetwork(t *testing.T) {
	t.Parallel()
	issuer := loopback(t)
	s := start(t, "-issuer", issuer.Identifier(), "-audience", audience, "-dpop", "accept")
	key := issuer.ForeignKey("ES256", "")
	raw := issuer.Token(tokentest.BoundTo(key), tokentest.Scope("photos:read"))
	proof := issuer.Proof(key, http.MethodGet, s.url+"/photos", raw)
	assert.Equal(t, http.StatusOK, s.present("DPoP "+raw, proof))
	assert.Equal(t, http.StatusUnauthorized, s.present("DPoP "+raw, proof), "a replay")
	assert.Equal(t, http.StatusUnauthorized, s.present("Bearer "+raw, issuer.Proof(key, http.MethodGet, s.url+"/photos", raw)))
	assert.Equal(t, http.StatusOK, s.present("Bearer "+issuer.Token(tokentest.Scope("photos:read")), ""))

	rpc := "https://" + s.conn.Target() + pb.PhotoService_ListPhotos_FullMethodName
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "DPoP "+raw, "dpop", issuer.Proof(key, http.MethodPost, rpc, raw))
	assert.NoError(t, s.list(ctx))
	assert.Error(t, s.list(ctx), "a replay")
}

// present asks for the photos.
func (s *running) present(authorization, proof string) int {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+"/photos", nil)
	require.NoError(s.t, err)
	req.Header.Set("Authorization", authorization)
	if proof != "" {
		req.Header.Set("DPoP", proof)
	}
	return s.do(http.DefaultClient, req)
}

func (s *running) do(client *http.Client, req *http.Request) int {
	s.t.Helper()
	resp, err := client.Do(req)
	require.NoError(s.t, err)
	require.NoError(s.t, resp.Body.Close())
	return resp.StatusCode
}

// Certificates of clients over real connections, HTTP and gRPC.
func TestCertificatesOverTheNetwork(t *testing.T) {
	t.Parallel()
	own := tokentest.NewCertificate(t, &tokentest.CertificateOptions{Addresses: []string{"127.0.0.1"}})
	cert, key := filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	require.NoError(t, os.WriteFile(cert, own.PEM(), 0o600))
	require.NoError(t, os.WriteFile(key, own.KeyPEM(), 0o600))
	issuer := loopback(t)
	s := start(t, "-issuer", issuer.Identifier(), "-audience", audience, "-mtls", "-tls-cert", cert, "-tls-key", key)
	require.True(t, strings.HasPrefix(s.url, "https://"))
	alices, thiefs := tokentest.NewCertificate(t, nil), tokentest.NewCertificate(t, nil)
	raw := issuer.Token(tokentest.BoundToCertificate(alices), tokentest.Scope("photos:read"))
	for name, c := range map[string]struct {
		with *tokentest.Certificate
		want int
	}{
		"the client's": {alices, http.StatusOK}, "the thief's": {thiefs, http.StatusUnauthorized}, "none": {nil, http.StatusUnauthorized},
	} {
		settings := &tls.Config{RootCAs: own.Pool(), MinVersion: tls.VersionTLS12}
		if c.with != nil {
			settings.Certificates = []tls.Certificate{c.with.TLS()}
		}
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: settings, ForceAttemptHTTP2: true}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/photos", nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+raw)
		req.Header.Set("Client-Cert", alices.ClientCert())
		assert.Equal(t, c.want, s.do(client, req), name)
		client.CloseIdleConnections()

		conn, err := grpc.NewClient(s.conn.Target(), grpc.WithTransportCredentials(credentials.NewTLS(settings.Clone())))
		require.NoError(t, err)
		_, err = pb.NewPhotoServiceClient(conn).ListPhotos(bearing(t, raw), &pb.ListPhotosRequest{})
		assert.Equal(t, c.want == http.StatusOK, err == nil, name)
		require.NoError(t, conn.Close())
	}
}

// A proxy that is trusted passes certificates on, in the one format that is set.
func TestCertificatesOfAProxy(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, &tokentest.Options{Audience: []string{audience}})
	cert := tokentest.NewCertificate(t, nil)
	fields := map[string]http.Header{
		"rfc9440": {"Client-Cert": {cert.ClientCert()}},
		"xfcc":    {"X-Forwarded-Client-Cert": {cert.XFCC()}},
		"pem":     {"X-Ssl-Client-Cert": {cert.EscapedPEM()}},
	}
	for format := range fields {
		for network, trusted := range map[string]bool{"192.0.2.0/24": true, "10.0.0.0/8": false} {
			s := boundService(t, issuer, "-mtls", "-client-cert-header", format, "-trusted-proxy", network)
			call := tokentest.HTTPTarget(s.http, func() *http.Request { return httptest.NewRequest(http.MethodGet, "/photos", nil) })
			for sent, header := range fields {
				answer := call(t.Context(), tokentest.Credentials{
					Authorization: []string{"Bearer " + issuer.Token(tokentest.BoundToCertificate(cert), tokentest.Scope("photos:read"))},
					Fields:        header,
				})
				assert.Equal(t, trusted && sent == format, answer.Admitted, "%s from %s, %s wanted", sent, network, format)
			}
		}
	}
}
