package metadata

import (
	"fmt"
	"strconv"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/strict"
)

// Member is the name of a member that holds the URL of an endpoint.
type Member string

// The members that are read.
const (
	JWKSURI               Member = "jwks_uri"
	IntrospectionEndpoint Member = "introspection_endpoint"
	TokenEndpoint         Member = "token_endpoint"
)

// Document holds the endpoints that a metadata document names. None of its URLs
// has been checked. A member that is not a string is absent.
type Document map[Member]string

// read reads the metadata document of an issuer. signed_metadata is not used:
// nothing vouches for its key.
//
// The document names the issuer, or the base at which the operator has found it:
// some issuers write another iss than they call themselves. A third name is that
// of a stranger.
func (i *Issuer) read(body []byte) (Document, error) {
	var named strict.Value
	document := Document{}
	err := strict.Members(string(body), func(name string, v strict.Value) {
		switch member := Member(name); member {
		case "issuer":
			named = v
		case JWKSURI, IntrospectionEndpoint, TokenEndpoint:
			if text, ok := v.Text(); ok {
				document[member] = text
			}
		}
	})
	text, _ := named.Text()
	switch {
	case err != nil:
		return nil, evidence.Errorf(ErrMetadata, "no JSON object with distinct members")
	case named.Raw == "" || named.Kind == strict.Null:
		return nil, evidence.Errorf(ErrMetadata, "no issuer is named, want %q", i.ID)
	case text == "", text != i.ID && text != i.DiscoverAt:
		return nil, evidence.Errorf(ErrIssuerMismatch, "issuer is %s, want %s", evidence.Value(named), i.wanted())
	}
	return document, nil
}

// wanted says which names a document may have.
func (i *Issuer) wanted() string {
	issuer := fmt.Sprintf("%s (see %s.Issuer)", strconv.QuoteToASCII(i.ID), i.Settings)
	if i.DiscoverAt == "" {
		return issuer
	}
	return fmt.Sprintf("%s or %s (see %s.DiscoverAt)", issuer, strconv.QuoteToASCII(i.DiscoverAt), i.Settings)
}
