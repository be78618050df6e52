// Package asking reads the settings of introspection from a command line: of a
// service that asks its issuer about opaque tokens (RFC 7662).
package asking

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/introspect"
)

// ErrUsage is the error of flags that do not go together.
var ErrUsage = errors.New("invalid flags")

// Flags are the flags. The zero value is ready for Register.
type Flags struct {
	endpoint string // or "discover"; "" asks nothing
	client   string
	secret   string // file
	auth     string
	keyID    string
	signed   bool
	opaque   string
}

// Usage is for the text above the flags.
const Usage = "-introspect URL|discover -introspect-client ID -introspect-secret-file FILE -opaque only|beside-jwt"

var methods = []string{"basic", "basic-raw", "post", "private_key_jwt"}

// Register adds the flags to set.
func (f *Flags) Register(set *flag.FlagSet) {
	set.StringVar(&f.endpoint, "introspect", "", "ask the issuer about opaque tokens (RFC 7662), at this `URL`, or discover it")
	set.StringVar(&f.client, "introspect-client", "", "client `id` of the service at the issuer")
	set.StringVar(&f.secret, "introspect-secret-file", "", "`file` with its secret, or with its private key in PEM (PKCS 8)")
	set.StringVar(&f.auth, "introspect-auth", "basic", "`method` by which the service shows who it is: "+strings.Join(methods, ", "))
	set.StringVar(&f.keyID, "introspect-key-id", "", "`kid` of the private key")
	set.BoolVar(&f.signed, "introspect-jwt", false, "take signed answers alone (RFC 9701), by -algorithms (default RS256)")
	set.StringVar(&f.opaque, "opaque", "", "take opaque tokens `only`, or beside-jwt")
}

// Validate refuses flags that do not go together.
func (f *Flags) Validate() error {
	switch {
	case f.endpoint == "" && (f.client != "" || f.secret != "" || f.signed || f.opaque != "" || f.keyID != ""):
		return fmt.Errorf("%w: flags about introspection need -introspect", ErrUsage)
	case f.endpoint == "":
		return nil
	case f.client == "" || f.secret == "":
		return fmt.Errorf("%w: -introspect needs -introspect-client and -introspect-secret-file", ErrUsage)
	case !slices.Contains(methods, f.auth):
		return fmt.Errorf("%w: -introspect-auth is one of %s", ErrUsage, strings.Join(methods, ", "))
	case f.keyID != "" && f.auth != "private_key_jwt":
		return fmt.Errorf("%w: -introspect-key-id needs -introspect-auth private_key_jwt", ErrUsage)
	case f.opaque != "only" && f.opaque != "beside-jwt":
		return fmt.Errorf("%w: -opaque is only or beside-jwt", ErrUsage)
	}
	return nil
}

// Enabled reports whether the issuer is asked.
func (f *Flags) Enabled() bool { return f.endpoint != "" }

// Authenticator takes opaque tokens of the one issuer that cfgs has, and its JWTs
// by jwt if they are taken beside them.
func (f *Flags) Authenticator(cfgs []token.Config, jwt token.Authenticator) (token.Authenticator, error) {
	if len(cfgs) != 1 || cfgs[0].Issuer == "" {
		return nil, fmt.Errorf("%w: -introspect is for a service with one issuer", ErrUsage)
	}
	cfg, err := f.config(cfgs[0])
	if err != nil {
		return nil, err
	}
	opaque, err := introspect.New(cfg)
	if err != nil || f.opaque == "only" {
		return opaque, err
	}
	return token.NewRouter(token.RouterConfig{JWT: jwt, Opaque: opaque})
}

// config asks about tokens that are judged as JWTs of the issuer are.
func (f *Flags) config(of token.Config) (introspect.Config, error) {
	credentials, err := f.credentials()
	if err != nil {
		return introspect.Config{}, err
	}
	cfg := introspect.Config{
		Issuer: of.Issuer, Audience: of.Audience, Profile: of.Profile, ScopeImplies: of.ScopeImplies, Leeway: of.Leeway,
		ExtendedLeeway: of.ExtendedLeeway, Confirmations: of.Confirmations, RequireBound: of.RequireBound,
		Credentials: credentials,
	}
	if f.endpoint != "discover" {
		cfg.Endpoint = f.endpoint
	}
	if f.signed {
		cfg.RequireJWT, cfg.JWTAlgorithms, cfg.JWTKeys = true, of.Algorithms, of.Keys
	}
	return cfg, nil
}

func (f *Flags) credentials() (introspect.Credentials, error) {
	text, err := os.ReadFile(f.secret)
	if err != nil {
		return nil, err
	}
	secret := string(bytes.TrimRight(text, "\r\n"))
	switch f.auth {
	case "basic-raw":
		return introspect.BasicRaw(f.client, secret), nil
	case "post":
		return introspect.Post(f.client, secret), nil
	case "private_key_jwt":
		key, err := privateKey(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.secret, err)
		}
		return introspect.PrivateKeyJWT(introspect.PrivateKey{ClientID: f.client, Key: key, KeyID: f.keyID}), nil
	default:
		return introspect.Basic(f.client, secret), nil
	}
}

var errKey = errors.New("want a private key in PEM, PKCS 8")

// privateKey reads a key. Its errors show nothing of it.
func privateKey(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errKey
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errKey
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errKey
	}
	return signer, nil
}

// Summary says in words what is asked, or "" if nothing is.
func (f *Flags) Summary() string {
	if !f.Enabled() {
		return ""
	}
	text := map[string]string{"only": "alone", "beside-jwt": "beside JWTs"}[f.opaque] + ", asked about at " + f.endpoint + " as " + f.client + " by " + f.auth
	if f.signed {
		text += ", with signed answers"
	}
	return text
}
