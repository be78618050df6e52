package jwks_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

func TestLifetime(t *testing.T) {
	t.Parallel()
	date := func(d time.Duration) string {
		return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(d).Format(http.TimeFormat) // where synctest begins
	}
	type headers map[string]string
	tests := map[string]struct {
		header headers
		want   time.Duration
	}{
		"nothing said":                      {headers{}, 15 * time.Minute},
		"C_9111-4.2.1-1 s-maxage":           {headers{"Cache-Control": "max-age=600, s-maxage=5"}, 600 * time.Second},
		"s-maxage alone":                    {headers{"Cache-Control": "s-maxage=120"}, 15 * time.Minute},
		"C_9111-4.2.1-2 Expires":            {headers{"Date": date(-time.Hour), "Expires": date(-time.Hour + 900*time.Second)}, 900 * time.Second},
		"Expires without Date":              {headers{"Expires": date(900 * time.Second)}, 900 * time.Second},
		"Expires with a bad Date":           {headers{"Expires": date(900 * time.Second), "Date": "today"}, 900 * time.Second},
		"Expires in the past":               {headers{"Expires": date(-time.Second)}, time.Minute},
		"Expires 0":                         {headers{"Expires": "0"}, time.Minute},
		"max-age before Expires":            {headers{"Cache-Control": "max-age=600", "Expires": date(900 * time.Second)}, 600 * time.Second},
		"C_9111-4.2.1-2 quoted, case":       {headers{"Cache-Control": `Max-Age="600", foo=bar`}, 600 * time.Second},
		"C_9111-4.2.1-2 conflict":           {headers{"Cache-Control": "max-age=600, max-age=60"}, 60 * time.Second},
		"conflict, other order":             {headers{"Cache-Control": "max-age=120, max-age=600"}, 120 * time.Second},
		"C_9111-4.2.1-2 invalid":            {headers{"Cache-Control": "max-age=abc"}, time.Minute},
		"invalid with Expires":              {headers{"Cache-Control": "max-age=-1", "Expires": date(900 * time.Second)}, time.Minute},
		"no argument":                       {headers{"Cache-Control": "max-age"}, time.Minute},
		"fraction":                          {headers{"Cache-Control": "max-age=600.5"}, time.Minute},
		"comma in a quoted string":          {headers{"Cache-Control": `x="a, max-age=120", max-age=600`}, 600 * time.Second},
		"escaped quote":                     {headers{"Cache-Control": `x="\", max-age=120", max-age=600`}, 600 * time.Second},
		"quote not closed":                  {headers{"Cache-Control": `max-age=600, x="`}, 600 * time.Second},
		"bytes after the quote":             {headers{"Cache-Control": `max-age="600"0`}, time.Minute},
		"empty elements":                    {headers{"Cache-Control": ` ,, max-age=600 ,`}, 600 * time.Second},
		"a name that only begins so":        {headers{"Cache-Control": `max-age-x=600`}, 15 * time.Minute},
		"C_9111-4.2.3-1 Age":                {headers{"Cache-Control": "max-age=600", "Age": "500"}, 100 * time.Second},
		"Age without a lifetime":            {headers{"Age": "500"}, 400 * time.Second},
		"Age above the lifetime":            {headers{"Cache-Control": "max-age=600", "Age": "601"}, time.Minute},
		"Age in a list":                     {headers{"Cache-Control": "max-age=600", "Age": "100, 500"}, 500 * time.Second},
		"bad Age":                           {headers{"Cache-Control": "max-age=600", "Age": "old"}, 600 * time.Second},
		"Age and Expires":                   {headers{"Date": date(0), "Expires": date(900 * time.Second), "Age": "300"}, 600 * time.Second},
		"C_9111-5.2.2-1 no-store":           {headers{"Cache-Control": "no-store, max-age=600"}, time.Minute},
		"C_9111-5.2.2-1 no-cache":           {headers{"Cache-Control": "No-Cache"}, time.Minute},
		"C_9111-5.2.2-1 max-age 0":          {headers{"Cache-Control": "max-age=0"}, time.Minute},
		"C_9111-4.2-2 a year":               {headers{"Cache-Control": "max-age=31536000"}, 24 * time.Hour},
		"C_9111-4.2-2 overflow":             {headers{"Cache-Control": "max-age=99999999999999999999999"}, 24 * time.Hour},
		"C_9111-4.2-2 an overflow in int64": {headers{"Cache-Control": "max-age=18446744073"}, 24 * time.Hour},
		"C_9111-4.2-2 a second":             {headers{"Cache-Control": "max-age=1"}, time.Minute},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				s.serve(keysURL, reply{body: setOf(ecKey("k")), header: test.header})
				r := newRemote(t, s, nil)
				require.NoError(t, r.Ready(t.Context()))
				status := r.Status()
				assert.Equal(t, test.want, status.Expires.Sub(status.LastSuccess))
			})
		})
	}
}

func TestLifetimeBoundsAreConfigurable(t *testing.T) {
	t.Parallel()
	lifetime := func(t *testing.T, control string, edit func(*jwks.RemoteConfig)) time.Duration {
		s := newServer()
		s.serve(keysURL, reply{body: setOf(ecKey("k")), header: map[string]string{"Cache-Control": control}})
		r := newRemote(t, s, edit)
		require.NoError(t, r.Ready(t.Context()))
		return r.Status().Expires.Sub(r.Status().LastSuccess).Round(time.Second)
	}
	bounds := func(c *jwks.RemoteConfig) { c.MinLifetime, c.MaxLifetime = 5*time.Minute, 10*time.Minute }
	assert.Equal(t, 5*time.Minute, lifetime(t, "no-store", bounds))
	assert.Equal(t, 10*time.Minute, lifetime(t, "max-age=86400", bounds))
	assert.Equal(t, 10*time.Minute, lifetime(t, "public", bounds), "the default is clamped too")
	assert.Equal(t, time.Hour, lifetime(t, "public", func(c *jwks.RemoteConfig) { c.DefaultLifetime = time.Hour }))
}

// The lifetime begins when the question was sent: a slow answer is no younger.
func TestLifetimeBeginsWithTheRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.serve(keysURL, reply{body: setOf(ecKey("k")), delay: 4 * time.Second})
		r := newRemote(t, s, nil)
		asked := time.Now()
		require.NoError(t, r.Ready(t.Context()))
		require.Equal(t, asked.Add(15*time.Minute), r.Status().Expires)
	})
}

func TestC_9111_5_2_2_1(t *testing.T) {
	t.Parallel()
	for _, control := range []string{"no-cache", "no-store", "max-age=0", "no-cache, no-store, must-revalidate"} {
		t.Run("C_9111-5.2.2-1 "+control, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, k := newServer(), ecKey("k")
				s.serve(keysURL, reply{body: setOf(k), header: map[string]string{"Cache-Control": control, "ETag": `"1"`}})
				r := newRemote(t, s, nil)
				for range 1000 {
					requireKey(t, r, k)
					time.Sleep(10 * time.Millisecond)
				}
				require.Equal(t, 1, s.count())
				time.Sleep(50 * time.Second)
				requireKey(t, r, k)
				require.Equal(t, 2, s.count())
				require.Equal(t, `"1"`, s.last().header.Get("If-None-Match"))
			})
		})
	}
}

func TestC_9111_4_3_2_1(t *testing.T) {
	t.Parallel()
	conditional := func(header map[string]string) func(q *http.Request) reply {
		return func(q *http.Request) reply {
			if q.Header.Get("If-None-Match") == "" && q.Header.Get("If-Modified-Since") == "" {
				return reply{status: 500}
			}
			return reply{status: 304, header: header, body: "must not be read"}
		}
	}
	const modified = "Sat, 01 Jan 2000 00:00:00 GMT"
	tests := map[string]struct {
		first, then map[string]string
		want        time.Duration
		validators  [2]string // of the request after the next
	}{
		"C_9111-4.3.2-1 ETag": {
			map[string]string{"ETag": `"1"`, "Cache-Control": "max-age=600"}, map[string]string{"Cache-Control": "max-age=60"},
			time.Minute, [2]string{`"1"`, ""},
		},
		"C_9111-4.3.2-1 Last-Modified": {
			map[string]string{"Last-Modified": modified}, map[string]string{"Cache-Control": "max-age=120"},
			2 * time.Minute, [2]string{"", modified},
		},
		"both": {
			map[string]string{"Last-Modified": modified, "ETag": `W/"1"`}, map[string]string{"Cache-Control": "max-age=120"},
			2 * time.Minute, [2]string{`W/"1"`, modified},
		},
		"304 that says nothing keeps the lifetime": {
			map[string]string{"ETag": `"1"`, "Cache-Control": "max-age=600"}, nil, 10 * time.Minute, [2]string{`"1"`, ""},
		},
		"304 with a new ETag": {
			map[string]string{"ETag": `"1"`}, map[string]string{"ETag": `"2"`}, 15 * time.Minute, [2]string{`"2"`, ""},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, k := newServer(), ecKey("k")
				s.serve(keysURL, reply{body: setOf(k), header: test.first})
				r := newRemote(t, s, nil)
				requireKey(t, r, k)
				changed := r.Status().LastChange
				s.on(keysURL, conditional(test.then))
				time.Sleep(15 * time.Minute)
				requireKey(t, r, k)
				status := r.Status()
				require.NoError(t, status.LastError)
				require.Equal(t, time.Now(), status.LastSuccess)
				require.Equal(t, test.want, status.Expires.Sub(status.LastSuccess))
				require.Equal(t, changed, status.LastChange)
				time.Sleep(15 * time.Minute)
				requireKey(t, r, k)
				require.Equal(t, test.validators, [2]string{
					s.last().header.Get("If-None-Match"), s.last().header.Get("If-Modified-Since"),
				})
			})
		})
	}
	t.Run("validators too long to send are forgotten", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s, k := newServer(), ecKey("k")
			s.serve(keysURL, reply{body: setOf(k), header: map[string]string{"ETag": fmt.Sprintf(`"%2000d"`, 1)}})
			r := newRemote(t, s, nil)
			requireKey(t, r, k)
			time.Sleep(15 * time.Minute)
			requireKey(t, r, k)
			require.Empty(t, s.last().header.Get("If-None-Match"))
		})
	})
	t.Run("a broken answer leaves the validators of what is held", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s, k := newServer(), ecKey("k")
			s.serve(keysURL, reply{body: setOf(k), header: map[string]string{"ETag": `"good"`}})
			r := newRemote(t, s, nil)
			requireKey(t, r, k)
			s.serve(keysURL, reply{body: "sorry", header: map[string]string{"ETag": `"bad"`}})
			for range 3 {
				time.Sleep(15 * time.Minute)
				requireKey(t, r, k)
				synctest.Wait()
			}
			require.Equal(t, `"good"`, s.last().header.Get("If-None-Match"))
		})
	})
}
