package middleware

import (
	"crypto"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/postern-go/postern/internal/hostname"
	"github.com/postern-go/postern/internal/nilcheck"
	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/internal/resourcemeta"
	"github.com/postern-go/postern/internal/weburl"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Metadata is what a protected resource metadata document (RFC 9728) says
// besides what follows from the settings of a guard: the resource, its issuers,
// the scopes of its rules, its authentication schemes and the documentation.
// The zero Metadata is good for most services. Mux.HandleMetadata and
// Middleware.Describe copy it.
type Metadata struct {
	// Name is the name of the resource for users. "" leaves it out.
	Name string
	// Names are translations of Name by language tag (BCP 47), such as "fr".
	Names map[string]string
	// PolicyURI is the http or https URL of a page about how clients may use what
	// they get. "" leaves it out.
	PolicyURI string
	// PolicyURIs are such pages by language tag.
	PolicyURIs map[string]string
	// TermsURI is the http or https URL of the terms of service. "" leaves it out.
	TermsURI string
	// TermsURIs are such pages by language tag.
	TermsURIs map[string]string

	// Policies are further policies of the same resource: those of its gRPC
	// methods, or of routes that are not of the Mux. Their scopes and types of
	// details are listed.
	Policies []scope.Policy
	// Scopes are further scopes to list. "offline_access" must not be among them:
	// it is no right over a resource. A rule that has it does not list it.
	Scopes []string
	// OmitScopes leaves the scopes out, since they tell strangers what rights there
	// are. Scopes must be empty then.
	OmitScopes bool
	// Details are further types of authorization_details that are understood
	// (RFC 9396), such as those that handlers read by token.DetailsOf. Those that
	// rules ask for are listed anyway.
	Details []string

	// AuthorizationServers are issuers for clients to ask for a token, https URLs.
	// They are for Authenticators whose issuers are not all known as URLs:
	// one with a Template, with a Resolve function, or of your own. It must be empty
	// if they are, and fit a Template if nothing else is unknown.
	AuthorizationServers []string

	// KeysURL is the https URL of the resource's own keys, its jwks_uri. "" leaves
	// it out.
	KeysURL string
	// ResponseAlgorithms are the algorithms with which the resource signs
	// responses. "none" must not be among them.
	ResponseAlgorithms []string

	// Extra are further members of the document, encoded as JSON when it is made.
	// None may have a name of RFC 9728 or of a registered claim of RFC 7519.
	Extra map[string]any

	// MaxAge is how long the document may be cached, in whole seconds. Zero means
	// an hour, negative not at all.
	MaxAge time.Duration

	// Key signs the document. Nil leaves it unsigned. The document is signed when
	// it is made, and again when it changes, never for each request.
	Key *MetadataKey
}

// MetadataKey signs metadata (RFC 9728 §2.2). All fields are required.
type MetadataKey struct {
	// Signer signs. It may call a service, as for a key in a vault, and must not
	// block without end: requests for the document wait.
	Signer crypto.Signer
	// ID is the kid of the signature.
	ID string
	// Algorithm is the alg of the signature: RS256 to RS512, PS256 to PS512, ES256,
	// ES384, ES512 or EdDSA, as fits the key.
	Algorithm string
}

const defaultMaxAge = time.Hour

// Validate checks the settings without those of a guard, for settings that come
// from a file. A nil Metadata is valid. It signs nothing. An error matches
// token.ErrConfig.
func (d *Metadata) Validate() error {
	_, err := d.members()
	return err
}

// members are those of the document that never change.
func (d *Metadata) members() (resourcemeta.Document, error) {
	doc := resourcemeta.Document{}
	if d == nil {
		return doc, nil
	}
	for _, check := range []func() error{d.validatePages, d.validateLists, d.validateKey} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	doc.Set(resourcemeta.Keys, d.KeysURL)
	doc.Set(resourcemeta.SigningAlgorithms, slices.Clone(d.ResponseAlgorithms))
	for _, member := range []struct {
		field, name, value string
		byLanguage         map[string]string
	}{
		{"Names", resourcemeta.Name, d.Name, d.Names},
		{"PolicyURIs", resourcemeta.Policy, d.PolicyURI, d.PolicyURIs},
		{"TermsURIs", resourcemeta.Terms, d.TermsURI, d.TermsURIs},
	} {
		if err := doc.SetTagged(member.name, member.value, member.byLanguage); err != nil {
			return nil, badMetadata(member.field, err.Error())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.Extra)) {
		if err := doc.SetExtra(name, d.Extra[name]); err != nil {
			return nil, badMetadata("Extra", err.Error())
		}
	}
	return doc, nil
}

func (d *Metadata) validatePages() error {
	for field, pages := range map[string][]string{
		"PolicyURI": {d.PolicyURI}, "TermsURI": {d.TermsURI},
		"PolicyURIs": slices.Collect(maps.Values(d.PolicyURIs)), "TermsURIs": slices.Collect(maps.Values(d.TermsURIs)),
	} {
		for _, page := range pages {
			if page != "" && !isPage(page) {
				return badMetadata(field, shown(page)+" is no http or https URL")
			}
		}
	}
	if d.KeysURL != "" && (!isPage(d.KeysURL) || !strings.HasPrefix(d.KeysURL, "https:")) {
		return badMetadata("KeysURL", shown(d.KeysURL)+" is no https URL")
	}
	return nil
}

func (d *Metadata) validateLists() error {
	for _, s := range d.Scopes {
		if !scope.Valid(s) || s == refreshScope {
			return badMetadata("Scopes", shown(s)+" is no scope of a resource")
		}
	}
	if d.OmitScopes && len(d.Scopes) > 0 {
		return badMetadata("Scopes", "there are some, want none beside OmitScopes")
	}
	if slices.Contains(d.Details, "") {
		return badMetadata("Details", "a type is empty")
	}
	for _, alg := range d.ResponseAlgorithms {
		if alg == "" || strings.EqualFold(alg, "none") {
			return badMetadata("ResponseAlgorithms", shown(alg)+" is no signature")
		}
	}
	for _, server := range d.AuthorizationServers {
		if !isServer(server) {
			return badMetadata("AuthorizationServers", shown(server)+" is no https URL of an issuer (RFC 8414)")
		}
	}
	return nil
}

func (d *Metadata) validateKey() error {
	switch {
	case d.Key == nil:
		return nil
	case nilcheck.Is(d.Key.Signer):
		return badMetadata("Key", "its Signer is "+nilcheck.Shown(d.Key.Signer))
	}
	if err := d.key().Check(); err != nil {
		return badMetadata("Key", err.Error())
	}
	return nil
}

func (d *Metadata) key() resourcemeta.Key {
	return resourcemeta.Key{Signer: d.Key.Signer, ID: d.Key.ID, Algorithm: d.Key.Algorithm}
}

func badMetadata(field, why string) error {
	return fmt.Errorf("middleware: %w: Metadata.%s: %s", token.ErrConfig, field, printable.Line(why))
}

func shown(text string) string {
	return printable.Value(fmt.Sprintf("%+q", weburl.WithoutPassword(text)))
}

// refreshScope asks an authorization server for a refresh token.
const refreshScope = "offline_access"

// isPage reports whether text is the URL of something on the web that may be told to
// everyone.
func isPage(text string) bool {
	return weburl.IsPage(text) && printable.Is(text) && !strings.ContainsAny(text, ` "\`)
}

// isServer reports whether an issuer is one that clients can find by its
// identifier (RFC 8414 §2).
func isServer(issuer string) bool {
	u, err := url.Parse(issuer)
	if err != nil || !isPage(issuer) || strings.ContainsAny(issuer, "?#{}") {
		return false
	}
	return u.Scheme == "https" || hostname.IsLoopback(u.Hostname())
}
