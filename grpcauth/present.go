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

// ofCaller are the metadata keys whose values let their holder act as the
// caller. The last is what grpc-gateway makes of an HTTP Authorization field.
var ofCaller = []string{keyAuthorization, keyProof, "txn-token", "grpcgateway-authorization"}

// withoutCredentials is ctx with metadata from which the caller's credentials
// are gone. They are taken out of md, which is the copy of its own that
// metadata.FromIncomingContext gives to everyone who asks.
func (i *Interceptor) withoutCredentials(ctx context.Context, md metadata.MD) context.Context {
	if i.config.KeepCredentials || !hasAny(md, ofCaller) {
		return ctx
	}
	for _, key := range ofCaller {
		delete(md, key)
	}
	return metadata.NewIncomingContext(ctx, md)
}

func hasAny(md metadata.MD, keys []string) bool {
	for _, key := range keys {
		if _, ok := md[key]; ok {
			return true
		}
	}
	return false
}

// presentation is what the caller presented, apart from how gRPC carried it.
func presentation(ctx context.Context, md metadata.MD, method, scheme, raw string) token.Presentation {
	return token.Presentation{
		Scheme:       scheme,
		Token:        raw,
		Method:       http.MethodPost,
		URL:          &url.URL{Scheme: "https", Host: authority(md), Path: method},
		Proofs:       md[keyProof],
		Certificates: certificates(ctx),
	}
}

func authority(md metadata.MD) string {
	if values := md[":authority"]; len(values) == 1 {
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
