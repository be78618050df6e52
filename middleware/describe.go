package middleware

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-go/postern/internal/resourcemeta"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Description serves the protected resource metadata document of one resource
// (RFC 9728). It is an http.Handler that answers everyone, without a token, and
// safe for concurrent use. Mux.HandleMetadata and Middleware.Describe make one.
//
// The document follows the settings: if the issuers of a token.Issuers are
// replaced or a route is added, answers have them after a tenth of a second at most.
// It is encoded, and signed, only when it changes.
type Description struct {
	m        *Middleware
	settings Metadata
	resource string
	url      url.URL // of the document
	members  resourcemeta.Document
	policies func() []scope.Policy

	looked  atomic.Pointer[look]
	current atomic.Pointer[edition]
	mu      sync.Mutex // held to make an edition
	failed  *edition   // the last that could not be signed, or nil
}

// edition is the document of some facts.
type edition struct {
	facts *facts
	text  []byte
	tag   string // ETag
	err   error  // why there is no text
	since time.Time
}

// look is the edition as of the last time that a request has looked for changes.
type look struct {
	at      time.Time
	edition *edition
}

// lookAgain is how long requests do without. It takes milliseconds where there are
// hundreds of routes or issuers, and anyone can ask.
const lookAgain = 100 * time.Millisecond

// afterFailure is how long nothing is signed after that has failed, so that
// strangers cannot make a service sign as often as they ask.
const afterFailure = 10 * time.Second

var errNoDescription = fmt.Errorf("middleware: %w: the Description is not one of Describe or HandleMetadata", token.ErrConfig)

var errNotPublished = fmt.Errorf("middleware: %w: Resource.PublishesMetadata is not set, so no challenge would name the metadata document", token.ErrConfig)

// Describe returns the metadata document of the resource as a handler for routers
// other than a Mux, at Description.Path:
//
//	router.Handle(d.Path(), d)
//
// It lists the scopes of policies and of Metadata.Policies. A nil d means the
// zero Metadata.
//
// The error matches token.ErrConfig if Resource.PublishesMetadata is not set, if
// d is not valid, if Resource.Identifier is not among the audiences of an issuer
// that tells them, if no authorization server would be named, or if the Key
// fails to sign. It makes no request, but blocks as long as the Signer of a Key.
func (m *Middleware) Describe(d *Metadata, policies ...scope.Policy) (*Description, error) {
	policies = slices.Clone(policies)
	return m.description(d, func() []scope.Policy { return policies })
}

func (m *Middleware) description(settings *Metadata, policies func() []scope.Policy) (*Description, error) {
	if !m.config.Resource.PublishesMetadata {
		return nil, errNotPublished
	}
	members, err := settings.members()
	if err != nil {
		return nil, err
	}
	d := &Description{m: m, settings: settings.copied(), resource: m.config.Resource.Identifier, members: members}
	d.policies = func() []scope.Policy { return slices.Concat(d.settings.Policies, policies()) }
	at, err := url.Parse(m.config.Resource.MetadataURL())
	if err != nil {
		return nil, err // not of a valid Resource
	}
	d.url = *at
	members.Set(resourcemeta.Resource, d.resource)
	members.Set(resourcemeta.Documentation, m.config.Resource.Documentation)
	setSchemes(members, m.schemes)
	if err := d.checkIssuers(); err != nil {
		return nil, err
	}
	if _, err := d.JSON(); err != nil {
		return nil, badMetadata("Key", "it does not sign: "+err.Error())
	}
	return d, nil
}

// copied has no slice, map or pointer of the program that is read later.
func (d *Metadata) copied() Metadata {
	if d == nil {
		return Metadata{}
	}
	own := Metadata{OmitScopes: d.OmitScopes, MaxAge: d.MaxAge}
	own.Policies, own.Scopes, own.Details = slices.Clone(d.Policies), slices.Clone(d.Scopes), slices.Clone(d.Details)
	own.AuthorizationServers = slices.Clone(d.AuthorizationServers)
	if d.Key != nil {
		key := *d.Key
		own.Key = &key
	}
	return own
}

// URL is where clients look for the document, which challenges name.
func (d *Description) URL() string { return d.url.String() }

// Path is the path of URL, encoded, for a router. It ends in "/" only if the
// Identifier does and has a path; see Pattern.
func (d *Description) Path() string { return d.url.EscapedPath() }

// Pattern is Path as a pattern of http.ServeMux that matches no path below it. It
// is the route of Mux.HandleMetadata, for scope.Posture.Except.
func (d *Description) Pattern() string {
	if path := d.Path(); strings.HasSuffix(path, "/") {
		return path + "{$}"
	}
	return d.Path()
}

// JSON is the document of this moment. It blocks as long as the Signer of a Key
// if the document has changed. An error means that it could not be signed.
func (d *Description) JSON() ([]byte, error) {
	e := d.edition()
	return slices.Clone(e.text), e.err
}

// recent is the edition of this moment, or of a moment ago. One request at a time
// looks for changes.
func (d *Description) recent() *edition {
	last, now := d.looked.Load(), time.Now()
	if last != nil && (now.Sub(last.at) < lookAgain || !d.looked.CompareAndSwap(last, &look{now, last.edition})) {
		return last.edition
	}
	e := d.edition()
	d.looked.Store(&look{now, e})
	return e
}

// edition is the one of this moment.
func (d *Description) edition() *edition {
	if d.m == nil {
		return &edition{err: errNoDescription}
	}
	now := d.facts()
	if e := d.current.Load(); e != nil && e.facts.equal(now) {
		return e
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now = d.facts() // those of before the wait may be older than the edition
	if e := d.current.Load(); e != nil && e.facts.equal(now) {
		return e
	}
	if e := d.failed; e != nil && time.Since(e.since) < afterFailure {
		return e
	}
	e := d.publish(now)
	if e.err != nil {
		d.failed = e
		return e
	}
	d.current.Store(e)
	return e
}

func (d *Description) publish(f *facts) *edition {
	e := &edition{facts: f, since: time.Now()}
	doc := d.document(f)
	if d.settings.Key != nil {
		if e.err = doc.Sign(d.settings.key(), d.resource, e.since); e.err != nil {
			return e
		}
	}
	if e.text, e.err = doc.JSON(); e.err == nil {
		e.tag = tagOf(e.text)
	}
	return e
}
