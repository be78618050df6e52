package conformance_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	postern "github.com/postern-go/postern/token"
)

// sentinels are every exported error of package token but that of
// configuration, which no call returns.
var sentinels = map[string]error{
	"ErrMissing": postern.ErrMissing, "ErrRequest": postern.ErrRequest, "ErrInvalid": postern.ErrInvalid,
	"ErrScope": postern.ErrScope, "ErrStepUp": postern.ErrStepUp, "ErrDenied": postern.ErrDenied,
	"ErrUnavailable": postern.ErrUnavailable, "ErrKeysUnavailable": postern.ErrKeysUnavailable,
	"ErrMalformed": postern.ErrMalformed, "ErrTooLarge": postern.ErrTooLarge, "ErrAlgorithm": postern.ErrAlgorithm,
	"ErrCritical": postern.ErrCritical, "ErrType": postern.ErrType, "ErrUnknownKey": postern.ErrUnknownKey,
	"ErrSignature": postern.ErrSignature, "ErrIssuer": postern.ErrIssuer, "ErrAudience": postern.ErrAudience,
	"ErrExpired": postern.ErrExpired, "ErrNotYetValid": postern.ErrNotYetValid, "ErrClaim": postern.ErrClaim,
	"ErrInactive": postern.ErrInactive, "ErrBinding": postern.ErrBinding,
	"ErrProof": postern.ErrProof, "ErrProofMissing": postern.ErrProofMissing, "ErrProofStale": postern.ErrProofStale,
	"ErrReplay": postern.ErrReplay, "ErrNonce": postern.ErrNonce, "ErrReplayStoreUnavailable": postern.ErrReplayStoreUnavailable,
	"ErrIntrospectionUnavailable": postern.ErrIntrospectionUnavailable,
	"ErrSubjectUnknown":           postern.ErrSubjectUnknown, "ErrDetail": postern.ErrDetail,
}

// The list above is that of the package: a new error cannot be left out.
func TestSentinelsAreAllOfThem(t *testing.T) {
	t.Parallel()
	var declared []string
	for _, decl := range parse(t, "token/errors.go").Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.VAR {
			continue
		}
		for _, spec := range group.Specs {
			for _, name := range spec.(*ast.ValueSpec).Names {
				if strings.HasPrefix(name.Name, "Err") && name.Name != "ErrConfig" {
					declared = append(declared, name.Name)
				}
			}
		}
	}
	var listed []string
	for name := range sentinels {
		listed = append(listed, name)
	}
	assert.ElementsMatch(t, declared, listed)
}

func parse(t *testing.T, file string) *ast.File {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, filepath.FromSlash(file)), nil, parser.ParseComments)
	require.NoError(t, err)
	return parsed
}

var (
	entry = regexp.MustCompile("(?m)^### `([a-z_]+)`\n\n- \\*\\*Error:\\*\\* `token\\.(Err[A-Za-z]+)`")
	parts = regexp.MustCompile(`(?m)^- \*\*(\w+(?: \w+)?):\*\*`)
)

// docs/reasons.md documents every reason there is, and no other, each with its
// error, cause, what the caller sees, and cure.
func TestReasonsAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs", "reasons.md"))
	require.NoError(t, err)
	documented := map[string]string{}
	for _, m := range entry.FindAllStringSubmatch(string(page), -1) {
		assert.NotContains(t, documented, m[1])
		documented[m[1]] = m[2]
	}
	assert.Equal(t, strings.Count(string(page), "\n### "), len(documented), "an entry without its error")
	for name, sentinel := range sentinels {
		assert.Equal(t, name, documented[postern.Reason(sentinel)], "%s, whose reason is %q", name, postern.Reason(sentinel))
	}
	assert.Len(t, documented, len(sentinels), "an entry of a reason that does not exist")

	for _, text := range strings.Split(string(page), "\n### ")[1:] {
		var names []string
		for _, m := range parts.FindAllStringSubmatch(text, -1) {
			names = append(names, m[1])
		}
		assert.Equal(t, []string{"Error", "Cause", "Caller sees", "Cure"}, names, strings.SplitN(text, "\n", 2)[0])
	}
}

// The closed set in the comment of token.Reason is the same set.
func TestReasonsInTheComment(t *testing.T) {
	t.Parallel()
	var comment string
	for _, decl := range parse(t, "token/errors.go").Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Name.Name == "Reason" && fn.Recv == nil {
			comment = fn.Doc.Text()
		}
	}
	var named []string
	for _, m := range regexp.MustCompile(`"([a-z_]+)"`).FindAllStringSubmatch(comment, -1) {
		named = append(named, m[1])
	}
	slices.Sort(named)
	var want []string
	for _, sentinel := range sentinels {
		want = append(want, postern.Reason(sentinel))
	}
	slices.Sort(want)
	assert.Equal(t, want, slices.Compact(named))
}

// What the page says the caller sees are sentences that callers are told.
func TestSentencesOfThePage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs", "reasons.md"))
	require.NoError(t, err)
	source, err := os.ReadFile(filepath.Join(root, "internal", "challenge", "sentences.go"))
	require.NoError(t, err)
	quoted := regexp.MustCompile(`"([A-Z][A-Za-z ]+)"`)
	found := 0
	for line := range strings.Lines(string(page)) {
		if !strings.Contains(line, "Caller sees:") {
			continue
		}
		for _, m := range quoted.FindAllStringSubmatch(line, -1) {
			found++
			assert.Contains(t, string(source), `= "`+m[1]+`"`)
		}
	}
	assert.GreaterOrEqual(t, found, 10)
}
