package jwks_test

import (
	"crypto/x509"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

func TestNewRemoteRefuses(t *testing.T) {
	t.Parallel()
	urls := []string{keysURL}
	tests := map[string]jwks.RemoteConfig{
		"nothing":                         {},
		"C_8414-2-1 http":                 {Issuer: "http://as.example.com"},
		"C_8414-2-1 query":                {Issuer: "https://as.example.com?x=1"},
		"C_8414-2-1 empty query":          {Issuer: "https://as.example.com?"},
		"C_8414-2-1 fragment":             {Issuer: "https://as.example.com#f"},
		"C_8414-2-1 empty fragment":       {Issuer: "https://as.example.com#"},
		"C_8414-2-1 no URL":               {Issuer: "as.example.com"},
		"issuer with a password":          {Issuer: "https://u:p@as.example.com"},
		"issuer without a host":           {Issuer: "https://"},
		"issuer is opaque":                {Issuer: "https:as.example.com"},
		"issuer with a control character": {Issuer: "https://as.example.com/\n"},
		"C_7517-9-1 http":                 {URLs: []string{"http://as.example.com/keys"}},
		"http to what begins as loopback": {URLs: []string{"http://127.0.0.1.example.com/keys"}},
		"http to a private address":       {URLs: []string{"http://10.0.0.1/keys"}},
		"http to localhost as a label":    {URLs: []string{"http://localhost.example.com/keys"}},
		"one good URL and one bad":        {URLs: []string{keysURL, "ftp://as.example.com/keys"}},
		"empty URL":                       {URLs: []string{""}},
		"SameHost without discovery":      {URLs: urls, SameHost: true},
		"AllowHosts for another's client": {URLs: urls, AllowHosts: []string{"x"}, HTTPClient: &http.Client{Transport: newServer()}},
		"AllowHosts with a port":          {URLs: urls, AllowHosts: []string{"as.example.com:443"}},
		"AllowHosts with a scheme":        {URLs: urls, AllowHosts: []string{"https://as.example.com"}},
		"AllowHosts with a wildcard":      {URLs: urls, AllowHosts: []string{"*.example.com"}},
		"AllowHosts with a path":          {URLs: urls, AllowHosts: []string{"as.example.com/keys"}},
		"AllowHosts with a network":       {URLs: urls, AllowHosts: []string{"10.0.0.0/8"}},
		"AllowHosts with a query":         {URLs: urls, AllowHosts: []string{"as.example.com?x"}},
		"AllowHosts with a user":          {URLs: urls, AllowHosts: []string{"u@as.example.com"}},
		"AllowHosts with nothing":         {URLs: urls, AllowHosts: []string{"as.example.com", ""}},
		"RootCAs for another's client":    {URLs: urls, RootCAs: x509.NewCertPool(), HTTPClient: &http.Client{Transport: newServer()}},
		"C_8414-3.3-2 template":           {Issuer: "https://login.microsoftonline.com/{tenantid}/v2.0"},
		"the place of the metadata":       {Issuer: "https://as.example.com/.well-known/openid-configuration"},
		"URLs of the metadata":            {URLs: []string{"https://as.example.com/.well-known/openid-configuration"}},
		"URLs of the metadata, RFC 8414":  {URLs: []string{"https://as.example.com/.well-known/oauth-authorization-server/t1"}},
		"the same URL twice":              {URLs: []string{keysURL, "https://b.example.com/keys", keysURL}},
		"the same URL in other words":     {URLs: []string{keysURL, "https://AS.example.com:443/keys"}},
		"the same address twice":          {URLs: []string{"https://[fd00::1]/keys", "https://[FD00:0::1]:443/keys"}},
		"the same port twice":             {URLs: []string{"http://localhost/keys", "http://localhost:80/keys"}},
		"other scheme on this machine":    {URLs: []string{"ftp://localhost/keys"}},
		"URL that is a template":          {URLs: []string{"https://as.example.com/{tenant}/keys"}},
		"URL with a password":             {URLs: []string{"https://u:p@as.example.com/keys"}},
		"URL with a fragment":             {URLs: []string{keysURL + "#f"}},
		"URL is opaque":                   {URLs: []string{"https:as.example.com/keys"}},
		"URL with a space":                {URLs: []string{keysURL + "/a b"}},
		"URL with port 0":                 {URLs: []string{"https://as.example.com:0/keys"}},
		"URL with port 65536":             {URLs: []string{"https://as.example.com:65536/keys"}},
		"URL that is not ASCII":           {URLs: []string{"https://b\u00fccher.example.com/keys"}},
		"URL that is too long":            {URLs: []string{keysURL + strings.Repeat("k", 2048)}},
		"URL with an encoded host":        {URLs: []string{"https://%EF%BC%91%EF%BC%92%EF%BC%97.0.0.1/keys"}},
		"PlainHTTPHosts with a port":      {URLs: urls, PlainHTTPHosts: []string{"keycloak:8080"}},
		"PlainHTTPHosts with a scheme":    {URLs: urls, PlainHTTPHosts: []string{"http://keycloak"}},
		"PlainHTTPHosts with a wildcard":  {URLs: urls, PlainHTTPHosts: []string{"*.svc"}},
		"PlainHTTPHosts with nothing":     {URLs: urls, PlainHTTPHosts: []string{""}},
		"PlainHTTPHosts with a network":   {URLs: urls, PlainHTTPHosts: []string{"10.0.0.0/8"}},
		"PlainHTTPHosts with loopback":    {URLs: urls, PlainHTTPHosts: []string{"LocalHost."}},
		"http below a listed host":        {URLs: []string{"http://x.keycloak/keys"}, PlainHTTPHosts: []string{"keycloak"}},
		"http above a listed host":        {URLs: []string{"http://example.com/keys"}, PlainHTTPHosts: []string{"keycloak.example.com"}},
		"http to a host beside the list":  {URLs: []string{"http://keycloakx/keys"}, PlainHTTPHosts: []string{"keycloak"}},
		"ftp to a listed host":            {URLs: []string{"ftp://keycloak/keys"}, PlainHTTPHosts: []string{"keycloak"}},
		"http issuer beside the list":     {Issuer: "http://other:8080", PlainHTTPHosts: []string{"keycloak"}},
		"DiscoverAt with URLs":            {Issuer: issuerURL, URLs: urls, DiscoverAt: issuerURL},
		"DiscoverAt without Issuer":       {DiscoverAt: issuerURL},
		"DiscoverAt over http":            {Issuer: issuerURL, DiscoverAt: "http://keycloak:8080"},
		"DiscoverAt with a query":         {Issuer: issuerURL, DiscoverAt: issuerURL + "?x"},
		"DiscoverAt with a password":      {Issuer: issuerURL, DiscoverAt: "https://u:p@as.example.com"},
		"DiscoverAt of a template":        {Issuer: issuerURL, DiscoverAt: issuerURL + "/{tenantid}"},
		"DiscoverAt of a document":        {Issuer: issuerURL, DiscoverAt: issuerURL + "/.well-known/openid-configuration"},
		"TokenFile with a NUL byte":       {URLs: urls, TokenFile: "/x\x00"},
		"Proxy for another's client":      {URLs: urls, Proxy: "http://proxy:3128", HTTPClient: &http.Client{Transport: newServer()}},
		"Proxy without a scheme":          {URLs: urls, Proxy: "u:p@proxy:3128"},
		"Proxy of another kind":           {URLs: urls, Proxy: "socks5://u:p@proxy:1080"},
		"Proxy without a host":            {URLs: urls, Proxy: "http://u:p@:3128"},
		"Proxy with a path":               {URLs: urls, Proxy: "http://u:p@proxy:3128/x"},
		"Proxy with a query":              {URLs: urls, Proxy: "http://u:p@proxy:3128?x"},
		"Proxy with an empty query":       {URLs: urls, Proxy: "http://u:p@proxy:3128?"},
		"Proxy with a fragment":           {URLs: urls, Proxy: "http://u:p@proxy:3128#x"},
		"Proxy with port 0":               {URLs: urls, Proxy: "http://u:p@proxy:0"},
		"Proxy with a line break":         {URLs: urls, Proxy: "http://u:p@proxy:3128\n"},
		"Proxy with an encoded host":      {URLs: urls, Proxy: "http://u:p@%EF%BC%91:3128"},
		"Proxy that is too long":          {URLs: urls, Proxy: "http://u:p@" + strings.Repeat("x", 2048)},
		"Proxy for this machine":          {URLs: []string{keysURL, "http://localhost:1/keys"}, Proxy: "http://proxy:3128"},
		"Proxy for an issuer here":        {Issuer: "https://127.0.0.1", Proxy: "http://proxy:3128"},
		"DefaultLifetime too short":       {URLs: urls, DefaultLifetime: 59 * time.Second},
		"DefaultLifetime too long":        {URLs: urls, DefaultLifetime: 25 * time.Hour},
		"DefaultLifetime above Max":       {URLs: urls, DefaultLifetime: time.Hour, MaxLifetime: time.Minute},
		"DefaultLifetime negative":        {URLs: urls, DefaultLifetime: -1},
		"MinLifetime too short":           {URLs: urls, MinLifetime: time.Second},
		"MaxLifetime too long":            {URLs: urls, MaxLifetime: 48 * time.Hour},
		"MinLifetime above MaxLifetime":   {URLs: urls, MinLifetime: time.Hour, MaxLifetime: time.Minute},
		"StaleFor too long":               {URLs: urls, StaleFor: 73 * time.Hour},
		"RefetchInterval too short":       {URLs: urls, RefetchInterval: time.Second},
		"RefetchInterval too long":        {URLs: urls, RefetchInterval: time.Hour},
		"RefetchInterval negative":        {URLs: urls, RefetchInterval: -1},
		"FetchTimeout too short":          {URLs: urls, FetchTimeout: time.Millisecond},
		"FetchTimeout too long":           {URLs: urls, FetchTimeout: time.Hour},
	}
	for name, cfg := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := jwks.NewRemote(cfg)
			require.ErrorIs(t, err, jwks.ErrConfig)
			require.Nil(t, r)
			require.NotContains(t, err.Error(), "u:p", "passwords are not shown")
			for _, field := range []string{"Issuer", "URLs", "AllowHosts", "RootCAs", "SameHost", "Lifetime", "StaleFor", "RefetchInterval", "FetchTimeout",
				"PlainHTTPHosts", "DiscoverAt", "TokenFile", "Proxy"} {
				if strings.Contains(err.Error(), field) {
					return
				}
			}
			require.Fail(t, "no field is named", "%v", err)
		})
	}
}

// A refused URL is shown as far as that is safe.
func TestRefusedURLsAreShown(t *testing.T) {
	t.Parallel()
	for raw, shown := range map[string]string{
		"http://as.example.com":      `"http://as.example.com"`,
		"https://u:p@as.example.com": `"https://u:xxxxx@as.example.com"`,
		"https://u:p@as.example\n":   "an unreadable URL",
	} {
		_, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: raw})
		require.ErrorContains(t, err, "Issuer is "+shown+": ")
		_, err = jwks.NewRemote(jwks.RemoteConfig{URLs: []string{raw}})
		require.ErrorContains(t, err, "URLs: "+shown+": ")
	}
}

func TestNewRemoteAccepts(t *testing.T) {
	t.Parallel()
	urls := []string{keysURL}
	tests := map[string]jwks.RemoteConfig{
		"issuer":                    {Issuer: issuerURL},
		"issuer with a path":        {Issuer: "https://as.example.com/t1/"},
		"loopback issuers":          {Issuer: "http://127.0.0.1:8080"},
		"loopback IPv6":             {Issuer: "http://[::1]:8080"},
		"localhost":                 {Issuer: "http://LocalHost:8080"},
		"anywhere in 127.0.0.0/8":   {Issuer: "http://127.9.9.9"},
		"a URL with a query":        {URLs: []string{"https://as.example.com/keys?appid=1"}},
		"any issuer beside URLs":    {Issuer: "acme.com", URLs: urls},
		"http to a listed host":     {URLs: []string{"http://KeyCloak.:8080/keys"}, PlainHTTPHosts: []string{"keycloak"}},
		"a listed host in capitals": {URLs: []string{"http://keycloak/keys"}, PlainHTTPHosts: []string{"KEYCLOAK."}},
		"http to listed addresses":  {URLs: []string{"http://10.0.0.1/keys", "http://[fd00::1]/keys"}, PlainHTTPHosts: []string{"10.0.0.1", "fd00:0::1"}},
		"http issuer of the list":   {Issuer: "http://keycloak:8080/realms/x", PlainHTTPHosts: []string{"keycloak"}},
		"PlainHTTPHosts, client":    {Issuer: "http://keycloak", PlainHTTPHosts: []string{"keycloak"}, HTTPClient: &http.Client{Transport: newServer()}},
		"DiscoverAt":                {Issuer: "http://as.example.com/adfs/services/trust", DiscoverAt: "https://as.example.com/adfs"},
		"DiscoverAt over http":      {Issuer: issuerURL, DiscoverAt: "http://keycloak:8080/realms/x", PlainHTTPHosts: []string{"keycloak"}},
		"DiscoverAt, no scheme":     {Issuer: "accounts.example.com", DiscoverAt: "https://accounts.example.com", SameHost: true},
		"DiscoverAt, loopback":      {Issuer: issuerURL, DiscoverAt: "http://localhost:9000"},
		"DiscoverAt, template":      {Issuer: "https://as.example.com/{tenantid}/v2.0", DiscoverAt: "https://as.example.com/common/v2.0"},
		"TokenFile that is missing": {URLs: urls, TokenFile: "/missing"},
		"TokenFile, client":         {URLs: urls, TokenFile: "/missing", HTTPClient: &http.Client{Transport: newServer()}},
		"Proxy":                     {URLs: urls, Proxy: "http://proxy"},
		"Proxy with credentials":    {URLs: urls, Proxy: "https://u:p@proxy:3128/", RootCAs: x509.NewCertPool(), AllowHosts: []string{"x"}},
		"Proxy on this machine":     {URLs: urls, Proxy: "http://127.0.0.1:3128", HTTPClient: &http.Client{Timeout: time.Second}},
		"Proxy, issuer is a label":  {Issuer: "http://localhost", DiscoverAt: issuerURL, Proxy: "http://proxy"},
		"AllowHosts":                {URLs: urls, AllowHosts: []string{"as.example.com"}},
		"AllowHosts, bare client":   {URLs: urls, AllowHosts: []string{"as.example.com"}, HTTPClient: &http.Client{Timeout: time.Second}},
		"AllowHosts, addresses":     {URLs: urls, AllowHosts: []string{"198.18.0.1", "fd00::1", "AS.example.com."}},
		"the longest URL":           {URLs: []string{keysURL + strings.Repeat("k", 2048-len(keysURL))}},
		"every character of a URL":  {URLs: []string{"https://as.example.com/!~user/keys"}},
		"two ports":                 {URLs: []string{"https://as.example.com/keys", "https://as.example.com:8443/keys"}},
		"two paths":                 {URLs: []string{"https://as.example.com/keys", "https://as.example.com/keys?a=b"}},
		"http and https":            {URLs: []string{"https://localhost/keys", "http://localhost/keys"}},
		"the last port":             {URLs: []string{"https://as.example.com:65535/keys"}},
		"RootCAs, bare client":      {URLs: urls, RootCAs: x509.NewCertPool(), HTTPClient: &http.Client{Timeout: time.Second}},
		"well-known keys":           {URLs: []string{"https://as.example.com/.well-known/jwks.json"}},
		"a cap below the default":   {URLs: urls, MaxLifetime: 5 * time.Minute},
		"a floor above it":          {URLs: urls, MinLifetime: time.Hour},
		"no stale keys":             {URLs: urls, StaleFor: -1},
		"the bounds of everything":  {URLs: urls, StaleFor: 72 * time.Hour, RefetchInterval: 5 * time.Second, FetchTimeout: time.Minute},
		"a damaged snapshot":        {URLs: urls, Snapshot: []byte("{")},
	}
	for name, cfg := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := jwks.NewRemote(cfg)
			require.NoError(t, err)
			assert.Equal(t, jwks.StateEmpty, r.Status().State)
		})
	}
}

func TestConfigIsCopied(t *testing.T) {
	t.Parallel()
	s, k := newServer(), ecKey("k")
	s.publish(k)
	cfg := jwks.RemoteConfig{URLs: []string{keysURL}, HTTPClient: &http.Client{Transport: s}}
	r, err := jwks.NewRemote(cfg)
	require.NoError(t, err)
	cfg.URLs[0], cfg.HTTPClient.Transport = "https://evil.example.com", nil
	requireKey(t, r, k)
}
