package settings_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/settings"
)

// odd are texts that YAML could take for something else.
var odd = []string{
	"a", "no", "null", "~", "true", "1.0", "0x1", "2026-01-02", "<<", "=", "", " a ", "a: b", "- a", "#", "a #b", "'", `"`, "\\", "|", ">", "&a", "*a", "!a",
	"%", "@", "`", "é", "😀", "\n", "a\nb\n", "\t", "\u2028", "\u2029", "\u0085", "\ufeff", "\x1b[2J", "{}", "[]", "?", ":", ",", "---", "...", "12e3", ".inf", "//", "/~0", "a~b",
}

// random makes values of the types that a file can hold.
type random struct{ *rand.Rand }

func (r random) text() string { return odd[r.IntN(len(odd))] + odd[r.IntN(len(odd))] + "x" }

func (r random) fill(v reflect.Value, set string) {
	if r.IntN(3) == 0 || unwritten[set] != "" {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(r.text())
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint8:
		v.SetUint(r.Uint64N(uint64(token.ShapeBoolean) + 1))
	case reflect.Int:
		v.SetInt(r.Int64() - r.Int64())
	case reflect.Int64:
		v.SetInt(r.Int64N(1 << 50))
	case reflect.Slice:
		list := reflect.MakeSlice(v.Type(), r.IntN(4), 4)
		for i := range list.Len() {
			r.fill(list.Index(i), "")
		}
		v.Set(list)
	case reflect.Map:
		m := reflect.MakeMap(v.Type())
		for range r.IntN(3) {
			list := reflect.New(v.Type().Elem()).Elem()
			r.fill(list, "")
			m.SetMapIndex(reflect.ValueOf(r.text()), list)
		}
		v.Set(m)
	case reflect.Struct:
		for i := range v.NumField() {
			r.fill(v.Field(i), v.Type().Name()+"."+v.Type().Field(i).Name)
		}
	}
}

// scope is one that is valid and implies nothing.
func (r random) scope() string {
	for {
		if s := r.text() + "implied"; scope.Valid(s) {
			return s
		}
	}
}

// mark is a mark that is valid.
func (r random) mark() token.Mark {
	m := token.Mark{Claim: "a" + r.text(), Shape: token.Shape(r.IntN(int(token.ShapeBoolean) + 1)), Not: r.IntN(2) == 0}
	if r.IntN(2) == 0 {
		m.Claim, m.Path = "", []string{r.text(), r.text()}
	}
	switch r.IntN(6) {
	case 0:
		m.Values = []string{r.text(), r.text()}
	case 1:
		m.Prefix = r.text()
	case 2:
		m.Suffix = r.text()
	case 3:
		m.ClientID = true
	case 4:
		m.Present, m.Not = true, false
	case 5:
		m.Absent, m.Not = true, false
	}
	return m
}

// What Marshal writes is read as what it was. It refuses what is not valid, which
// is most of what chance makes; so each object is also made by itself.
func TestMarshalRoundTrip(t *testing.T) {
	t.Parallel()
	good := map[string]int{}
	for seed := range uint64(1800) {
		r := random{rand.New(rand.NewPCG(seed, 1))}
		issuer := settings.Issuer{Config: token.Config{Issuer: "https://as.example.com", Audience: []string{r.text()}}}
		profile := &issuer.Config.Profile
		about := []string{"Config", "Profile", "Mark", "Source", "Set", "RemoteConfig"}[seed%6]
		switch about {
		case "Config":
			kept := issuer.Config
			r.fill(reflect.ValueOf(&issuer.Config).Elem(), "")
			issuer.Config.Issuer, issuer.Config.Audience, issuer.Config.Profile, issuer.Config.Algorithms = kept.Issuer, kept.Audience, token.Profile{}, nil
			issuer.Config.ScopeImplies = map[string][]string{"on": {"1.0", "~"}, "null": {"a:b", "#", "'"}, "=": {r.scope(), "on"}}
			issuer.Config.Leeway, issuer.Config.MaxTokenSize, issuer.Config.CacheSize = -1, 1024+r.IntN(100), -1
		case "Profile":
			r.fill(reflect.ValueOf(profile).Elem(), "")
			profile.Scopes, profile.Sets, profile.Rules, profile.Users, profile.Clients = nil, nil, nil, nil, nil
		case "Mark":
			profile.Users = []token.Mark{r.mark()}
		case "Source":
			profile.Scopes = make([]token.Source, 1)
			r.fill(reflect.ValueOf(&profile.Scopes[0]).Elem(), "")
		case "Set":
			profile.Sets = map[string][]token.Source{r.text(): {{Claim: "a" + r.text()}, {Path: []string{r.text(), r.text()}, Shape: token.ShapeKeys}}}
		case "RemoteConfig":
			issuer.Config.Issuer, issuer.Template, issuer.Values, issuer.Claim = "", "https://as.example.com/{"+"t}/v2", []string{"a", "1.0"}, r.text()
			if r.IntN(2) == 0 {
				issuer.Config.Issuer, issuer.Template, issuer.Values, issuer.Claim = "https://as.example.com", "", nil, ""
			}
			issuer.Keys.Remote = jwks.RemoteConfig{Proxy: "http://user:p%20w@proxy.example", TokenFile: r.text(), PlainHTTPHosts: []string{"x.example"},
				URLs: []string{"https://as.example.com/jwks"}, FetchTimeout: time.Second + time.Duration(r.IntN(1e9)), StaleFor: -1, AllowHosts: []string{"x.example"}}
		}
		f := &settings.File{Issuers: []settings.Issuer{issuer}}
		text, err := settings.Marshal(f)
		if err != nil {
			assert.ErrorIs(t, err, token.ErrConfig)
			continue
		}
		good[about]++
		require.Equal(t, f.Issuers, parse(t, string(text)).Issuers, "%s", text)
	}
	for _, about := range []string{"Config", "Profile", "Mark", "Source", "Set", "RemoteConfig"} {
		assert.Greater(t, good[about], 30, about)
	}
}

func TestMarshalRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*settings.Issuer){
		"an HTTP client":   func(i *settings.Issuer) { i.Config.HTTPClient = &http.Client{} },
		"a source of keys": func(i *settings.Issuer) { i.Config.Keys = unavailable{} },
		"a clock":          func(i *settings.Issuer) { i.Config.Time = time.Now },
		"a trace":          func(i *settings.Issuer) { i.Keys.Remote.Trace = &jwks.Trace{} },
		"a snapshot":       func(i *settings.Issuer) { i.Keys.Remote.Snapshot = []byte("x") },
		"another issuer":   func(i *settings.Issuer) { i.Keys.Remote.Issuer = "https://b.example.com" },
		"a pool":           func(i *settings.Issuer) { i.Keys.Remote.RootCAs = authorities() },
		"not valid":        func(i *settings.Issuer) { i.Config.Leeway = time.Hour },
		"not UTF-8":        func(i *settings.Issuer) { i.Config.Audience = []string{"\xff"} },
		"no pointer":       func(i *settings.Issuer) { i.Config.Profile.Scopes = []token.Source{{Claim: "/a"}} },
	} {
		i := parse(t, head).Issuers[0]
		change(&i)
		_, err := settings.Marshal(&settings.File{Issuers: []settings.Issuer{i}})
		assert.ErrorIs(t, err, token.ErrConfig, name)
	}
	_, err := settings.Marshal(nil)
	assert.ErrorIs(t, err, token.ErrConfig)
}

type unavailable struct{}

func (unavailable) Keys(context.Context, string) ([]jwks.Key, error) { return nil, jwks.ErrUnavailable }

// A text of an unknown origin makes settings that work, or one line of an error.
func FuzzParse(f *testing.F) {
	for _, c := range refused {
		f.Add([]byte(c.text))
	}
	f.Add([]byte(head + "    keys: {urls: [https://as.example.com/jwks]}\n    profile: {base: legacy, sets: {a: [{claim: /b/c}]}}\n"))
	f.Add([]byte(operations))
	f.Add([]byte("operations: {a: 'all(x, y) or user', b: public}\n" + head))
	f.Add([]byte(`{"issuers": [{"issuer": "https://as.example.com", "audience": ["a\u2028b\u2029\u0085"]}]}`))
	f.Add([]byte(`{"issuers": [{"issuer": "https:\/\/as.example.com", "audience": ["\ud83d\ude00"]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := settings.Parse(text)
		if err != nil {
			require.ErrorIs(t, err, token.ErrConfig)
			assertOneLine(t, err)
			require.True(t, strings.HasPrefix(err.Error(), "settings: "), err)
			return
		}
		written, err := settings.Marshal(file)
		if err != nil { // a file in YAML may say more than its own writer does
			t.Fatalf("%v\n%s", err, text)
		}
		require.Equal(t, file.Issuers, parse(t, string(written)).Issuers)
		require.Equal(t, file.Operations, parse(t, string(written)).Operations)
		if table, err := file.Table(); err != nil {
			require.ErrorIs(t, err, token.ErrConfig)
			assertOneLine(t, err)
		} else {
			require.Len(t, table.Operations(), len(file.Operations))
		}
		for _, i := range file.Issuers {
			if i.Keys.File != "" || i.Keys.RootCAsFile != "" {
				return // a name of the fuzzer's choice
			}
		}
		_, err = file.Authenticator()
		require.NoError(t, err)
	})
}

// A hostile file takes no time that its length does not explain.
func TestParseIsBounded(t *testing.T) {
	t.Parallel()
	marks := strings.Repeat("{claim: a, present: true},", 900)
	sets := strings.Builder{}
	for i := range 99 {
		fmt.Fprintf(&sets, "s%d: [%s],", i, strings.Repeat("{claim: a},", 100))
	}
	for name, text := range map[string]string{
		"marks":   head + "    profile: {users: [" + marks + "{claim: a}]}\n",
		"sets":    head + "    profile: {sets: {" + sets.String() + "}}\n",
		"issuers": "issuers: [" + strings.Repeat("{issuer: https://a.example, audience: [x]},", 1000) + "]\n",
		"values":  head + "    profile: {sets: {" + strings.Repeat("s: ["+marks+"],", 1) + strings.ReplaceAll(sets.String(), "[", "["+strings.Repeat("{claim: b},", 800)) + "}}\n",
		"depth":   head + "    profile: " + strings.Repeat("[", 9000) + strings.Repeat("]", 9000),
		"lines":   strings.Repeat("- a\n", 20_000) + "}",
		"names":   head + "operations: {" + strings.Repeat("a: user, ", 100_000) + "}\n",
		"pointer": head + "    profile: {scopes: [{claim: " + strings.Repeat("/a", 400_000) + "}]}\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			_, err := settings.Parse([]byte(text))
			require.ErrorIs(t, err, token.ErrConfig)
			assertOneLine(t, err)
			assert.Less(t, time.Since(start), 30*time.Second)
		})
	}
}
