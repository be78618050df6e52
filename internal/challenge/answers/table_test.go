package answers_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/challenge"
	"github.com/postern-go/postern/scope"
	postern "github.com/postern-go/postern/token"
)

func baseline(t *testing.T) *challenge.Table {
	t.Helper()
	return challenge.New(scope.Resource{Realm: "api", Metadata: metadataURL}, bearer)
}

func TestTable(t *testing.T) {
	t.Parallel()
	table := baseline(t)
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			answer := table.Answer(r.err, "Bearer")
			assert.Equal(t, r.status, answer.Status)
			assert.Equal(t, lines(r.challenge), answer.Challenges)
			assert.Equal(t, r.retry == "5", answer.RetryAfter == 5)
			assert.Equal(t, r.code, answer.Code)
			assert.Equal(t, r.reason, answer.Reason)
			assert.Equal(t, r.message, answer.Message)
			assert.Equal(t, r.metadata, answer.Metadata)
		})
	}
}

func lines(challenge string) []string {
	if challenge == "" {
		return nil
	}
	return []string{challenge}
}

// Every exported error of package token must have its row, so that a new one
// cannot be answered by accident.
func TestRowsCoverEverySentinel(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("rows_test.go")
	require.NoError(t, err)
	names := exportedErrors(t, "../../../token")
	require.Contains(t, names, "ErrExpired")
	for _, name := range names {
		assert.Regexp(t, `\btoken\.`+name+`\b`, string(source))
	}
}

func exportedErrors(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	var names []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, decl := range parsed.Decls {
			if group, ok := decl.(*ast.GenDecl); ok && group.Tok == token.VAR {
				names = append(names, errorNames(group)...)
			}
		}
	}
	return names
}

func errorNames(group *ast.GenDecl) []string {
	var names []string
	for _, spec := range group.Specs {
		for _, name := range spec.(*ast.ValueSpec).Names {
			if strings.HasPrefix(name.Name, "Err") {
				names = append(names, name.Name)
			}
		}
	}
	return names
}

// Nothing but the seven sentences of the specification and their like may
// reach a caller, in characters that RFC 6750 §3 allows.
func TestSentences(t *testing.T) {
	t.Parallel()
	t.Run("C_6750-3-6 and C_GRPC-6", func(t *testing.T) {
		allowed := regexp.MustCompile(`^[\x20-\x21\x23-\x5B\x5D-\x7E]+$`)
		reason := regexp.MustCompile(`^[A-Z][A-Z0-9_]+[A-Z0-9]$`)
		table := baseline(t)
		for _, r := range rows {
			answer := table.Answer(r.err, "Bearer")
			assert.Regexp(t, allowed, answer.Message, "C_6750-3-6")
			assert.Regexp(t, reason, answer.Reason, "C_GRPC-6")
			assert.LessOrEqual(t, len(answer.Reason), 63, "C_GRPC-6")
			for key := range answer.Metadata {
				assert.Regexp(t, `^[a-z][a-zA-Z0-9]{0,63}$`, key, "C_GRPC-6")
			}
		}
	})
}

// What a token or request carried may be in the text of an error,
// but never in an answer.
func TestNothingOfTheErrorIsTold(t *testing.T) {
	t.Parallel()
	t.Run("C_6750-3-8", func(t *testing.T) {
		const hostile = "x\"\r\nSet-Cookie: a=b"
		table := baseline(t)
		for _, r := range rows {
			plain := table.Answer(r.err, "Bearer")
			wrapped := table.Answer(hostileError{r.err, hostile}, "Bearer")
			assert.Equal(t, plain, wrapped, r.name)
		}
	})
}

type hostileError struct {
	error
	text string
}

func (e hostileError) Error() string { return e.text + e.error.Error() }
func (e hostileError) Unwrap() error { return e.error }

func TestNeverABareScheme(t *testing.T) {
	t.Parallel()
	t.Run("C_6750-3-2", func(t *testing.T) {
		table := challenge.New(scope.Resource{}, bearer)
		assert.Equal(t, []string{`Bearer realm="api"`}, table.Answer(postern.ErrMissing, "Bearer").Challenges)
	})
}

func TestErrorURI(t *testing.T) {
	t.Parallel()
	table := challenge.New(scope.Resource{Realm: "api", Documentation: "https://docs.example.com/errors", Metadata: metadataURL}, bearer)
	assert.Equal(t, []string{`Bearer realm="api", ` + rm}, table.Answer(postern.ErrMissing, "Bearer").Challenges,
		"C_6750-3.1-4: a client that sent nothing made no error")
	assert.Equal(t,
		[]string{`Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", error_uri="https://docs.example.com/errors", scope="read", ` + rm},
		table.Answer(&postern.ScopeError{Need: []string{"read"}}, "Bearer").Challenges)
}

func TestRealmIsQuoted(t *testing.T) {
	t.Parallel()
	t.Run("C_6750-3-4", func(t *testing.T) {
		table := challenge.New(scope.Resource{Realm: `a"b\c`}, bearer)
		assert.Equal(t, []string{`Bearer realm="a\"b\\c"`}, table.Answer(postern.ErrMissing, "Bearer").Challenges)
	})
}
