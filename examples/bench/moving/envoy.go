package moving

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	jwtauthn "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/jwt_authn/v3"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"
	"github.com/go-jose/go-jose/v4/jwt"
	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"
)

// ParseEnvoy reads a provider of Envoy's jwt_authn filter from YAML by Envoy's own
// schema, so that a field that Envoy does not know is an error.
func ParseEnvoy(text []byte) (*jwtauthn.JwtProvider, error) {
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	document, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	var provider jwtauthn.JwtProvider
	if err := protojson.Unmarshal(document, &provider); err != nil {
		return nil, err
	}
	return &provider, provider.ValidateAll()
}

// Envoy stands in for an Envoy or an Istio sidecar in front of the service. It
// does what the description of these settings says: issuer, audiences,
// require_expiration, clock_skew_seconds, remote_jwks and forward.
func Envoy(p *jwtauthn.JwtProvider) Old {
	return func(ctx context.Context, s Settings) (Guard, error) {
		keys, err := fetchKeys(ctx, s.HTTPClient, p.GetRemoteJwks().GetHttpUri().GetUri())
		if err != nil {
			return nil, err
		}
		return by(func(r *http.Request) error {
			raw, err := bearer(r)
			if err != nil {
				return err
			}
			if err := judge(p, keys, raw); err != nil {
				return err
			}
			if !p.GetForward() {
				r.Header.Del("Authorization")
			}
			return nil
		}), nil
	}
}

// algorithms are Envoy's.
var algorithms = []jose.SignatureAlgorithm{
	jose.ES256, jose.ES384, jose.ES512, jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.EdDSA,
}

func judge(p *jwtauthn.JwtProvider, keys *jose.JSONWebKeySet, raw string) error {
	t, err := jwt.ParseSigned(raw, algorithms)
	if err != nil {
		return err
	}
	var claims jwt.Claims
	if err := t.Claims(keys, &claims); err != nil {
		return err
	}
	if p.GetRequireExpiration() && claims.Expiry == nil {
		return jwt.ErrExpired
	}
	claims.IssuedAt = nil // exp and nbf alone are compared with the clock
	skew := time.Minute
	if n := p.GetClockSkewSeconds(); n != 0 {
		skew = time.Duration(n) * time.Second
	}
	return claims.ValidateWithLeeway(jwt.Expected{Issuer: p.GetIssuer(), AnyAudience: p.GetAudiences()}, skew)
}

var errKeys = errors.New("the keys cannot be had")

func fetchKeys(ctx context.Context, client *http.Client, url string) (*jose.JSONWebKeySet, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, errKeys
	}
	document, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	var set jose.JSONWebKeySet
	return &set, json.Unmarshal(document, &set)
}
