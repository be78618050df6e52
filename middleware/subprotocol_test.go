package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

// A token among the subprotocols is judged like any other, and no handler gets
// to see it.
func TestFromSubprotocol(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := w.Token()
	for name, row := range map[string]struct {
		upgrade       string
		subprotocols  []string
		authorization []string
		status        int
		left          []string
	}{
		"good":                     {"websocket", []string{"orders.v1, bearer." + good}, nil, 200, []string{"orders.v1"}},
		"first":                    {"WebSocket", []string{"bearer." + good + ",orders.v1"}, nil, 200, []string{"orders.v1"}},
		"fields":                   {"h2c, websocket", []string{"orders.v1", " bearer." + good + "\t", "other"}, nil, 200, []string{"orders.v1", "other"}},
		"alone":                    {"websocket", []string{"bearer." + good}, nil, 200, nil},
		"in the field after all":   {"websocket", []string{"orders.v1"}, []string{"Bearer " + good}, 200, []string{"orders.v1"}},
		"in both":                  {"websocket", []string{"bearer." + good}, []string{"Bearer " + good}, 400, nil},
		"beside other credentials": {"websocket", []string{"bearer." + good}, []string{"Basic dTpw"}, 400, nil},
		"twice":                    {"websocket", []string{"bearer." + good + ", bearer." + good}, nil, 400, nil},
		"expired":                  {"websocket", []string{"bearer." + w.Token(tokentest.ExpiresIn(-1e12))}, nil, 401, nil},
		"empty":                    {"websocket", []string{"orders.v1, bearer."}, nil, 400, nil},
		"two words":                {"websocket", []string{"bearer." + good + " x"}, nil, 400, nil},
		"another prefix":           {"websocket", []string{"Bearer." + good}, nil, 401, nil},
		"none":                     {"websocket", nil, nil, 401, nil},
		"no handshake":             {"", []string{"bearer." + good}, nil, 401, nil},
		"another upgrade":          {"websockets", []string{"bearer." + good}, nil, 401, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen http.Header
			h := middleware.FromSubprotocol("bearer.")(w.auth.Require(anybody)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				seen = r.Header
			})))
			r := request(row.authorization...)
			r.Header["Upgrade"], r.Header["Sec-Websocket-Protocol"] = []string{row.upgrade}, row.subprotocols
			before := r.Header.Clone()
			assert.Equal(t, row.status, serve(h, r).StatusCode)
			assert.Equal(t, before, r.Header, "the handlers around keep their request as it is")
			if row.status != http.StatusOK {
				return
			}
			require.NotNil(t, seen)
			assert.Equal(t, row.left, seen["Sec-Websocket-Protocol"])
			assert.NotContains(t, seen, "Authorization")
		})
	}
}

// The suite of attacks, with every token where browsers put it.
func TestFromSubprotocolRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := middleware.FromSubprotocol("bearer.")(w.guard(anybody))
	refusals.Test(t, w.Issuer, tokentest.HTTPTarget(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		var kept []string
		for _, field := range r.Header["Authorization"] {
			raw, ok := strings.CutPrefix(field, "Bearer ")
			if !ok || strings.Trim(raw, " \t") == "" || strings.Contains(raw, ",") {
				kept = append(kept, field) // no subprotocol can be that
				continue
			}
			r.Header.Add("Sec-Websocket-Protocol", "bearer."+raw)
		}
		r.Header["Authorization"] = kept
		h.ServeHTTP(rw, r)
	}), func() *http.Request {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Upgrade", "websocket")
		return r
	}), nil)
}

func TestFromSubprotocolWantsAPrefix(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"", "a b", "a,", "é"} {
		func() {
			defer func() { assert.ErrorIs(t, recover().(error), token.ErrConfig, prefix) }()
			middleware.FromSubprotocol(prefix)
		}()
	}
}

func FuzzFromSubprotocol(f *testing.F) {
	f.Add("orders.v1, bearer.x", "websocket", "")
	f.Add(",bearer.,,\t bearer.a.b.c ,", "h2c,WebSocket", "Bearer x")
	f.Fuzz(func(t *testing.T, list, upgrade, authorization string) {
		r := request()
		r.Header["Sec-Websocket-Protocol"], r.Header["Upgrade"] = []string{list}, []string{upgrade}
		if authorization != "" {
			r.Header["Authorization"] = []string{authorization}
		}
		middleware.FromSubprotocol("bearer.")(http.HandlerFunc(func(_ http.ResponseWriter, got *http.Request) {
			moved := len(got.Header["Authorization"]) != len(r.Header["Authorization"])
			if !moved {
				assert.Same(t, r, got)
				return
			}
			for _, name := range got.Header["Sec-Websocket-Protocol"] {
				assert.False(t, strings.HasPrefix(name, "bearer."), "%q", name)
			}
			assert.Equal(t, []string{list}, r.Header["Sec-Websocket-Protocol"])
		})).ServeHTTP(httptest.NewRecorder(), r)
	})
}
