package scope_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// logged is a logger and the lines that it has written.
type logged struct {
	*slog.Logger
	out *bytes.Buffer
}

func newLogged(level slog.Level) logged {
	var out bytes.Buffer
	return logged{slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: level})), &out}
}

// lines are those since the last call.
func (l logged) lines(t *testing.T) (list []map[string]any) {
	t.Helper()
	for text := range strings.Lines(l.out.String()) {
		line := map[string]any{}
		require.NoError(t, json.Unmarshal([]byte(text), &line))
		delete(line, "time")
		list = append(list, line)
	}
	l.out.Reset()
	return list
}

func vouched(t *testing.T, subject string) *token.Token {
	t.Helper()
	made, err := token.Vouched("opaque-secret", token.VouchedClaims{
		Issuer: "https://as.example", Audience: []string{"api"}, Expiry: time.Now().Add(time.Hour), Subject: subject, ClientID: "app",
		SubjectKind: token.SubjectUser,
	})
	require.NoError(t, err)
	return made
}

func TestLogLines(t *testing.T) {
	t.Parallel()
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	base := map[string]any{"transport": "http", "policy": "all(read)", "route": "GET /x", "method": "GET"}
	with := func(more ...any) map[string]any {
		m := map[string]any{}
		for name, value := range base {
			m[name] = value
		}
		for i := 0; i < len(more); i += 2 {
			m[more[i].(string)] = more[i+1]
		}
		return m
	}
	ada := []any{"issuer", "https://as.example", "client_id", "app", "subject_kind", "user"}
	for name, c := range map[string]struct {
		ctx    context.Context
		cfg    *scope.LogConfig
		err    error
		token  *token.Token
		nested bool
		want   map[string]any
	}{
		"allowed":             {token: vouched(t, "ada"), want: with(append(ada, "level", "DEBUG", "msg", "call allowed")...)},
		"no token":            {err: token.ErrMissing, want: with("level", "INFO", "msg", "call refused", "outcome", "missing", "reason", "missing", "error", token.ErrMissing.Error())},
		"a reason":            {err: token.ErrExpired, want: with("level", "INFO", "msg", "call refused", "outcome", "invalid", "reason", "expired", "error", token.ErrExpired.Error())},
		"an outage":           {err: token.ErrKeysUnavailable, want: with("level", "WARN", "msg", "call refused", "outcome", "unavailable", "reason", "keys_unavailable", "error", token.ErrKeysUnavailable.Error())},
		"gone":                {ctx: gone, err: token.AsOutcome(fmt.Errorf("x: %w", context.Canceled), token.ErrUnavailable), want: with("level", "DEBUG", "msg", "call refused", "outcome", "unavailable", "reason", "unavailable", "error", "token: access token cannot be judged now: x: context canceled")},
		"gone, and an outage": {ctx: gone, err: token.ErrKeysUnavailable, want: with("level", "WARN", "msg", "call refused", "outcome", "unavailable", "reason", "keys_unavailable", "error", token.ErrKeysUnavailable.Error())},
		"gone, early":         {ctx: gone, err: token.ErrMissing, want: with("level", "INFO", "msg", "call refused", "outcome", "missing", "reason", "missing", "error", token.ErrMissing.Error())},
		"nested":              {err: token.ErrDenied, nested: true, want: with("level", "INFO", "msg", "call refused", "outcome", "denied", "reason", "denied", "error", token.ErrDenied.Error(), "nested", true)},
		"denied":              {err: token.ErrDenied, token: vouched(t, "ada"), want: with(append(ada, "level", "INFO", "msg", "call refused", "outcome", "denied", "reason", "denied", "error", token.ErrDenied.Error())...)},
		"shown":               {cfg: &scope.LogConfig{Subject: scope.SubjectShown}, token: vouched(t, "ada\n\x1b"), want: with(append(ada, "level", "DEBUG", "msg", "call allowed", "subject", `ada; \x1b`)...)},
		"a forged error": {err: token.AsOutcome(errors.New("a\nlevel=ERROR "+strings.Repeat("x", 5000)), token.ErrDenied), cfg: &scope.LogConfig{},
			want: with("level", "INFO", "msg", "call refused", "outcome", "denied", "reason", "denied")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := c.ctx
			if ctx == nil {
				ctx = context.Background()
			}
			l := newLogged(slog.LevelDebug)
			trace := scope.LogTo(l.Logger, c.cfg)
			d := scope.Decision{
				Policy: scope.All("read"), Transport: scope.HTTP, Route: "GET /x", Method: "GET", Err: c.err, Token: c.token, Nested: c.nested,
			}
			if c.err == nil {
				trace.Allowed(ctx, d)
			} else {
				trace.Refused(ctx, d)
			}
			assert.NotContains(t, l.out.String(), "opaque-secret")
			assert.Less(t, l.out.Len(), 2000)
			got := l.lines(t)
			require.Len(t, got, 1)
			if _, exact := c.want["error"]; !exact {
				delete(got[0], "error")
			}
			assert.Equal(t, c.want, got[0])
		})
	}
}

// A line about an operation of a table names it.
func TestLogNamesOperations(t *testing.T) {
	t.Parallel()
	l := newLogged(slog.LevelDebug)
	list := photoTable().Policy("photos.list").And(scope.User)
	scope.LogTo(l.Logger, nil).Refused(context.Background(), scope.Decision{Policy: list, Transport: scope.GRPC, Err: token.ErrMissing})
	line := l.lines(t)[0]
	assert.Equal(t, "photos.list", line["operation"])
	assert.Equal(t, "all(photos:read) and user", line["policy"])
}

// A hash tells principals apart, is the same for the same key, and shows no name.
func TestLogHashesSubjects(t *testing.T) {
	t.Parallel()
	subjectOf := func(cfg *scope.LogConfig, subject string) string {
		l := newLogged(slog.LevelDebug)
		scope.LogTo(l.Logger, cfg).Allowed(context.Background(), scope.Decision{Token: vouched(t, subject)})
		return l.lines(t)[0]["subject"].(string)
	}
	keyed := &scope.LogConfig{Subject: scope.SubjectHashed, HashKey: []byte("k")}
	other := &scope.LogConfig{Subject: scope.SubjectHashed, HashKey: []byte("l")}
	random := &scope.LogConfig{Subject: scope.SubjectHashed}
	assert.Len(t, subjectOf(keyed, "ada"), 16)
	assert.Equal(t, subjectOf(keyed, "ada"), subjectOf(keyed, "ada"))
	assert.NotEqual(t, subjectOf(keyed, "ada"), subjectOf(keyed, "bob"))
	assert.NotEqual(t, subjectOf(keyed, "ada"), subjectOf(other, "ada"))
	assert.NotEqual(t, subjectOf(random, "ada"), subjectOf(random, "ada"))
	key := []byte("k")
	l := newLogged(slog.LevelDebug)
	trace := scope.LogTo(l.Logger, &scope.LogConfig{Subject: scope.SubjectHashed, HashKey: key})
	key[0] = 'x'
	trace.Allowed(context.Background(), scope.Decision{Token: vouched(t, "ada")})
	assert.Equal(t, subjectOf(keyed, "ada"), l.lines(t)[0]["subject"])
}

// A flood of one reason fills no disk and hides no other reason, and no other
// transport.
func TestLogIsSampled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLogged(slog.LevelInfo)
		trace := scope.LogTo(l.Logger, nil)
		refuse := func(transport scope.Transport, err error) {
			trace.Refused(context.Background(), scope.Decision{Transport: transport, Err: err})
		}
		for range 10_000 {
			refuse(scope.HTTP, token.ErrMissing)
		}
		assert.Len(t, l.lines(t), 10)
		refuse(scope.HTTP, token.ErrExpired)
		refuse(scope.GRPC, token.ErrMissing)
		assert.Len(t, l.lines(t), 2)
		time.Sleep(time.Minute - 1)
		refuse(scope.HTTP, token.ErrMissing)
		assert.Empty(t, l.lines(t))
		time.Sleep(time.Nanosecond)
		for range 3 {
			refuse(scope.HTTP, token.ErrMissing)
		}
		got := l.lines(t)
		require.Len(t, got, 3)
		assert.EqualValues(t, 9991, got[0]["left_out"])
		assert.NotContains(t, got[1], "left_out")
	})
}

func TestLogSettings(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_700_000_000, 0)
	count := func(level slog.Level, cfg *scope.LogConfig) int {
		l := newLogged(level)
		trace := scope.LogTo(l.Logger, cfg)
		for range 100 {
			trace.Refused(context.Background(), scope.Decision{Err: token.ErrMissing})
			trace.Allowed(context.Background(), scope.Decision{})
		}
		return len(l.lines(t))
	}
	assert.Equal(t, 110, count(slog.LevelDebug, nil))
	assert.Equal(t, 10, count(slog.LevelInfo, &scope.LogConfig{}))
	assert.Equal(t, 0, count(slog.LevelWarn, nil))
	assert.Equal(t, 3, count(slog.LevelInfo, &scope.LogConfig{MostPerReason: 3}))
	assert.Equal(t, 100, count(slog.LevelInfo, &scope.LogConfig{MostPerReason: -1}))
	assert.Equal(t, 100, count(slog.LevelInfo, &scope.LogConfig{Time: func() time.Time { at = at.Add(-time.Second); return at }}), "a clock that goes back hides nothing")
}

// A Trace may be given to several guards, which call it concurrently.
func TestLogConcurrently(t *testing.T) {
	t.Parallel()
	l := newLogged(slog.LevelInfo)
	trace := scope.LogTo(l.Logger, nil)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				trace.Refused(context.Background(), scope.Decision{Err: token.ErrMissing})
			}
		})
	}
	all.Wait()
	assert.Len(t, l.lines(t), 10)
}

func TestLogToNoLogger(t *testing.T) {
	t.Parallel()
	defer func() {
		err, _ := recover().(error)
		assert.ErrorIs(t, err, token.ErrConfig)
	}()
	scope.LogTo(nil, nil)
}
