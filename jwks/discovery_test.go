package jwks_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

func metadataOf(issuer, jwksURI string) string {
	b, err := json.Marshal(map[string]any{
		"issuer": issuer, "jwks_uri": jwksURI, "token_endpoint": issuer + "/token",
		"id_token_signing_alg_values_supported": []string{"none", "HS256"},
	})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// discovering edits a config to discover the keys of issuer.
func discovering(issuer string) func(*jwks.RemoteConfig) {
	return func(c *jwks.RemoteConfig) { c.URLs, c.Issuer = nil, issuer }
}

func urls(requests []request) (list []string) {
	for _, r := range requests {
		list = append(list, r.url)
	}
	return list
}

func TestMetadataPlaces(t *testing.T) {
	t.Parallel()
	const host = "https://as.example.com"
	tests := map[string]struct {
		issuer string
		places []string
	}{
		"C_8414-3-2 without a path": {host, []string{
			host + "/.well-known/oauth-authorization-server",
			host + "/.well-known/openid-configuration",
		}},
		"with only a slash": {host + "/", []string{
			host + "/.well-known/oauth-authorization-server",
			host + "/.well-known/openid-configuration",
		}},
		"C_8414-3-2 with a path": {host + "/t1", []string{
			host + "/.well-known/oauth-authorization-server/t1",
			host + "/.well-known/openid-configuration/t1",
			host + "/t1/.well-known/openid-configuration",
		}},
		"C_8414-3-1 C_OIDCD-4-1 with a path and a slash": {host + "/t1/", []string{
			host + "/.well-known/oauth-authorization-server/t1",
			host + "/.well-known/openid-configuration/t1",
			host + "/t1/.well-known/openid-configuration",
		}},
		"with a port and an escaped path": {host + ":8443/a%2Fb", []string{
			host + ":8443/.well-known/oauth-authorization-server/a%2Fb",
			host + ":8443/.well-known/openid-configuration/a%2Fb",
			host + ":8443/a%2Fb/.well-known/openid-configuration",
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for last := range test.places {
				s, k := newServer(), ecKey("k")
				s.publish(k)
				s.serve(test.places[last], reply{body: metadataOf(test.issuer, keysURL)})
				requireKey(t, newRemote(t, s, discovering(test.issuer)), k)
				assert.Equal(t, append(append([]string{}, test.places[:last+1]...), keysURL), urls(s.seen()))
			}
		})
	}
}

func TestC_8414_3_1_1(t *testing.T) {
	t.Parallel()
	good := metadataOf(issuerURL, keysURL)
	tests := map[string]struct {
		first reply
		want  error // nil: the next place is tried
	}{
		"C_8414-3.1-1 204":   {reply{status: 204}, nil},
		"C_8414-3.1-1 302":   {reply{status: 302, header: map[string]string{"Location": metadataURL + "/x"}}, nil},
		"404":                {reply{status: 404}, nil},
		"503":                {reply{status: 503}, nil},
		"C_8414-3.1-1 array": {reply{body: "[" + good + "]"}, nil},
		"401":                {reply{status: 401}, nil},
		"HTML":               {reply{body: "<html>"}, nil},
		"nothing":            {reply{}, nil},
		"no member":          {reply{body: "{}"}, nil},
		"repeated issuer":    {reply{body: `{"issuer":"https://evil.example.com",` + good[1:]}, nil},
		"trailing bytes":     {reply{body: good + good}, nil},
		"too large":          {reply{body: good + strings.Repeat(" ", 256<<10)}, nil},
		"compressed":         {reply{body: gzipped(good), header: map[string]string{"Content-Encoding": "gzip"}}, nil},
		"no issuer":          {reply{body: `{"jwks_uri":"` + keysURL + `"}`}, nil},
		"issuer is null":     {reply{body: `{"issuer":null,"jwks_uri":"` + keysURL + `"}`}, nil},
		"issuer in capitals": {reply{body: `{"Issuer":"` + issuerURL + `","jwks_uri":"` + keysURL + `"}`}, nil},
		"no jwks_uri":        {reply{body: `{"issuer":"` + issuerURL + `"}`}, nil},
		"empty jwks_uri":     {reply{body: metadataOf(issuerURL, "")}, nil},
		"no string":          {reply{body: `{"issuer":"` + issuerURL + `","jwks_uri":1}`}, nil},
		"other issuer":       {reply{body: metadataOf("https://evil.example.com", keysURL)}, jwks.ErrIssuerMismatch},
		"hang":               {reply{hang: true}, jwks.ErrTimeout},
		"refused":            {reply{err: errDown}, errDown},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, k := newServer(), ecKey("k")
				s.publish(k)
				s.serve(metadataURL, test.first)
				s.serve(issuerURL+"/.well-known/openid-configuration", reply{body: good})
				r := newRemote(t, s, discovering(issuerURL))
				if test.want == nil {
					requireKey(t, r, k)
					return
				}
				requireErr(t, r, "k", test.want)
				requireErr(t, r, "k", jwks.ErrUnavailable)
				require.Equal(t, 1, s.count())
			})
		})
	}
	t.Run("C_8414-3.1-1 text/html with a JSON object", func(t *testing.T) {
		t.Parallel()
		s, k := newServer(), ecKey("k")
		s.publish(k)
		s.serve(metadataURL, reply{body: good, header: map[string]string{"Content-Type": "text/html"}})
		requireKey(t, newRemote(t, s, discovering(issuerURL)), k)
	})
	t.Run("nowhere", func(t *testing.T) {
		t.Parallel()
		s := newServer()
		requireErr(t, newRemote(t, s, discovering(issuerURL)), "k", jwks.ErrStatus)
		require.Equal(t, 2, s.count())
	})
	t.Run("Retry-After of one place counts", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(issuerURL+"/.well-known/openid-configuration", reply{status: 503, header: map[string]string{"Retry-After": "9"}})
			r := newRemote(t, s, discovering(issuerURL))
			requireErr(t, r, "k", jwks.ErrStatus)
			require.Equal(t, time.Now().Add(9*time.Second), r.Status().NextRefresh)
		})
	})
}

func TestC_8414_3_3_1(t *testing.T) {
	t.Parallel()
	const entra = "https://login.microsoftonline.com/common/v2.0"
	tests := map[string]struct{ configured, document string }{
		"C_8414-3.3-1 extra slash":    {issuerURL, metadataOf(issuerURL+"/", keysURL)},
		"C_8414-3.3-1 other host":     {issuerURL, metadataOf("https://evil.example.com", keysURL)},
		"lacking slash":               {issuerURL + "/", metadataOf(issuerURL, keysURL)},
		"case":                        {issuerURL, metadataOf("https://AS.example.com", keysURL)},
		"default port":                {issuerURL, metadataOf("https://as.example.com:443", keysURL)},
		"no string":                   {issuerURL, `{"issuer":["` + issuerURL + `"],"jwks_uri":"` + keysURL + `"}`},
		"C_8414-3.3-2 Entra template": {entra, metadataOf("https://login.microsoftonline.com/{tenantid}/v2.0", keysURL)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer()
			s.publish(ecKey("k"))
			place := strings.Replace(test.configured, ".com", ".com/.well-known/oauth-authorization-server", 1)
			s.serve(strings.TrimSuffix(place, "/"), reply{body: test.document})
			s.serve(issuerURL+"/.well-known/openid-configuration", reply{body: metadataOf(test.configured, keysURL)})
			requireErr(t, newRemote(t, s, discovering(test.configured)), "k", jwks.ErrIssuerMismatch)
			assert.Equal(t, 1, s.count(), "no further place, and no keys")
		})
	}
}

func TestC_8414_2_2(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		document string
		want     error
	}{
		"C_8414-2-2 http":         {metadataOf(issuerURL, "http://as.example.com/keys"), jwks.ErrInsecureURL},
		"C_7517-9-1 other scheme": {metadataOf(issuerURL, "file:///etc/keys"), jwks.ErrInsecureURL},
		"relative":                {metadataOf(issuerURL, "/keys"), jwks.ErrInsecureURL},
		"with a password":         {metadataOf(issuerURL, "https://u:p@as.example.com/keys"), jwks.ErrInsecureURL},
		"no host":                 {metadataOf(issuerURL, "https:///keys"), jwks.ErrInsecureURL},
		"no URL":                  {metadataOf(issuerURL, "https://as.example.com/%zz"), jwks.ErrInsecureURL},
		"http on loopback":        {metadataOf(issuerURL, "http://127.0.0.1:9000/admin"), jwks.ErrInsecureURL},
		"http on localhost":       {metadataOf(issuerURL, "http://LocalHost.:9000/admin"), jwks.ErrInsecureURL},
		"https on loopback":       {metadataOf(issuerURL, "https://[::1]/keys"), jwks.ErrInsecureURL},
		"mapped loopback":         {metadataOf(issuerURL, "http://[::ffff:127.0.0.1]/keys"), jwks.ErrInsecureURL},
		"port out of range":       {metadataOf(issuerURL, "https://as.example.com:65536/keys"), jwks.ErrInsecureURL},
		"with a fragment":         {metadataOf(issuerURL, "https://as.example.com/keys#f"), jwks.ErrInsecureURL},
		"opaque":                  {metadataOf(issuerURL, "https:as.example.com/keys"), jwks.ErrInsecureURL},
		"not ASCII":               {metadataOf(issuerURL, "https://as.example.com/\u2028"), jwks.ErrInsecureURL},
		"very long":               {metadataOf(issuerURL, "https://as.example.com/"+strings.Repeat("k", 2048)), jwks.ErrInsecureURL},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer()
			s.serve(metadataURL, reply{body: test.document})
			requireErr(t, newRemote(t, s, discovering(issuerURL)), "k", test.want)
			assert.Equal(t, 1, s.count())
		})
	}
	t.Run("C_8414-2-2 nowhere", func(t *testing.T) {
		t.Parallel()
		s := newServer()
		s.serve(metadataURL, reply{body: `{"issuer":"` + issuerURL + `"}`})
		requireErr(t, newRemote(t, s, discovering(issuerURL)), "k", jwks.ErrNoKeys)
	})
	t.Run("an issuer on this machine may have its keys here", func(t *testing.T) {
		t.Parallel()
		const issuer = "http://localhost:9000"
		s, k := newServer(), ecKey("k")
		s.serve(issuer+"/.well-known/oauth-authorization-server", reply{body: metadataOf(issuer, "http://127.0.0.1:9000/keys")})
		s.serve("http://127.0.0.1:9000/keys", reply{body: setOf(k)})
		requireKey(t, newRemote(t, s, discovering(issuer)), k)
	})
}

func TestC_8414_6_2_1(t *testing.T) {
	t.Parallel()
	const elsewhere = "https://keys.example.net/keys"
	start := func(t *testing.T, jwksURI string, sameHost bool) (*jwks.Remote, *[]jwks.Discovered, testKey) {
		s, k := newServer(), ecKey("k")
		s.serve(jwksURI, reply{body: setOf(k)})
		s.serve(metadataURL, reply{body: metadataOf(issuerURL, jwksURI)})
		seen := &[]jwks.Discovered{}
		return newRemote(t, s, func(c *jwks.RemoteConfig) {
			discovering(issuerURL)(c)
			c.SameHost = sameHost
			c.Trace = &jwks.Trace{Discovered: func(d jwks.Discovered) { *seen = append(*seen, d) }}
		}), seen, k
	}
	t.Run("C_8414-6.2-1 allowed and recorded", func(t *testing.T) {
		t.Parallel()
		r, seen, k := start(t, elsewhere, false)
		requireKey(t, r, k)
		require.Equal(t, []jwks.Discovered{{Issuer: issuerURL, URL: elsewhere, CrossHost: true}}, *seen)
		require.Equal(t, elsewhere, r.Status().URL)
	})
	t.Run("C_8414-6.2-1 refused with SameHost", func(t *testing.T) {
		t.Parallel()
		r, _, _ := start(t, elsewhere, true)
		requireErr(t, r, "k", jwks.ErrCrossHost)
	})
	t.Run("another port is another host", func(t *testing.T) {
		t.Parallel()
		r, _, _ := start(t, "https://as.example.com:8443/keys", true)
		requireErr(t, r, "k", jwks.ErrCrossHost)
	})
	for _, spelling := range []string{"as.example.com", "AS.example.com", "as.example.com:443", "as.example.com."} {
		t.Run("the same host with SameHost: "+spelling, func(t *testing.T) {
			t.Parallel()
			r, seen, k := start(t, "https://"+spelling+"/keys", true)
			requireKey(t, r, k)
			require.False(t, (*seen)[0].CrossHost)
		})
	}
}

func TestC_8414_2_1_1(t *testing.T) {
	t.Parallel()
	s, k := newServer(), ecKey("k")
	s.publish(k)
	document := `{"signed_metadata":"e30.e30.bad",` + metadataOf(issuerURL, keysURL)[1:]
	s.serve(metadataURL, reply{body: document})
	requireKey(t, newRemote(t, s, discovering(issuerURL)), k) // C_8414-2.1-1: plain values
}

func TestMetadataIsRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), ecKey("k")
		s.publish(k)
		s.serve(metadataURL, reply{body: metadataOf(issuerURL, keysURL)})
		r := newRemote(t, s, discovering(issuerURL))
		for range 24 * 60 {
			requireKey(t, r, k)
			time.Sleep(time.Minute)
		}
		require.InDelta(t, 24*60/12, s.count(keysURL), 24)
		require.LessOrEqual(t, s.count(metadataURL), 24)
		require.GreaterOrEqual(t, s.count(metadataURL), 18)
	})
}

func TestMetadataIsRememberedAsItsIssuerSays(t *testing.T) {
	t.Parallel()
	for control, asked := range map[string]int{"max-age=14400": 6, "max-age=60": 72, "max-age=999999": 1} { // in a day
		t.Run(control, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, k := newServer(), ecKey("k")
				s.publish(k)
				s.serve(metadataURL, reply{body: metadataOf(issuerURL, keysURL), header: map[string]string{"Cache-Control": control}})
				r := newRemote(t, s, discovering(issuerURL))
				for range 24 * 60 {
					requireKey(t, r, k)
					time.Sleep(time.Minute)
				}
				require.InDelta(t, asked, s.count(metadataURL), float64(asked)/3)
			})
		})
	}
}

func TestIssuerMovesItsKeys(t *testing.T) {
	t.Parallel()
	const moved = "https://as.example.com/v2/keys"
	start := func(t *testing.T) (*jwks.Remote, *server, testKey, testKey) {
		s, old, next := newServer(), ecKey("old"), ecKey("next")
		s.publish(old)
		s.serve(metadataURL, reply{body: metadataOf(issuerURL, keysURL)})
		r := newRemote(t, s, func(c *jwks.RemoteConfig) {
			discovering(issuerURL)(c)
			c.SameHost = true
		})
		requireKey(t, r, old)
		s.serve(metadataURL, reply{body: metadataOf(issuerURL, moved)})
		s.serve(moved, reply{body: setOf(next)})
		return r, s, old, next
	}
	t.Run("the old place is gone: at the second attempt", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r, s, _, next := start(t)
			s.serve(keysURL, reply{status: 404})
			requireErr(t, r, "next", jwks.ErrUnavailable)
			time.Sleep(time.Second)
			requireKey(t, r, next)
		})
	})
	t.Run("the old place stays as it is: when the metadata lapses", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r, _, _, next := start(t)
			for range 75 {
				time.Sleep(time.Minute)
				_, _ = r.Keys(t.Context(), "")
			}
			synctest.Wait()
			requireKey(t, r, next)
		})
	})
	t.Run("metadata that cannot be fetched does not take the keys along", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r, s, old, _ := start(t)
			s.serve(metadataURL, reply{err: errDown})
			for range 600 {
				time.Sleep(time.Minute)
				requireKey(t, r, old)
			}
			synctest.Wait()
			require.Equal(t, jwks.StateFresh, r.Status().State)
			require.NoError(t, r.Status().LastError)
		})
	})
	for name, wrong := range map[string]struct {
		document string
		want     error
	}{
		"other issuer": {metadataOf("https://evil.example.com", keysURL), jwks.ErrIssuerMismatch},
		"http":         {metadataOf(issuerURL, "http://as.example.com/keys"), jwks.ErrInsecureURL},
		"other host":   {metadataOf(issuerURL, "https://evil.example.com/keys"), jwks.ErrCrossHost},
	} {
		t.Run("metadata that turns wrong does: "+name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r, s, old, _ := start(t)
				s.serve(metadataURL, reply{body: wrong.document})
				for range 120 {
					time.Sleep(time.Minute)
					requireKey(t, r, old)
				}
				synctest.Wait()
				require.Equal(t, jwks.StateStale, r.Status().State)
				require.ErrorIs(t, r.Status().LastError, wrong.want)
			})
		})
	}
}

func TestFailover(t *testing.T) {
	t.Parallel()
	const second, third = "https://mirror.example.com/keys", "https://backup.example.com/keys"
	three := func(c *jwks.RemoteConfig) { c.URLs = []string{keysURL, second, third} }
	for name, first := range brokenAnswers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, k := newServer(), ecKey("k")
				s.on(keysURL, first)
				s.serve(second, reply{hang: true})
				s.serve(third, reply{body: setOf(k)})
				r := newRemote(t, s, three)
				requireKey(t, r, k)
				require.Equal(t, []string{keysURL, second, third}, urls(s.seen()))
				require.Equal(t, third, r.Status().URL)
			})
		})
	}
	t.Run("the first is preferred again when it is back, without the validators of another", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s, k := newServer(), ecKey("k")
			s.serve(second, reply{body: setOf(k), header: map[string]string{"ETag": `"second"`}})
			r := newRemote(t, s, three)
			requireKey(t, r, k)
			s.publish(k)
			time.Sleep(15 * time.Minute)
			requireKey(t, r, k)
			require.Equal(t, keysURL, s.last().url)
			require.Empty(t, s.last().header.Get("If-None-Match"))
			require.Equal(t, keysURL, r.Status().URL)
		})
	})
	t.Run("Retry-After of one place does not hold back the others", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s, k := newServer(), ecKey("k")
			s.serve(keysURL, reply{status: 503, header: map[string]string{"Retry-After": "600"}})
			r := newRemote(t, s, three)
			requireErr(t, r, "k", jwks.ErrUnavailable)
			s.serve(second, reply{body: setOf(k)})
			time.Sleep(time.Second)
			requireKey(t, r, k)
		})
	})
}
