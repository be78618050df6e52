package strict_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/strict"
)

func TestBase64URL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "", "Zg": "f", "Zm8": "fo", "Zm9v": "foo", "Zm9vYmFy": "foobar", "-_-_": "\xfb\xff\xbf"} {
		got, err := strict.AppendBase64URL(nil, text)
		require.NoError(t, err, text)
		assert.Equal(t, want, string(got))
		assert.Equal(t, len(want), strict.DecodedLen(len(text)))
	}
	for name, text := range map[string]string{
		"padding": "Zg==", "one character": "Z", "five characters": "Zm9vY", "unused bits of two": "Zh",
		"unused bits of three": "Zm9", "plus": "+m9v", "slash": "/m9v", "line feed": "Zm9v\n", "return inside": "Zm\r9v",
		"space": "Zm9v ", "not ASCII": "Zm9\xff", "NUL": "Zm9\x00",
	} {
		_, err := strict.AppendBase64URL(nil, text)
		assert.ErrorIs(t, err, strict.ErrBase64URL, name)
	}
}

// FuzzBase64URL holds the decoder against the standard one: it accepts exactly
// what encoding the result gives back.
func FuzzBase64URL(f *testing.F) {
	for _, s := range []string{"", "Zg", "Zh", "Zm8", "Zm9v", "Zg==", "Zm9v\r\n", "-_", "+/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := strict.AppendBase64URL([]byte("before"), text)
		want, wantErr := base64.RawURLEncoding.Strict().DecodeString(text)
		canonical := wantErr == nil && base64.RawURLEncoding.EncodeToString(want) == text
		require.Equal(t, canonical, err == nil, "%q", text)
		require.True(t, bytes.HasPrefix(got, []byte("before")))
		if canonical {
			require.Equal(t, want, got[len("before"):])
		}
	})
}

func BenchmarkBase64URL(b *testing.B) {
	text := strings.Repeat("eyJh", 300)
	buf := make([]byte, 0, len(text))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := strict.AppendBase64URL(buf, text); err != nil {
			b.Fatal(err)
		}
	}
}
