package metadata_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/fetch"
	"github.com/postern-go/postern/internal/metadata"
)

const (
	issuerURL = "https://as.example.com"
	oauth     = issuerURL + "/.well-known/oauth-authorization-server"
	openid    = issuerURL + "/.well-known/openid-configuration"
)

var (
	errMissing = errors.New("no such endpoint")
	errDown    = errors.New("connection refused")
)

// documents are what a server in memory has, by URL. An empty one is an outage.
type documents map[string]string

func (d documents) RoundTrip(r *http.Request) (*http.Response, error) {
	body, found := d[r.URL.String()]
	switch {
	case !found:
		return &http.Response{StatusCode: 404, Body: http.NoBody, Request: r}, nil
	case body == "":
		return nil, errDown
	}
	header := http.Header{"Cache-Control": {d["Cache-Control"]}}
	return &http.Response{StatusCode: 200, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// find looks for one endpoint of an issuer in documents.
func find(t *testing.T, d documents, member metadata.Member, edit func(*metadata.Issuer)) (metadata.Endpoint, error) {
	t.Helper()
	issuer := metadata.Issuer{ID: issuerURL, Settings: "Config", Client: fetch.New(fetch.Config{
		HTTPClient: &http.Client{Transport: d}, FetchTimeout: time.Second, Settings: "Config", Now: time.Now,
	})}
	if edit != nil {
		edit(&issuer)
	}
	return issuer.Find(t.Context(), metadata.Wanted{Member: member, Setting: "Config.Place", Missing: errMissing})
}

func document(issuer string, member metadata.Member, value string) string {
	return `{"issuer":"` + issuer + `","` + string(member) + `":"` + value + `"}`
}

// Every endpoint is read by the same rules.
func TestFind(t *testing.T) {
	t.Parallel()
	const place = issuerURL + "/endpoint"
	sameHost := func(i *metadata.Issuer) { i.SameHost = true }
	here := func(i *metadata.Issuer) { i.ID = "http://localhost:9000" }
	for _, member := range members {
		name := string(member)
		tests := map[string]struct {
			documents documents
			edit      func(*metadata.Issuer)
			want      string // the URL
			err       error
			text      string
		}{
			"at the first place":              {documents{oauth: document(issuerURL, member, place)}, nil, place, nil, ""},
			"at the second":                   {documents{openid: document(issuerURL, member, place)}, nil, place, nil, ""},
			"only the second has it":          {documents{oauth: document(issuerURL, "other", place), openid: document(issuerURL, member, place)}, nil, place, nil, ""},
			"nowhere":                         {documents{}, nil, "", fetch.ErrStatus, "metadata " + oauth + ": status is 404, want 200; metadata " + openid + ": status is 404, want 200"},
			"missing":                         {documents{oauth: document(issuerURL, "other", place)}, nil, "", errMissing, "no " + name + " (see Config.Place)"},
			"no string":                       {documents{oauth: strings.Replace(document(issuerURL, member, "5"), `"5"`, `5`, 1)}, nil, "", errMissing, "no " + name},
			"no document":                     {documents{oauth: "<html>"}, nil, "", metadata.ErrMetadata, `no JSON object with distinct members: the body begins "<html>"`},
			"no issuer":                       {documents{oauth: `{"` + name + `":"` + place + `"}`}, nil, "", metadata.ErrMetadata, `no issuer is named, want "https://as.example.com"`},
			"C_8414-3.3-1 other issuer":       {documents{oauth: document(issuerURL+"/", member, place), openid: document(issuerURL, member, place)}, nil, "", metadata.ErrIssuerMismatch, `issuer is "https://as.example.com/", want "https://as.example.com" (see Config.Issuer)`},
			"down":                            {documents{oauth: "", openid: document(issuerURL, member, place)}, nil, "", errDown, ""},
			"C_8414-2-2 http":                 {documents{oauth: document(issuerURL, member, "http://as.example.com/x")}, nil, "", fetch.ErrInsecureURL, name + ` is "http://as.example.com/x": neither https nor http on a loopback host or one of PlainHTTPHosts, want an https URL (see Config.Place)`},
			"C_8414-2-2 loopback":             {documents{oauth: document(issuerURL, member, "https://127.0.0.1/x")}, nil, "", fetch.ErrInsecureURL, name + ` is "https://127.0.0.1/x", a loopback host`},
			"C_8414-6.2-1 other host":         {documents{oauth: document(issuerURL, member, "https://b.example.com/x")}, nil, "https://b.example.com/x", nil, ""},
			"C_8414-6.2-1 refused, SameHost":  {documents{oauth: document(issuerURL, member, "https://b.example.com/x")}, sameHost, "", metadata.ErrCrossHost, name + ` is "https://b.example.com/x", want host "as.example.com" (see Config.SameHost)`},
			"same host in another spelling":   {documents{oauth: document(issuerURL, member, "https://AS.example.com:443/x")}, sameHost, "https://AS.example.com:443/x", nil, ""},
			"an issuer on this machine":       {documents{"http://localhost:9000/.well-known/oauth-authorization-server": document("http://localhost:9000", member, "http://127.0.0.1:1/x")}, here, "http://127.0.0.1:1/x", nil, ""},
			"an identifier that is no issuer": {documents{}, func(i *metadata.Issuer) { i.ID = issuerURL + "?x" }, "", nil, "an issuer has no query and no fragment"},
		}
		for test, tc := range tests {
			t.Run(name+" "+test, func(t *testing.T) {
				t.Parallel()
				e, err := find(t, tc.documents, member, tc.edit)
				if tc.want == "" {
					require.Error(t, err)
					require.ErrorContains(t, err, tc.text)
					assert.Zero(t, e)
					if tc.err != nil {
						require.ErrorIs(t, err, tc.err)
					}
					return
				}
				require.NoError(t, err)
				assert.Equal(t, tc.want, e.URL)
				assert.Equal(t, strings.Contains(tc.want, "b.example.com") || strings.Contains(tc.want, "127.0.0.1"), e.CrossHost)
			})
		}
	}
}

// A setting that is empty names no issuer that would do.
func TestWantedIssuers(t *testing.T) {
	t.Parallel()
	for discoverAt, want := range map[string]bool{"": false, "https://b.example.com": true} {
		_, err := find(t, documents{oauth: document("x", "other", ""), "https://b.example.com/.well-known/oauth-authorization-server": document("x", "other", "")},
			metadata.JWKSURI, func(i *metadata.Issuer) { i.DiscoverAt = discoverAt })
		require.ErrorIs(t, err, metadata.ErrIssuerMismatch)
		assert.Equal(t, want, strings.Contains(err.Error(), "Config.DiscoverAt"), err)
	}
}

// A member that is not wanted is not judged: a strange token endpoint is no
// reason to do without keys.
func TestOnlyTheWantedEndpointCounts(t *testing.T) {
	t.Parallel()
	body := `{"issuer":"` + issuerURL + `","jwks_uri":"` + issuerURL + `/keys","token_endpoint":"http://127.0.0.1","introspection_endpoint":7}`
	e, err := find(t, documents{oauth: body}, metadata.JWKSURI, nil)
	require.NoError(t, err)
	assert.Equal(t, issuerURL+"/keys", e.URL)
}

func TestLifetime(t *testing.T) {
	t.Parallel()
	for control, want := range map[string]time.Duration{
		"": time.Hour, "max-age=14400": 4 * time.Hour, "no-store": 15 * time.Minute, "max-age=899": 15 * time.Minute, "max-age=86401": 24 * time.Hour,
	} {
		t.Run(control, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := documents{oauth: document(issuerURL, metadata.TokenEndpoint, issuerURL+"/token"), "Cache-Control": control}
				e, err := find(t, d, metadata.TokenEndpoint, nil)
				require.NoError(t, err)
				assert.Equal(t, want, e.Lifetime)
				assert.Equal(t, time.Now(), e.Asked)
			})
		})
	}
}

func TestIsWrong(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]bool{
		metadata.ErrIssuerMismatch: true, metadata.ErrCrossHost: true, fetch.ErrInsecureURL: true,
		metadata.ErrMetadata: false, fetch.ErrStatus: false, fetch.ErrTimeout: false, errDown: false, errMissing: false,
	} {
		assert.Equal(t, want, metadata.IsWrong(err), err)
	}
}

func TestIsPlace(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]bool{
		oauth: true, oauth + "/t1": true, openid: true, issuerURL + "/t1/.well-known/openid-configuration": true,
		issuerURL: false, issuerURL + "/.well-known/jwks.json": false, issuerURL + "/keys?x=/.well-known/openid-configuration": false,
	} {
		u, err := url.Parse(raw)
		require.NoError(t, err)
		assert.Equal(t, want, metadata.IsPlace(u), raw)
	}
}
