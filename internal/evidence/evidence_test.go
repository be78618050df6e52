package evidence_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/internal/strict"
)

var errKind = errors.New("kind")

func TestErrorf(t *testing.T) {
	t.Parallel()
	err := evidence.Errorf(errKind, "seen %d, want %d", 1, 2)
	require.ErrorIs(t, err, errKind)
	assert.Equal(t, "seen 1, want 2", err.Error())
	hinted := evidence.Hint(err, "see Config.Field")
	require.ErrorIs(t, hinted, errKind)
	assert.Equal(t, "seen 1, want 2: see Config.Field", hinted.Error())
}

func TestOneLine(t *testing.T) {
	t.Parallel()
	require.NoError(t, evidence.OneLine(nil))
	assert.Same(t, errKind, evidence.OneLine(errKind), "a text that is fit stays as it is")
	for _, text := range []string{"a\nlevel=INFO b", "\x1b[2J", strings.Repeat("long", 1000)} {
		err := evidence.OneLine(evidence.Errorf(errKind, "%s", text))
		require.ErrorIs(t, err, errKind)
		assert.Equal(t, printable.Line(text), err.Error())
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	require.NoError(t, evidence.Join())
	require.NoError(t, evidence.Join(nil, nil))
	other := errors.New("other")
	err := evidence.Join(nil, errKind, nil, other)
	require.ErrorIs(t, err, errKind)
	require.ErrorIs(t, err, other)
	assert.Equal(t, "kind; other", err.Error())
}

func TestValue(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("1", 61)
	for document, want := range map[string]string{
		`"text"`: `"text"`, `"\u00e9"`: `"\u00e9"`, `5`: `5`, `["a"]`: `["a"]`, `null`: `null`,
		long[1:]: long[1:], long: `"` + long + `"`, `["é"]`: printable.Value(`["é"]`),
	} {
		var got string
		require.NoError(t, strict.Members(`{"m":`+document+`}`, func(_ string, v strict.Value) { got = evidence.Value(v) }))
		assert.Equal(t, want, got, document)
	}
}
