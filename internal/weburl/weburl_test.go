package weburl_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/internal/weburl"
)

func TestBase(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"https://x.example":        true,
		"https://x.example/base/":  true,
		"http://127.0.0.1:8080":    true,
		"":                         false,
		"//x.example":              false,
		"ftp://x.example":          false,
		"https:///x":               false,
		"https:x.example":          false,
		"https://x.example?a":      false,
		"https://x.example/?":      false,
		"https://x.example/#a":     false,
		"https://x.example/#":      false,
		"https://u@x.example":      false,
		"https://x.example/%zz":    false,
		"https://x.example/a%2Fb":  false,
		"https://x.example:port/a": false,
	} {
		u, ok := weburl.Base(text)
		assert.Equal(t, want, ok, text)
		if ok {
			assert.Equal(t, text, u.String())
		}
	}
}

func TestIsPage(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"https://x.example": true, "HTTP://x.example/a%2Fb?c#d": true, "http://[::1]:1/": true,
		"": false, "/x": false, "//x.example": false, "https:///x": false, "https:x": false, "ftp://x.example": false, "javascript://x/%0aalert(1)": false,
		"https://u@x.example": false, "https://@x.example": false, "https://u:p@x.example": false, "https://x.example/%zz": false,
	} {
		assert.Equal(t, want, weburl.IsPage(text), text)
	}
}

func TestWithoutPassword(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "https://x.example/A?b": "https://x.example/A?b", "HTTPS://X/%zz": "HTTPS://X/%zz",
		"https://u@x.example": "https://u@x.example", "https://u:secret@x.example/a": "https://u:xxxxx@x.example/a",
	} {
		assert.Equal(t, want, weburl.WithoutPassword(text))
	}
}
