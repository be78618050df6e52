package grpcauth

import (
	"context"
	"crypto/x509"
	"net/http"
	"net/url"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/postern-go/postern/token"
)

const (
	keyAuthorization = "authorization"
	keyProof         = "dpop"
)

// complete adds to scheme, token and proofs what else the caller presented, apart from
// how gRPC carried it.
func (i *Interceptor) complete(p token.Presentation, ctx context.Context, method string) token.Presentation {
	p.Method = http.MethodPost
	p.URL = i.target(ctx, method)
	p.Certificates = certificates(ctx)
	return p
}

// target is the URL as the caller addressed it.
func (i *Interceptor) target(ctx context.Context, method string) *url.URL {
	u := &url.URL{Scheme: "https", Host: authority(ctx), Path: method}
	i.bases.Apply(u)
	return u
}

func authority(ctx context.Context) string {
	if values := metadata.ValueFromIncomingContext(ctx, ":authority"); len(values) == 1 {
		return values[0]
	}
	return ""
}

// certificates is the client's chain as the TLS connection has it.
func certificates(ctx context.Context) []*x509.Certificate {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return nil
	}
	if info, ok := p.AuthInfo.(credentials.TLSInfo); ok {
		return info.State.PeerCertificates
	}
	return nil
}
