package dpop_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token/dpop"
)

// A service that redirects does not get to choose who receives credentials, or what
// they are used for.
func TestTransportAndRedirects(t *testing.T) {
	t.Parallel()
	const a, b, evil = "https://api.example.com/", "https://b.example.com/", "https://evil.example/"
	for name, row := range map[string]struct {
		start string
		to    []string
		sent  []bool
		err   error
	}{
		"the same origin":                 {a, []string{a + "x"}, []bool{true, true}, nil},
		"to a stranger":                   {a, []string{evil}, []bool{true, false}, nil},
		"to another listed one":           {a, []string{b}, []bool{true, false}, nil},
		"another port":                    {a, []string{"https://api.example.com:444/"}, []bool{true, false}, nil},
		"a subdomain":                     {a, []string{"https://x.api.example.com/"}, []bool{true, false}, nil},
		"through a stranger and back":     {a, []string{evil, a + "delete"}, []bool{true, false, false}, nil},
		"from a stranger":                 {evil, []string{a + "delete"}, []bool{false, false}, nil},
		"from a stranger, twice":          {evil, []string{a + "x", a + "delete"}, []bool{false, false, false}, nil},
		"in clear":                        {a, []string{"http://api.example.com/"}, []bool{true}, dpop.ErrDowngrade},
		"in clear, to this machine":       {a, []string{"http://127.0.0.1:81/"}, []bool{true}, dpop.ErrDowngrade},
		"in clear, of a stranger":         {evil, []string{"http://evil.example/"}, []bool{false}, dpop.ErrDowngrade},
		"from clear":                      {"http://127.0.0.1:81/", []string{a}, []bool{true, false}, nil},
		"in clear, behind one from clear": {"http://127.0.0.1:81/", []string{a, "http://127.0.0.1:81/"}, []bool{true, false}, dpop.ErrDowngrade},
		"with a name and a password":      {a, []string{"https://u:p@api.example.com/"}, []bool{true}, dpop.ErrOwnCredentials},
		"with a name, to another":         {a, []string{"https://u:p@b.example.com/"}, []bool{true, false}, nil},
	} {
		t.Run("C_OUT-redir-1 "+name, func(t *testing.T) {
			t.Parallel()
			net := &network{answer: func(n int, _ *http.Request) *http.Response {
				if n > len(row.to) {
					return answer(200)
				}
				return answer(307, "Location", row.to[n-1])
			}}
			client := &http.Client{Transport: newTransport(t, net)}
			resp, err := client.Do(newRequest(t, "POST", row.start, strings.NewReader("content")))
			require.ErrorIs(t, err, row.err)
			if err == nil {
				_ = resp.Body.Close()
			}
			require.Len(t, net.seen, len(row.sent))
			for n, r := range net.seen {
				if !row.sent[n] {
					assert.NotContains(t, r.Header, "Authorization", "request %d", n)
					assert.NotContains(t, r.Header, "Dpop", "request %d", n)
					continue
				}
				assert.Equal(t, "DPoP "+accessToken, r.Header.Get("Authorization"))
				_, claims := decoded(t, r.Header.Get("DPoP"))
				assert.Equal(t, r.URL.String(), claims["htu"])
			}
		})
	}
}

// http.Client copies what the program has set to the request behind a redirect.
func TestTransportAndFieldsOfTheProgram(t *testing.T) {
	t.Parallel()
	const evil, other = "https://evil.example/", "https://other.example/"
	for name, row := range map[string]struct {
		from, to string
		kept     bool
	}{
		"another":      {evil, other, false},
		"a subdomain":  {evil, "https://a.evil.example/", false},
		"a listed one": {evil, listed, false},
		"the same":     {evil, evil + "x", true},
		"names with ß": {"https://stra\u00dfe.example/", "https://stra\u00dfen.example/", false},
	} {
		t.Run("C_OUT-redir-1 "+name, func(t *testing.T) {
			t.Parallel()
			net := &network{}
			client := &http.Client{Transport: newTransport(t, net)}
			r := newRequest(t, "GET", row.to, nil)
			redirected(r, row.from)
			r.Header = http.Header{"Authorization": {"Bearer own"}, "DPoP": {"own"}, "dpop": {"own"}, "Txn-Token": {"own"}, "X-Trace": {"1"}}
			resp, err := client.Transport.RoundTrip(r)
			require.NoError(t, err)
			_ = resp.Body.Close()
			want := http.Header{"X-Trace": {"1"}}
			if row.kept {
				want = r.Header
			}
			assert.Equal(t, want, net.seen[0].Header)
			assert.Len(t, r.Header, 5, "the request is the caller's")
		})
	}
}

// A response that does not say what it answers may come from anywhere.
func TestTransportAndRedirectsOfUnknownOrigin(t *testing.T) {
	t.Parallel()
	net := &network{}
	r := newRequest(t, "GET", listed, nil)
	r.Response = &http.Response{}
	resp, err := newTransport(t, net).RoundTrip(r)
	require.NoError(t, err)
	_ = resp.Body.Close()
	assert.Empty(t, net.seen[0].Header)
}

// Other origins get the request as it is.
func TestTransportElsewhere(t *testing.T) {
	t.Parallel()
	for _, target := range []string{
		"http://api.example.com/", "https://api.example.com:444/", "https://api.example.com.evil.example/", "https://evil.example/",
		"https://127.0.0.1:81/", "http://127.0.0.1:82/",
	} {
		net := &network{}
		r := newRequest(t, "GET", target, nil)
		r.Header.Set("Authorization", "Bearer own")
		resp, err := newTransport(t, net).RoundTrip(r)
		require.NoError(t, err)
		_ = resp.Body.Close()
		assert.Equal(t, http.Header{"Authorization": {"Bearer own"}}, net.seen[0].Header, target)
	}
}
